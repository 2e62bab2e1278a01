//! From what was given to rules. Every fault is told with its place.

use postrider_http::parse::escape;
use postrider_model::pattern::TypePattern;
use postrider_service::Fault;
use serde_json::{Map, Value};

use super::ReadEvent;
use super::condition::Condition;

/// One `{"event": …, "filters": {…}}`.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) event: TypePattern,
    /// At least one.
    pub(super) conditions: Vec<Condition>,
}

const SHAPE: &str = r#"A filter looks like {"event": "…", "filters": {"…": …}}"#;

/// Reads one filter or a list of them.
pub(super) fn filters(given: &Value, at: &str, read_event: ReadEvent<'_>) -> Result<Vec<Rule>, Vec<Fault>> {
    let mut faults = Vec::new();
    let rules: Vec<_> = match given {
        Value::Object(_) => rule(given, at, read_event, &mut faults).into_iter().collect(),
        Value::Array(list) if list.is_empty() => {
            faults.push(Fault::at(at, "This list holds at least one filter; null takes them away."));
            Vec::new()
        }
        Value::Array(list) => {
            let one = |(index, given)| rule(given, &format!("{at}/{index}"), read_event, &mut faults);
            list.iter().enumerate().filter_map(one).collect()
        }
        _ => {
            faults.push(Fault::at(at, format!("{SHAPE}; several stand in a list.")));
            Vec::new()
        }
    };
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

fn rule(given: &Value, at: &str, read_event: ReadEvent<'_>, faults: &mut Vec<Fault>) -> Option<Rule> {
    let Value::Object(members) = given else {
        faults.push(Fault::at(at, format!("{SHAPE}.")));
        return None;
    };
    for name in members.keys().filter(|name| !matches!(name.as_str(), "event" | "filters")) {
        faults
            .push(Fault::at(format!("{at}/{}", escape(name)), format!("{SHAPE}; it has no other members.")));
    }
    let event = event(members, at, read_event).map_err(|fault| faults.push(fault)).ok();
    let conditions = conditions(members, &format!("{at}/filters"), faults);
    Some(Rule { event: event?, conditions })
}

fn event(members: &Map<String, Value>, at: &str, read_event: ReadEvent<'_>) -> Result<TypePattern, Fault> {
    let fault = |detail: String| Fault::at(format!("{at}/event"), detail);
    match members.get("event") {
        Some(Value::String(name)) => read_event(name).map_err(fault),
        Some(_) => Err(fault("This must be the name of an event.".to_owned())),
        None => Err(fault("A filter names the event it is about.".to_owned())),
    }
}

fn conditions(members: &Map<String, Value>, at: &str, faults: &mut Vec<Fault>) -> Vec<Condition> {
    let conditions = match members.get("filters") {
        Some(Value::Object(conditions)) if !conditions.is_empty() => conditions,
        Some(Value::Object(_)) | None => {
            faults.push(Fault::at(
                at,
                r#"A filter has at least one condition, as in {"amount_greater_than": 50000}."#,
            ));
            return Vec::new();
        }
        Some(_) => {
            faults.push(Fault::at(
                at,
                r#"This must be an object of conditions, as in {"amount_greater_than": 50000}."#,
            ));
            return Vec::new();
        }
    };
    let mut read = Vec::with_capacity(conditions.len());
    for (name, operand) in conditions {
        match Condition::parse(name, operand) {
            Ok(condition) => read.push(condition),
            Err(detail) => faults.push(Fault::at(format!("{at}/{}", escape(name)), detail)),
        }
    }
    read
}
