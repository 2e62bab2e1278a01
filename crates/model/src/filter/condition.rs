//! A read filter, and whether it holds.

use std::cmp::Ordering;

use serde_json::Value;

use super::Needs;
use super::compare::{order, same};
use crate::json::{Members, View};

/// Something that holds for a value or does not.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    All(Box<[Condition]>),
    Any(Box<[Condition]>),
    Not(Box<Condition>),
    /// `$exist`.
    Exists(bool),
    /// These fields of an object.
    Fields(Box<[(Box<str>, Condition)]>),
    /// An operator that looks at a value.
    Value(Test),
}

/// An operator that holds for a list if it holds for one of its elements.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Equals(Value),
    Differs(Value),
    /// The value's order against the operand must be among these.
    Ordered(Ordered, Value),
    In(Box<[Value]>),
    NotIn(Box<[Value]>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    /// A substring of a string, an element of a list (DESIGN 4.4).
    Contains(Value),
}

/// `$gt`, `$gte`, `$lt`, `$lte`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordered {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Condition {
    /// Whether it holds for a value that is there.
    pub(super) fn holds_for(&self, value: &View<'_>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds_for(value)),
            Self::Any(any) => any.iter().any(|one| one.holds_for(value)),
            Self::Not(not) => !not.holds_for(value),
            Self::Exists(wanted) => *wanted,
            Self::Value(test) => test.holds_for(value),
            Self::Fields(fields) => match value {
                View::Object(members) => fields_hold(fields, members),
                // Elements that are no objects have no fields; without any object all fields are missing.
                View::List(list) if list.iter().any(|element| element.as_object().is_some()) => {
                    list.iter().filter_map(View::as_object).any(|members| fields_hold(fields, members))
                }
                _ => fields.iter().all(|(_, condition)| condition.holds_for_nothing() == Some(true)),
            },
        }
    }

    /// Whether it holds for a field that is not there. `None`: it says something of a value, so there is no answer, and no
    /// `$not` makes one of it.
    fn holds_for_nothing(&self) -> Option<bool> {
        match self {
            Self::All(all) => both(all.iter().map(Self::holds_for_nothing)),
            // One of them holds unless all their contraries do.
            Self::Any(any) => {
                both(any.iter().map(|one| one.holds_for_nothing().map(|answer| !answer))).map(|none| !none)
            }
            Self::Not(not) => not.holds_for_nothing().map(|answer| !answer),
            Self::Exists(wanted) => Some(!wanted),
            Self::Fields(fields) => both(fields.iter().map(|(_, condition)| condition.holds_for_nothing())),
            Self::Value(_) => None,
        }
    }

    /// Which parts of an event the root of a filter looks at.
    pub(super) fn needs(&self) -> Needs {
        match self {
            Self::All(inner) | Self::Any(inner) => {
                inner.iter().map(Self::needs).fold(Needs::default(), Needs::and)
            }
            Self::Not(inner) => inner.needs(),
            Self::Fields(fields) => {
                let named = |name: &str| fields.iter().any(|(field, _)| &**field == name);
                Needs {
                    timestamp: named("timestamp"),
                    data: named("data"),
                    changes: named("changes"),
                    attributes: named("attributes"),
                }
            }
            Self::Exists(_) | Self::Value(_) => Needs::default(),
        }
    }
}

fn fields_hold(fields: &[(Box<str>, Condition)], members: &Members<'_>) -> bool {
    fields.iter().all(|(name, condition)| match members.get(name) {
        Some(value) => condition.holds_for(value),
        None => condition.holds_for_nothing() == Some(true),
    })
}

/// Whether all answers are yes: a single no decides, else one that is missing leaves no answer. Of none there is none.
fn both(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let (mut so_far, mut missing) = (None, false);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            Some(true) => so_far = Some(true),
            None => missing = true,
        }
    }
    if missing { None } else { so_far }
}

impl Test {
    fn holds_for(&self, value: &View<'_>) -> bool {
        match (self, value) {
            (Self::Contains(wanted), View::List(list)) => list.iter().any(|element| same(element, wanted)),
            // A list asked for is compared with the whole list.
            (Self::Equals(Value::Array(_)) | Self::Differs(Value::Array(_)), _) => self.holds_for_one(value),
            (_, View::List(list)) => list.iter().any(|element| self.holds_for_one(element)),
            _ => self.holds_for_one(value),
        }
    }

    fn holds_for_one(&self, value: &View<'_>) -> bool {
        match self {
            Self::Equals(wanted) => same(value, wanted),
            Self::Differs(unwanted) => !same(value, unwanted),
            Self::Ordered(how, bound) => order(value, bound).is_some_and(|order| how.allows(order)),
            Self::In(wanted) => wanted.iter().any(|one| same(value, one)),
            Self::NotIn(unwanted) => !unwanted.iter().any(|one| same(value, one)),
            Self::StartsWith(start) => value.as_str().is_some_and(|text| text.starts_with(&**start)),
            Self::EndsWith(end) => value.as_str().is_some_and(|text| text.ends_with(&**end)),
            Self::Contains(part) => match (value, part) {
                (View::String(text), Value::String(part)) => text.contains(part.as_str()),
                _ => false,
            },
        }
    }
}

impl Ordered {
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}
