//! Filters (DESIGN 4.2 "Filter") as rows that people fill in: a field, an operator and a value each. What rows cannot
//! show stays JSON, and what comes out of both again is the same filter.

use serde_json::{Map, Value};

use super::operator::Operator;

const AND: &str = "$and";

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The path of a field of the event: `data.amount`.
    pub(crate) field: String,
    /// An [`Operator`]'s name.
    pub(crate) operator: String,
    /// What it is compared with.
    pub(crate) value: String,
}

/// A filter in parts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Parts {
    /// Attributes of which any of some values is wanted, by name: the contract's own fields.
    pub(crate) attributes: Vec<(String, Vec<String>)>,
    /// What rows can show.
    pub(crate) rows: Vec<Condition>,
    /// What they cannot.
    pub(crate) rest: Map<String, Value>,
}

/// Takes a filter apart; `attributes` are the names of the contract's own fields.
pub(crate) fn parts(filter: &Value, attributes: &[&str]) -> Parts {
    let whole = match filter {
        Value::Object(members) => members.clone(),
        _ => Map::new(),
    };
    let wanted = normal_filter(filter.clone());
    // What would not come back as it was stays as it is.
    let is_whole = |parts: &Parts| normal_filter(joined(parts).unwrap_or_default()) == wanted;
    [true, false]
        .into_iter()
        .map(|with_and| taken_apart(whole.clone(), attributes, with_and))
        .find(is_whole)
        .unwrap_or_else(|| Parts { rest: whole, ..Parts::default() })
}

fn taken_apart(mut whole: Map<String, Value>, attributes: &[&str], with_and: bool) -> Parts {
    let mut parts = Parts::default();
    for name in attributes {
        let values = take_attribute(&mut whole, name).unwrap_or_default();
        parts.attributes.push(((*name).to_owned(), values));
    }
    let and = if with_and { whole.shift_remove(AND) } else { None };
    if let Some(Value::Object(rest)) = taken(&mut Vec::new(), Value::Object(whole), &mut parts.rows) {
        parts.rest = rest;
    }
    if let Some(Value::Array(items)) = and {
        let left: Vec<_> =
            items.into_iter().filter_map(|item| taken(&mut Vec::new(), item, &mut parts.rows)).collect();
        if !left.is_empty() {
            parts.rest.insert(AND.to_owned(), left.into());
        }
    }
    parts
}

/// `{"attributes": {NAME: {"$in": ["a", "b"]}}}`, or one of it.
fn take_attribute(whole: &mut Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let attributes = whole.get_mut("attributes")?.as_object_mut()?;
    let text = |value: &Value| {
        let text = value.as_str()?;
        let is_a_line = text.trim() == text && !text.is_empty() && !text.contains(['\n', '\r']);
        is_a_line.then(|| text.to_owned())
    };
    let wanted = attributes.get(name)?;
    let values = match wanted {
        Value::String(_) => vec![text(wanted)?],
        Value::Object(operators) if operators.len() == 1 => match operators.get("$in")? {
            Value::Array(items) => items.iter().map(text).collect::<Option<_>>()?,
            _ => return None,
        },
        _ => return None,
    };
    attributes.shift_remove(name);
    if attributes.is_empty() {
        whole.shift_remove("attributes");
    }
    Some(values)
}

/// Takes what rows can show out of a part of a filter; what is left is given back.
fn taken(path: &mut Vec<String>, value: Value, rows: &mut Vec<Condition>) -> Option<Value> {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let left: Map<_, _> = members
                .into_iter()
                .filter_map(|(name, value)| {
                    let left = taken_member(path, &name, value, rows)?;
                    Some((name, left))
                })
                .collect();
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Value::Array(_) | Value::Object(_) => Some(value),
        scalar => left_of(row(path, "$eq", &scalar), scalar, rows),
    }
}

fn taken_member(
    path: &mut Vec<String>,
    name: &str,
    value: Value,
    rows: &mut Vec<Condition>,
) -> Option<Value> {
    if name.starts_with('$') {
        return left_of(row(path, name, &value), value, rows);
    }
    // A row writes a path with points.
    if name.is_empty() || name.contains('.') || name.trim() != name {
        return Some(value);
    }
    path.push(name.to_owned());
    let left = taken(path, value, rows);
    path.pop();
    left
}

fn row(path: &[String], symbol: &str, value: &Value) -> Option<Condition> {
    let (operator, value) = Operator::reading(symbol, value).filter(|_| !path.is_empty())?;
    Some(Condition { field: path.join("."), operator: operator.name.to_owned(), value })
}

fn left_of(row: Option<Condition>, value: Value, rows: &mut Vec<Condition>) -> Option<Value> {
    match row {
        Some(row) => {
            rows.push(row);
            None
        }
        None => Some(value),
    }
}

/// The filter that the parts make; `None` where they ask for nothing.
pub(crate) fn joined(parts: &Parts) -> Option<Value> {
    let mut whole = parts.rest.clone();
    let attributes = parts.attributes.iter().filter(|(_, values)| !values.is_empty());
    for (name, values) in attributes {
        add(&mut whole, &["attributes", name], "$in", values.clone().into());
    }
    for row in &parts.rows {
        let Some(operator) = Operator::named(&row.operator) else { continue };
        let path: Vec<_> = row.field.split('.').collect();
        add(&mut whole, &path, operator.symbol, operator.value(&row.value));
    }
    let whole = normal_filter(Value::Object(whole));
    whole.as_object().is_some_and(|members| !members.is_empty()).then_some(whole)
}

/// Adds a condition beside those that are there; where it would take the place of another one, below `$and`.
fn add(whole: &mut Map<String, Value>, path: &[&str], symbol: &str, operand: Value) {
    if let Some(place) = place(whole, path)
        && !place.contains_key(symbol)
    {
        place.insert(symbol.to_owned(), operand);
        return;
    }
    let mut alone = Map::from_iter([(symbol.to_owned(), operand)]);
    for name in path.iter().rev() {
        alone = Map::from_iter([((*name).to_owned(), Value::Object(alone))]);
    }
    match whole.entry(AND).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(items) => items.push(Value::Object(alone)),
        // Not a filter: that is told when it is saved.
        other => *other = Value::Array(vec![other.take(), Value::Object(alone)]),
    }
}

/// The operators at a path; `None` where something else stands on the way.
fn place<'a>(whole: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Map<String, Value>> {
    let mut members = whole;
    for name in path {
        let place = members.entry(*name).or_insert_with(|| Value::Object(Map::new()));
        if !place.is_object() && !place.is_array() {
            *place = Value::Object(Map::from_iter([("$eq".to_owned(), place.take())]));
        }
        members = place.as_object_mut()?;
    }
    Some(members)
}

/// A filter with its conditions in one form. It stays an object, whatever it asks of the event as a whole.
fn normal_filter(filter: Value) -> Value {
    match filter {
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, normal(value))).collect(),
        other => normal(other),
    }
}

/// With `{"$eq": 1}` written as `1`.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let scalar = members.get("$eq").filter(|value| !value.is_array() && !value.is_object());
            match scalar {
                Some(scalar) if members.len() == 1 => scalar.clone(),
                _ => members.into_iter().map(|(name, value)| (name, normal(value))).collect(),
            }
        }
        Value::Array(items) => items.into_iter().map(normal).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
