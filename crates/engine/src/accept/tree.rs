//! The event as filters see it (DESIGN 4.2 "Filter"), read only as far as they look.

use bytes::Bytes;
use postrider_model::filter::Needs;
use postrider_model::json;
use serde_json::{Map, Value};

use super::{AcceptError, Draft};
use crate::ports::Clock;

/// An event's tree; of its parts those that a filter has looked at so far.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    event: Value,
    has: Needs,
}

impl Tree {
    /// The tree with at least the parts a filter needs.
    ///
    /// # Errors
    /// A number beyond a double is a fault with its place: without it in the tree the event would silently be kept
    /// from endpoints that want it.
    pub(crate) fn with(
        &mut self,
        needs: Needs,
        draft: &Draft,
        clock: &dyn Clock,
    ) -> Result<&Value, AcceptError> {
        if self.event.is_null() {
            self.event = Value::Object(head(draft, clock));
        }
        if needs.data && !self.has.data {
            self.add("data", Some(&draft.data))?;
        }
        if needs.changes && !self.has.changes {
            self.add("changes", draft.changes.as_ref())?;
        }
        if needs.attributes && !self.has.attributes {
            self.add("attributes", draft.attributes.as_ref())?;
        }
        self.has = self.has.and(needs);
        Ok(&self.event)
    }

    fn add(&mut self, name: &str, part: Option<&Bytes>) -> Result<(), AcceptError> {
        if let (Some(bytes), Value::Object(event)) = (part, &mut self.event) {
            let part = json::tree(bytes).map_err(|fault| {
                AcceptError::invalid(format!("/{name}{}", fault.pointer), fault.to_string())
            })?;
            event.insert(name.to_owned(), part);
        }
        Ok(())
    }
}

/// What every filter may look at. An event without a timestamp is sent with the time of its acceptance: about now.
fn head(draft: &Draft, clock: &dyn Clock) -> Map<String, Value> {
    let timestamp = draft.timestamp.unwrap_or_else(|| clock.now());
    let mut event = Map::new();
    event.insert("type".to_owned(), (*draft.kind).into());
    event.insert("tenant".to_owned(), (*draft.routes.tenant_id).into());
    event.insert("timestamp".to_owned(), timestamp.rfc3339_millis().into());
    event
}
