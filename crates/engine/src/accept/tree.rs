//! The event as filters see it (DESIGN 4.2 "Filter"), read only as far as they look.

use std::borrow::Cow;

use bytes::Bytes;
use postrider_model::filter::Needs;
use postrider_model::json::{self, Members, View};

use super::{AcceptError, Draft};
use crate::ports::Clock;

/// An event's tree, over the draft's bytes; of its parts those that a filter has looked at so far.
pub(crate) struct Tree<'a> {
    draft: &'a Draft,
    clock: &'a dyn Clock,
    event: View<'a>,
    has: Needs,
}

impl<'a> Tree<'a> {
    /// Nothing is read before a filter looks.
    pub(crate) fn new(draft: &'a Draft, clock: &'a dyn Clock) -> Self {
        Self { draft, clock, event: View::Null, has: Needs::default() }
    }

    /// The tree with at least the parts a filter needs.
    ///
    /// # Errors
    /// A number beyond a double is a fault with its place: without it in the tree the event would silently be kept
    /// from endpoints that want it.
    pub(crate) fn with(&mut self, needs: Needs) -> Result<&View<'a>, AcceptError> {
        let draft = self.draft;
        if matches!(self.event, View::Null) {
            self.event = View::Object(Members::default());
            self.add("type", View::String(Cow::Borrowed(&draft.kind)));
            self.add("tenant", View::String(Cow::Borrowed(&draft.routes.tenant_id)));
        }
        if needs.timestamp && !self.has.timestamp {
            // An event without one is sent with the time of its acceptance: about now.
            let timestamp = draft.timestamp.unwrap_or_else(|| self.clock.now());
            self.add("timestamp", View::String(timestamp.rfc3339_millis().into()));
        }
        if needs.data && !self.has.data {
            self.read("data", Some(&draft.data))?;
        }
        if needs.changes && !self.has.changes {
            self.read("changes", draft.changes.as_ref())?;
        }
        if needs.attributes && !self.has.attributes {
            self.read("attributes", draft.attributes.as_ref())?;
        }
        self.has = self.has.and(needs);
        Ok(&self.event)
    }

    fn read(&mut self, name: &'static str, part: Option<&'a Bytes>) -> Result<(), AcceptError> {
        if let Some(bytes) = part {
            let part = json::view(bytes).map_err(|fault| {
                AcceptError::invalid(format!("/{name}{}", fault.pointer), fault.to_string())
            })?;
            self.add(name, part);
        }
        Ok(())
    }

    fn add(&mut self, name: &'static str, value: View<'a>) {
        if let View::Object(event) = &mut self.event {
            event.extend([(Cow::Borrowed(name), value)]);
        }
    }
}
