//! From rules to a filter in our grammar (DESIGN 4.2 "Filter").

use postrider_model::pattern::TypePattern;
use serde_json::{Value, json};

use super::condition::{Condition, Test};
use super::parse::Rule;

/// What all of the rules ask for.
pub(super) fn all(rules: &[Rule]) -> Value {
    and(rules.iter().map(rule).collect())
}

/// Either the event is of another type, or the conditions hold.
fn rule(rule: &Rule) -> Value {
    let conditions = and(rule.conditions.iter().flat_map(condition).collect());
    match of_type(&rule.event) {
        Some(about) => json!({"$or": [{"$not": {"type": about}}, conditions]}),
        None => conditions,
    }
}

/// What the type of an event must be; `None` where it may be any.
fn of_type(event: &TypePattern) -> Option<Value> {
    let text = event.as_str();
    match text.strip_suffix('*') {
        Some("") => None,
        // One or more segments follow, so what stands before the star is not itself meant.
        Some(stem) => Some(json!({"$startsWith": stem, "$neq": stem})),
        None => Some(text.into()),
    }
}

fn condition(Condition { path, test }: &Condition) -> Vec<Value> {
    match test {
        Test::AnyOf(choices) => vec![at(path, json!({"$in": choices}))],
        Test::NoneOf(choices) => {
            // Around the whole path: beneath a list each element has a say.
            vec![at(path, json!({"$exist": true})), json!({"$not": at(path, json!({"$in": choices}))})]
        }
        Test::Contains(parts) => match parts.as_slice() {
            [part] => vec![at(path, json!({"$contains": part}))],
            parts => {
                let any: Vec<_> = parts.iter().map(|part| json!({"$contains": part})).collect();
                vec![at(path, json!({"$or": any}))]
            }
        },
        Test::Ordered(operator, bound) => vec![at(path, json!({*operator: bound}))],
    }
}

/// A condition on a field of `data`.
fn at(path: &[String], condition: Value) -> Value {
    let inner = path.iter().rev().fold(condition, |inner, name| json!({name: inner}));
    json!({"data": inner})
}

fn and(mut all: Vec<Value>) -> Value {
    if all.len() == 1 { all.swap_remove(0) } else { json!({"$and": all}) }
}
