//! The body of `POST /v1/events/batch`: its events as raw JSON that borrows from it.

use std::borrow::Cow;
use std::collections::HashMap;

use postrider_service::Fault;
use serde_json::value::RawValue;

use super::body::escape;

/// The events of a batch. What is wrong with the batch itself is added to `faults`.
pub(super) fn read_batch<'a>(
    text: &'a str,
    faults: &mut Vec<Fault>,
) -> Result<Vec<&'a RawValue>, serde_json::Error> {
    let members: HashMap<Cow<'a, str>, &'a RawValue> = match serde_json::from_str(text) {
        Ok(members) => members,
        Err(error) if error.is_data() => {
            // It began well and is no object; whether it is JSON to its end decides between 400 and 422.
            serde_json::from_str::<&RawValue>(text)?;
            faults.push(Fault::at("", "A batch must be a JSON object."));
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut unknown: Vec<_> = members.keys().filter(|name| *name != "events").collect();
    unknown.sort_unstable();
    faults.extend(unknown.into_iter().map(|name| {
        Fault::at(format!("/{}", escape(name)), "There is no such field in a batch; known is events.")
    }));
    match members.get("events") {
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
