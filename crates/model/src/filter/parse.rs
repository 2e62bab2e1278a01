//! From a filter's JSON to its conditions. Every fault is named with its place.

use serde_json::{Map, Value};

use super::condition::{Condition, Ordered, Test};
use super::{FilterError, MAX_DEPTH, MAX_NODES, MAX_TEXT_BYTES};

/// What an event has at its root (DESIGN 4.2).
const ROOTS: [&str; 6] = ["type", "timestamp", "tenant", "data", "changes", "attributes"];
/// What may stand at the root of a filter beside fields.
const JOINS: [&str; 3] = ["$or", "$and", "$not"];
const OPERATORS: &str =
    "$eq, $neq, $gt, $gte, $lt, $lte, $in, $nin, $startsWith, $endsWith, $contains, $exist, $or, $and, $not";

/// Where in the filter the parser is.
struct Parser {
    path: Vec<String>,
    nodes: usize,
    text_bytes: usize,
}

pub(super) fn parse(filter: &Value) -> Result<Condition, FilterError> {
    let mut parser = Parser { path: Vec::new(), nodes: 0, text_bytes: 0 };
    parser.condition(filter, true)
}

impl Parser {
    fn fault<T>(&self, detail: impl Into<String>) -> Result<T, FilterError> {
        let pointer =
            self.path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect();
        Err(FilterError { pointer, detail: detail.into() })
    }

    fn within<T>(
        &mut self,
        step: impl Into<String>,
        parse: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        self.path.push(step.into());
        let parsed = parse(self)?;
        self.path.pop();
        Ok(parsed)
    }

    /// Counts a condition or operand.
    fn count(&mut self, value: &Value) -> Result<(), FilterError> {
        self.nodes += 1;
        self.text_bytes += match value {
            Value::String(text) => text.len(),
            Value::Object(members) => members.keys().map(String::len).sum(),
            _ => 0,
        };
        if self.path.len() > MAX_DEPTH {
            self.fault(format!("a filter is nested at most {MAX_DEPTH} deep"))
        } else if self.nodes > MAX_NODES {
            self.fault(format!("a filter has at most {MAX_NODES} conditions and operands"))
        } else if self.text_bytes > MAX_TEXT_BYTES {
            self.fault(format!("the names and strings of a filter have at most {MAX_TEXT_BYTES} bytes"))
        } else {
            Ok(())
        }
    }

    /// A condition: an object, a list, or a value to equal. The root of a filter is an object about an event.
    fn condition(&mut self, value: &Value, root: bool) -> Result<Condition, FilterError> {
        self.count(value)?;
        match value {
            Value::Object(members) => self.object(members, root),
            _ if root => self.fault("a filter is an object shaped like the event"),
            Value::Array(_) => self.list(value, false).map(Condition::All),
            _ => Ok(Condition::Value(Test::Equals(value.clone()))),
        }
    }

    fn object(&mut self, members: &Map<String, Value>, root: bool) -> Result<Condition, FilterError> {
        let mut all = Vec::new();
        let mut fields: Vec<(Box<str>, Condition)> = Vec::new();
        for (name, value) in members {
            self.within(name, |parser| {
                if name.starts_with('$') {
                    all.push(parser.operator(name, value, root)?);
                } else if root && !ROOTS.contains(&name.as_str()) {
                    return parser.fault(format!("an event has no {name:?}; it has {}", ROOTS.join(", ")));
                } else {
                    fields.push((name.as_str().into(), parser.condition(value, false)?));
                }
                Ok(())
            })?;
        }
        if !fields.is_empty() {
            all.push(Condition::Fields(fields.into()));
        }
        Ok(match <[Condition; 1]>::try_from(all) {
            Ok([only]) => only,
            Err(all) => Condition::All(all.into()),
        })
    }

