//! Reads typed fields out of a JSON object and notes everything that is not of its type, with its pointer.

use serde_json::{Map, Value};

use super::document::escape;
use crate::Fault;

/// The members of one object; `null` is as if the member were not there.
#[derive(Debug)]
pub(super) struct Fields<'d, 'f> {
    map: &'d Map<String, Value>,
    at: String,
    faults: &'f mut Vec<Fault>,
}

impl<'d, 'f> Fields<'d, 'f> {
    /// Opens an object at the pointer `at`; members that are not `known` are faults.
    pub(super) fn open(
        map: &'d Map<String, Value>,
        at: impl Into<String>,
        known: &[&str],
        faults: &'f mut Vec<Fault>,
    ) -> Self {
        let at = at.into();
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            faults.push(Fault::at(
                format!("{at}/{}", escape(name)),
                format!("There is no such field here; known are {}.", known.join(", ")),
            ));
        }
        Self { map, at, faults }
    }

    /// Notes a fault at a member.
    pub(super) fn fault(&mut self, name: &str, detail: impl Into<String>) {
        self.faults.push(Fault::at(format!("{}/{}", self.at, escape(name)), detail));
    }

    /// Notes a fault at a member of a member.
    pub(super) fn fault_within(&mut self, name: &str, inner: &str, detail: impl Into<String>) {
        self.faults.push(Fault::at(format!("{}/{}/{}", self.at, escape(name), escape(inner)), detail));
    }

    /// The member as it stands.
    pub(super) fn value(&self, name: &str) -> Option<&'d Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A string.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.read(name, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, "true or false", Value::as_bool)
    }

    /// A number that is not negative.
    pub(super) fn number(&mut self, name: &str) -> Option<f64> {
        self.read(name, "a number that is not negative", |value| {
            value.as_f64().filter(|number| number.is_finite() && *number >= 0.0)
        })
    }

    /// A whole number that is not negative.
    pub(super) fn whole(&mut self, name: &str) -> Option<u32> {
        self.read(name, "a whole number that is not negative", |value| {
            value.as_u64().and_then(|number| u32::try_from(number).ok())
        })
    }

    /// An object.
    pub(super) fn object(&mut self, name: &str) -> Option<&'d Map<String, Value>> {
        self.read(name, "an object", Value::as_object)
    }

    /// A list of strings.
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let list = self.read(name, "a list of strings", Value::as_array)?;
        let mut texts = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            match value.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self
                    .faults
                    .push(Fault::at(format!("{}/{name}/{index}", self.at), "This must be a string.")),
            }
        }
        Some(texts)
    }

    /// A list of numbers that are not negative.
    pub(super) fn numbers(&mut self, name: &str) -> Option<Vec<f64>> {
        let list = self.read(name, "a list of numbers", Value::as_array)?;
        let mut numbers = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            match value.as_f64().filter(|number| number.is_finite() && *number >= 0.0) {
                Some(number) => numbers.push(number),
                None => self.faults.push(Fault::at(
                    format!("{}/{name}/{index}", self.at),
                    "This must be a number that is not negative.",
                )),
            }
        }
        Some(numbers)
    }

    /// An object inside, opened at its own pointer.
    pub(super) fn inside(&mut self, name: &str, known: &[&str]) -> Option<Fields<'d, '_>> {
        let map = self.object(name)?;
        Some(Fields::open(map, format!("{}/{name}", self.at), known, self.faults))
    }

    fn read<T>(&mut self, name: &str, what: &str, read: impl Fn(&'d Value) -> Option<T>) -> Option<T> {
        let value = self.value(name)?;
        let read = read(value);
        if read.is_none() {
            self.fault(name, format!("This must be {what}."));
        }
        read
    }
}
