//! The operators of filters (DESIGN 4.2 "Filter") in words, and their operands as texts that people enter.

use serde_json::Value;

/// How a row compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    /// Its name in forms.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) words: &'static str,
    /// In filters.
    pub(super) symbol: &'static str,
    operand: Operand,
}

/// How the text of a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operand {
    /// A number, true, false, null or a quoted text where it is written so, else the text.
    Scalar,
    /// Always the text.
    Text,
    /// Several scalars, with commas between them.
    List,
    /// None is asked for.
    Fixed(bool),
}

/// All operators, the usual ones first.
pub(crate) const OPERATORS: [Operator; 13] = [
    operator("eq", "is", "$eq", Operand::Scalar),
    operator("neq", "is not", "$neq", Operand::Scalar),
    operator("in", "is one of", "$in", Operand::List),
    operator("nin", "is none of", "$nin", Operand::List),
    operator("gt", "is more than", "$gt", Operand::Scalar),
    operator("gte", "is at least", "$gte", Operand::Scalar),
    operator("lt", "is less than", "$lt", Operand::Scalar),
    operator("lte", "is at most", "$lte", Operand::Scalar),
    operator("contains", "contains", "$contains", Operand::Scalar),
    operator("starts", "begins with", "$startsWith", Operand::Text),
    operator("ends", "ends with", "$endsWith", Operand::Text),
    operator("there", "is there", "$exist", Operand::Fixed(true)),
    operator("absent", "is not there", "$exist", Operand::Fixed(false)),
];

const fn operator(
    name: &'static str,
    words: &'static str,
    symbol: &'static str,
    operand: Operand,
) -> Operator {
    Operator { name, words, symbol, operand }
}

impl Operator {
    /// The one of that name in forms.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|operator| operator.name == name)
    }

    /// The one that a filter means, and the text of its value; `None` for what a row cannot show.
    pub(super) fn reading(symbol: &str, value: &Value) -> Option<(&'static Self, String)> {
        let mut known = OPERATORS.iter().filter(|operator| operator.symbol == symbol);
        known.find_map(|operator| Some((operator, operator.text(value)?)))
    }

    fn text(&self, value: &Value) -> Option<String> {
        match (self.operand, value) {
            (Operand::Scalar, value) => scalar_text(value),
            (Operand::Text, Value::String(text)) => Some(text.clone()),
            (Operand::List, Value::Array(items)) => list_text(items),
            (Operand::Fixed(expected), Value::Bool(value)) => (expected == *value).then(String::new),
            _ => None,
        }
    }

    /// The operand that a text means.
    pub(super) fn value(&self, text: &str) -> Value {
        match self.operand {
            Operand::Scalar => scalar(text),
            Operand::Text => text.into(),
            Operand::List => list(text).into(),
            Operand::Fixed(value) => value.into(),
        }
    }
}

/// A number, true, false, null or a quoted text where it is written so, else the text.
fn scalar(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Array(_) | Value::Object(_)) | Err(_) => text.into(),
        Ok(value) => value,
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if !text.is_empty() && text.trim() == text && scalar(text) == *value => {
            Some(text.clone())
        }
        other => Some(other.to_string()),
    }
}

fn list(text: &str) -> Vec<Value> {
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    match serde_json::from_str::<Vec<Value>>(&format!("[{text}]")) {
        Ok(items) if items.iter().all(is_scalar) => items,
        _ => text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(scalar).collect(),
    }
}

fn list_text(items: &[Value]) -> Option<String> {
    let texts: Vec<_> = items.iter().map(scalar_text).collect::<Option<_>>()?;
    let is_plain = |text: &String| !text.contains([',', '"']);
    if texts.iter().all(is_plain) {
        Some(texts.join(", "))
    } else {
        Some(items.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_entered_is_a_number_where_it_is_written_as_one() {
        let eq = Operator::named("eq").unwrap();
        assert_eq!(eq.value("50000"), json!(50000));
        assert_eq!(eq.value("\"50000\""), json!("50000"));
        assert_eq!(eq.value("Closed Won"), json!("Closed Won"));
        assert_eq!(eq.value("{\"a\":1}"), json!("{\"a\":1}"));
        assert_eq!(Operator::named("starts").unwrap().value("49"), json!("49"));
        let any = Operator::named("in").unwrap();
        assert_eq!(any.value("Negotiation, Closed Won, 3"), json!(["Negotiation", "Closed Won", 3]));
        assert_eq!(any.value("\"a,b\", \"c\""), json!(["a,b", "c"]));
    }

    #[test]
    fn an_operand_comes_back_as_it_was() {
        for (symbol, value) in [
            ("$eq", json!("1")),
            ("$eq", json!("")),
            ("$eq", json!(" a ")),
            ("$eq", json!(null)),
            ("$in", json!(["a,b", "1", 1, true])),
            ("$in", json!(["gold", "silver"])),
            ("$exist", json!(false)),
            ("$startsWith", json!("12")),
        ] {
            let (operator, text) = Operator::reading(symbol, &value).unwrap();
            assert_eq!(operator.value(&text), value, "{symbol} {text}");
        }
        assert!(Operator::reading("$eq", &json!([1])).is_none());
        assert!(Operator::reading("$or", &json!([])).is_none());
    }
}
