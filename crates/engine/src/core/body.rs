//! Event bodies in memory: one budget of bytes for all lanes (DESIGN 2.2).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use postrider_contract::{Contract, EventView};
use postrider_model::id::{EventId, IdSalt};
use postrider_store::StoredEvent;

/// The bytes that bodies in lanes may take together.
#[derive(Debug)]
pub(crate) struct BodyBudget {
    limit: usize,
    used: AtomicUsize,
}

impl BodyBudget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes there are in all.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes left.
    pub(crate) fn left(&self) -> usize {
        self.limit.saturating_sub(self.used())
    }
}

/// Bytes of the budget that a reader may fill, until it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<BodyBudget>,
    bytes: usize,
}

impl Reservation {
    /// As much as is left, but `most` at most. Many readers that begin at once share what is left between them, and none
    /// finds it all for itself.
    pub(crate) fn of(budget: &Arc<BodyBudget>, most: usize) -> Self {
        let mut bytes = 0;
        let take = |used: usize| {
            bytes = most.min(budget.limit.saturating_sub(used));
            Some(used + bytes)
        };
        let _ = budget.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        Self { budget: Arc::clone(budget), bytes }
    }

    /// Bytes of content that fit: an envelope as large is made of each.
    pub(crate) fn content_bytes(&self) -> usize {
        self.bytes / 2
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// An event's content and, once the first attempt needed it, its rendered envelope.
#[derive(Debug)]
pub(crate) struct EventBody {
    content: Arc<StoredEvent>,
    rendered: OnceLock<Bytes>,
    bytes: usize,
    budget: Arc<BodyBudget>,
}

impl EventBody {
    /// Charges the budget; it is given back when the last lane drops the body.
    pub(crate) fn new(content: Arc<StoredEvent>, budget: &Arc<BodyBudget>) -> Arc<Self> {
        // The envelope is about as large as the data, and lives as long.
        let bytes = 2 * content.data.len()
            + content.changes.as_ref().map_or(0, Bytes::len)
            + content.attributes.as_ref().map_or(0, Bytes::len)
            + 512;
        budget.used.fetch_add(bytes, Ordering::Relaxed);
        Arc::new(Self { content, rendered: OnceLock::new(), bytes, budget: Arc::clone(budget) })
    }

    pub(crate) fn content(&self) -> &StoredEvent {
        &self.content
    }

    /// The envelope; rendered once, whatever the number of endpoints (DESIGN 2.3).
    pub(crate) fn rendered(&self, contract: &Contract, salt: IdSalt) -> Bytes {
        self.rendered.get_or_init(|| render(&self.content, contract, salt)).clone()
    }
}

impl Drop for EventBody {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn render(content: &StoredEvent, contract: &Contract, salt: IdSalt) -> Bytes {
    if content.flags.notice
        && contract.health.notice.as_ref().is_some_and(postrider_contract::Notice::is_whole_body)
    {
        return content.data.clone();
    }
    contract.render(&EventView {
        id: EventId(content.ordinal.to_uuid(salt)),
        event_type: &content.kind,
        timestamp: content.timestamp,
        tenant: &content.tenant_id,
        data: &content.data,
        changes: content.changes.as_deref(),
        attributes: content.attributes.as_deref(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_share_what_is_left_of_the_budget() {
        let budget = BodyBudget::new(100);
        let first = Reservation::of(&budget, 80);
        let second = Reservation::of(&budget, 80);
        let third = Reservation::of(&budget, 80);
        let fit = [&first, &second, &third].map(Reservation::content_bytes);
        assert_eq!((fit, budget.left()), ([40, 10, 0], 0));
        drop((first, third));
        assert_eq!(budget.left(), 80);
    }
}