    /// At least one condition.
    fn list(&mut self, value: &Value, root: bool) -> Result<Box<[Condition]>, FilterError> {
        let Value::Array(list) = value else { return self.fault("a list of conditions is needed here") };
        if list.is_empty() {
            return self.fault("this list needs at least one condition");
        }
        let one = |(index, value): (usize, &Value)| {
            self.within(index.to_string(), |parser| parser.condition(value, root))
        };
        list.iter().enumerate().map(one).collect()
    }

    fn operator(&mut self, name: &str, operand: &Value, root: bool) -> Result<Condition, FilterError> {
        if root && !JOINS.contains(&name) {
            return self
                .fault(format!("{name} belongs under a field; here only {} may stand", JOINS.join(", ")));
        }
        match name {
            "$or" => return self.list(operand, root).map(Condition::Any),
            "$and" => return self.list(operand, root).map(Condition::All),
            "$not" => return self.condition(operand, root).map(|inner| Condition::Not(Box::new(inner))),
            _ => {}
        }
        if name == "$exist" {
            return match operand {
                Value::Bool(wanted) => Ok(Condition::Exists(*wanted)),
                _ => self.fault("$exist takes true or false"),
            };
        }
        self.test(name, operand).map(Condition::Value)
    }

    fn test(&mut self, name: &str, operand: &Value) -> Result<Test, FilterError> {
        match name {
            "$eq" => Ok(Test::Equals(self.counted(operand)?)),
            "$neq" => Ok(Test::Differs(self.counted(operand)?)),
            "$gt" => self.ordered(name, Ordered::Greater, operand),
            "$gte" => self.ordered(name, Ordered::GreaterOrEqual, operand),
            "$lt" => self.ordered(name, Ordered::Less, operand),
            "$lte" => self.ordered(name, Ordered::LessOrEqual, operand),
            "$in" => self.choices(name, operand).map(Test::In),
            "$nin" => self.choices(name, operand).map(Test::NotIn),
            "$startsWith" => self.text(name, operand).map(Test::StartsWith),
            "$endsWith" => self.text(name, operand).map(Test::EndsWith),
            "$contains" => match operand {
                Value::Array(_) | Value::Object(_) => self.fault("$contains takes a single value"),
                _ => Ok(Test::Contains(self.counted(operand)?)),
            },
            _ => self.fault(format!("there is no operator {name}; there are {OPERATORS}")),
        }
    }

    /// An operand of any type, itself and all in it counted.
    fn counted(&mut self, operand: &Value) -> Result<Value, FilterError> {
        self.count(operand)?;
        match operand {
            Value::Array(list) => {
                for (index, element) in list.iter().enumerate() {
                    self.within(index.to_string(), |parser| parser.counted(element))?;
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.within(name, |parser| parser.counted(member))?;
                }
            }
            _ => {}
        }
        Ok(operand.clone())
    }

    fn ordered(&mut self, name: &str, how: Ordered, operand: &Value) -> Result<Test, FilterError> {
        match operand {
            Value::Number(_) | Value::String(_) => Ok(Test::Ordered(how, self.counted(operand)?)),
            _ => self.fault(format!("{name} takes a number or a string")),
        }
    }

    fn choices(&mut self, name: &str, operand: &Value) -> Result<Box<[Value]>, FilterError> {
        let Value::Array(list) = operand else { return self.fault(format!("{name} takes a list")) };
        if let Some(index) = list.iter().position(|one| one.is_array() || one.is_object()) {
            let what = format!("{name} takes a list of strings, numbers, booleans and nulls");
            return self.within(index.to_string(), |parser| parser.fault(what));
        }
        self.counted(operand)?;
        Ok(list.iter().cloned().collect())
    }

    fn text(&mut self, name: &str, operand: &Value) -> Result<Box<str>, FilterError> {
        self.count(operand)?;
        match operand {
            Value::String(text) => Ok(text.as_str().into()),
            _ => self.fault(format!("{name} takes a string")),
        }
    }
}
