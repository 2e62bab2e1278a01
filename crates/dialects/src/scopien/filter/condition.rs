//! One member of `filters`: a field, and what is asked of it.

use serde_json::Value;

/// The most names of a path.
const MAX_NAMES: usize = 12;

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    /// The names that lead to it, from `data`; at least one.
    pub(super) path: Vec<String>,
    pub(super) test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    AnyOf(Vec<Value>),
    NoneOf(Vec<Value>),
    /// Any of them.
    Contains(Vec<Value>),
    /// By the operator of our grammar.
    Ordered(&'static str, Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Not,
    Contains,
    Ordered(&'static str),
}

const SUFFIXES: [(&str, Suffix); 6] = [
    ("_greater_than", Suffix::Ordered("$gt")),
    ("_less_than", Suffix::Ordered("$lt")),
    ("_greater_than_or_equal", Suffix::Ordered("$gte")),
    ("_less_than_or_equal", Suffix::Ordered("$lte")),
    ("_not", Suffix::Not),
    ("_contains", Suffix::Contains),
];

impl Condition {
    /// Reads a member.
    ///
    /// # Errors
    /// A sentence that says what may stand there.
    pub(super) fn parse(name: &str, operand: &Value) -> Result<Self, String> {
        let (field, suffix) = split(name);
        if field.is_empty() {
            return Err(
                "The name of a field is missing; it stands before the suffix, as in amount_greater_than."
                    .to_owned(),
            );
        }
        Ok(Self { path: path(field)?, test: test(suffix, operand)? })
    }
}

/// The field, and the longest suffix that the name ends with.
fn split(name: &str) -> (&str, Option<Suffix>) {
    let ends = SUFFIXES.iter().filter_map(|(text, suffix)| Some((name.strip_suffix(text)?, *suffix)));
    match ends.min_by_key(|(field, _)| field.len()) {
        Some((field, suffix)) => (field, Some(suffix)),
        None => (name, None),
    }
}

fn path(field: &str) -> Result<Vec<String>, String> {
    let path: Vec<_> = field.split('.').map(str::to_owned).collect();
    if path.len() > MAX_NAMES {
        Err(format!("A path has at most {MAX_NAMES} names."))
    } else if path.iter().any(String::is_empty) {
        Err("A path has a name on both sides of each dot, as in owner.email.".to_owned())
    } else if path.iter().any(|name| name.starts_with('$')) {
        Err("The name of a field does not begin with '$'.".to_owned())
    } else {
        Ok(path)
    }
}

fn test(suffix: Option<Suffix>, operand: &Value) -> Result<Test, String> {
    match suffix {
        None => choices(operand).map(Test::AnyOf),
        Some(Suffix::Not) => choices(operand).map(Test::NoneOf),
        Some(Suffix::Contains) => parts(operand).map(Test::Contains),
        Some(Suffix::Ordered(operator)) => match operand {
            Value::Number(_) | Value::String(_) => Ok(Test::Ordered(operator, operand.clone())),
            _ => Err("This takes a number or a text.".to_owned()),
        },
    }
}

/// One value or a list of them.
fn choices(operand: &Value) -> Result<Vec<Value>, String> {
    match operand {
        Value::Object(_) => {
            Err("Conditions do not nest; a field within a field is written with a dot, as in owner.email."
                .to_owned())
        }
        Value::Array(list) if list.is_empty() => Err("A list holds at least one value.".to_owned()),
        Value::Array(list) if list.iter().any(|one| one.is_array() || one.is_object()) => {
            Err("A list holds texts, numbers, true, false and null.".to_owned())
        }
        Value::Array(list) => Ok(list.clone()),
        one => Ok(vec![one.clone()]),
    }
}

/// The same of what can be a part of something.
fn parts(operand: &Value) -> Result<Vec<Value>, String> {
    let parts = choices(operand)?;
    if parts.iter().any(Value::is_null) {
        return Err("This takes a text, a number, true or false, or a list of these.".to_owned());
    }
    Ok(parts)
}
