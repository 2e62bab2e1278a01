//! What an event must be before it is matched (DESIGN 4.2, 4.4). Every fault is named with its pointer.

use std::time::Duration;

use postrider_model::endpoint::Ordering;
use postrider_model::time::Millis;
use postrider_model::{json, name};

use super::{AcceptError, EventIn, Fault, Origin};
use crate::project::ProjectContext;
use crate::shared::Shared;

/// What the checks found on the way.
pub(crate) struct Checked {
    /// The ordering key that the contract's paths name in `data`.
    pub order: Option<String>,
}

/// Checks all events of a request.
pub(crate) fn check(
    project: &ProjectContext,
    origin: &Origin,
    events: &[EventIn],
    shared: &Shared,
) -> Result<Vec<Checked>, AcceptError> {
    let mut faults = Vec::new();
    let mut checked = Vec::with_capacity(events.len());
    for (index, event) in events.iter().enumerate() {
        if event.size > project.max_event_bytes {
            return Err(AcceptError::TooLarge { event: index, limit: project.max_event_bytes });
        }
        if origin.tenant.as_ref().is_some_and(|tenant| *tenant != event.tenant) {
            return Err(AcceptError::WrongTenant);
        }
        let mut checker = Checker { index, faults: &mut faults, project, shared };
        checker.event(event);
        checked.push(Checked { order: order(project, event) });
    }
    if faults.is_empty() { Ok(checked) } else { Err(AcceptError::Invalid(faults)) }
}

struct Checker<'a> {
    index: usize,
    faults: &'a mut Vec<Fault>,
    project: &'a ProjectContext,
    shared: &'a Shared,
}

impl Checker<'_> {
    fn fault(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(Fault { event: self.index, pointer: pointer.into(), detail: detail.into() });
    }

    fn event(&mut self, event: &EventIn) {
        if let Err(error) = name::tenant_id(&event.tenant) {
            self.fault("/tenant", error.to_string());
        }
        self.kind(&event.kind);
        let sound = self.json("/data", &event.data);
        if let Some(changes) = &event.changes {
            self.json("/changes", changes);
        }
        if let Some(attributes) = &event.attributes
            && self.json("/attributes", attributes)
        {
            self.attributes(attributes);
        }
        if let Some(key) = &event.ordering_key {
            let most = self.shared.limits.max_ordering_key_bytes;
            if key.is_empty() || key.len() > most {
                self.fault("/ordering_key", format!("must have 1 to {most} bytes"));
            }
        }
        if let Some(at) = event.deliver_at {
            self.deliver_at(at);
        }
        if sound && let Some(schema) = self.project.schema(&event.kind) {
            self.schema(schema, &event.data);
        }
    }

    fn kind(&mut self, kind: &str) {
        if let Err(error) = name::event_type(kind) {
            self.fault("/type", error.to_string());
        } else if !self.project.takes(kind) {
            let valid = self.project.valid_types().join(", ");
            self.fault("/type", format!("unknown event type {kind:?}; valid types are: {valid}"));
        }
    }

    /// Depth, escapes and grammar, which a raw value does not check (DESIGN 2.1).
    fn json(&mut self, pointer: &str, bytes: &[u8]) -> bool {
        match json::check(bytes, self.shared.limits.json_depth) {
            Ok(()) => true,
            Err(fault) => {
                self.fault(format!("{pointer}{}", fault.pointer), fault.to_string());
                false
            }
        }
    }

    /// A flat map to strings or lists of strings.
    fn attributes(&mut self, bytes: &[u8]) {
        let map = match json::tree(bytes) {
            Ok(serde_json::Value::Object(map)) => map,
            Ok(_) => return self.fault("/attributes", "must be an object"),
            Err(fault) => return self.fault(format!("/attributes{}", fault.pointer), fault.to_string()),
        };
        let most = self.shared.limits.max_attributes_bytes;
        if bytes.len() > most {
            return self.fault("/attributes", format!("must have at most {most} bytes as JSON"));
        }
        let most = self.shared.limits.max_attributes;
        if map.len() > most {
            self.fault("/attributes", format!("must have at most {most} members"));
        }
        for (name, value) in map {
            let flat = match &value {
                serde_json::Value::String(_) => true,
                serde_json::Value::Array(list) => list.iter().all(serde_json::Value::is_string),
                _ => false,
            };
            if !flat {
                let name = name.replace('~', "~0").replace('/', "~1");
                self.fault(format!("/attributes/{name}"), "must be a string or a list of strings");
            }
        }
    }

    /// Here by the project's timetable; by those of the endpoints that want the event once they are known.
    fn deliver_at(&mut self, at: Millis) {
        let now = self.shared.clock.now();
        let ahead = self.shared.limits.max_schedule_ahead;
        if at.since(now) > ahead {
            let days = ahead.as_secs() / 86_400;
            return self.fault("/deliver_at", format!("must be at most {days} days ahead"));
        }
        if let Some(detail) = outlives_history(self.project, at, now, self.project.retry_total()) {
            self.fault("/deliver_at", detail);
        }
    }

    fn schema(&mut self, schema: &crate::schema::Schema, data: &[u8]) {
        let data = match json::tree(data) {
            Ok(data) => data,
            Err(fault) => return self.fault(format!("/data{}", fault.pointer), fault.to_string()),
        };
        for (pointer, detail) in schema.validate(&data) {
            self.fault(format!("/data{pointer}"), detail);
        }
    }
}

/// With its whole timetable a scheduled event must end before its history does (DESIGN 4.4); if not, what to say.
pub(crate) fn outlives_history(
    project: &ProjectContext,
    at: Millis,
    now: Millis,
    retries: Duration,
) -> Option<String> {
    let days = project.retention_days;
    let history = Duration::from_secs(u64::from(days) * 86_400);
    (at.since(now).saturating_add(retries) > history)
        .then(|| format!("with its retries it would end after its history of {days} days"))
}

/// Of the contract's paths the first that the event has names its key (DESIGN 4.4 "Order").
fn order(project: &ProjectContext, event: &EventIn) -> Option<String> {
    if event.ordering_key.is_some() || project.contract.default_ordering() == Ordering::None {
        return None;
    }
    project.contract.ordering_paths().iter().find_map(|path| {
        let path: Vec<&str> = path.split('.').collect();
        let (root, rest) = path.split_first()?;
        let bytes = match *root {
            "data" => &event.data,
            "attributes" => event.attributes.as_ref()?,
            _ => return None,
        };
        // A missing call or message is no key, nor is `null`.
        let text = json::key_text(json::at_path(bytes, rest)?)?.into_owned();
        Some(format!("{}={text}", path.join(".")))
    })
}
