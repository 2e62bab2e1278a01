//! The body of `POST /v1/events/batch`: its events as raw JSON that borrows from it.

use std::fmt;

use postrider_service::Fault;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::body::{MemberName, escape};

/// The events of a batch. What is wrong with the batch itself is added to `faults`.
pub(super) fn read_batch<'a>(
    text: &'a str,
    faults: &mut Vec<Fault>,
) -> Result<Vec<&'a RawValue>, serde_json::Error> {
    let members: Members<'a> = match serde_json::from_str(text) {
        Ok(members) => members,
        Err(error) if error.is_data() => {
            // It began well and is no object; whether it is JSON to its end decides between 400 and 422.
            serde_json::from_str::<&RawValue>(text)?;
            faults.push(Fault::at("", "A batch must be a JSON object."));
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    faults.extend(members.unknown.iter().map(|name| {
        Fault::at(format!("/{}", escape(name)), "There is no such field in a batch; known is events.")
    }));
    if members.is_doubled {
        faults.push(Fault::at("/events", "This field is given twice."));
        return Ok(Vec::new());
    }
    match members.events {
        None => faults.push(Fault::at("/events", "This field is required.")),
        Some(raw) if !raw.get().starts_with('[') => faults.push(Fault::at("/events", "This must be a list.")),
        Some(raw) => {
            let events: Vec<&'a RawValue> = serde_json::from_str(raw.get())?;
            if events.is_empty() {
                faults.push(Fault::at("/events", "A batch has at least one event."));
            }
            return Ok(events);
        }
    }
    Ok(Vec::new())
}

/// The members of a batch as they stand in the body.
#[derive(Default)]
struct Members<'a> {
    events: Option<&'a RawValue>,
    is_doubled: bool,
    unknown: Vec<String>,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a batch")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key::<MemberName<'de>>()? {
            if name.0 == "events" {
                members.is_doubled |= members.events.replace(map.next_value()?).is_some();
            } else {
                map.next_value::<IgnoredAny>()?;
                members.unknown.push(name.0.into_owned());
            }
        }
        Ok(members)
    }
}
