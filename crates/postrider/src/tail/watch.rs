//! What changed since it was last asked.
//!
//! New deliveries are found at the head of the list. A pending one is asked for by itself, and only when its next
//! attempt is due: until then it stays as it is.

use std::collections::HashMap;
use std::time::Duration;

use postrider_engine::ports::Clock as _;
use postrider_model::time::Millis;

use crate::client::{Call, Client, ClientError, Document};
use crate::console::complain;
use crate::ports::SystemClock;

/// Pending deliveries that are watched, at most.
pub(super) const PENDING: usize = 1_000;
/// Deliveries at the head of the list that are known from the start: those that were just accepted may be any of them.
pub(super) const HEAD: usize = 250;
/// New deliveries taken in one turn, at most: nobody can read more.
const NEW: usize = 1_000;
/// Pending deliveries asked for in one turn, at most.
const ASKED: usize = 20;
/// The list is read again from so long before its newest: commits of the same moment may appear in any order, and
/// most deliveries settle within it.
const OVERLAP: Duration = Duration::from_secs(3);
/// A delivery that is neither pending nor of the overlap is forgotten after so many others.
const REMEMBERED: usize = 20_000;

/// Event and endpoint.
type Identity = (String, String);

/// A delivery as it was last seen.
#[derive(Debug)]
struct Seen {
    status: String,
    attempts: u64,
    accepted: Millis,
    /// When it is worth asking for again; `None` unless it is pending.
    ask_at: Option<Millis>,
}

/// The deliveries that are watched.
#[derive(Debug)]
pub(super) struct Watch {
    list: Call,
    seen: HashMap<Identity, Seen>,
    newest: Millis,
}

impl Watch {
    /// Watches this list.
    pub(super) fn new(list: Call) -> Self {
        Self { list, seen: HashMap::new(), newest: Millis::MIN }
    }

    /// Watches these, as they are now; their next change is news.
    pub(super) fn also(&mut self, deliveries: &[Document]) {
        for delivery in deliveries {
            self.is_news(delivery);
        }
    }

    /// The deliveries that came or changed, oldest first.
    ///
    /// # Errors
    /// Of the calls.
    pub(super) async fn changes(&mut self, client: &Client) -> Result<Vec<Document>, ClientError> {
        let overlap = i64::try_from(OVERLAP.as_millis()).unwrap_or(0);
        let since = Millis((self.newest.0 - overlap).max(0)).rfc3339_millis();
        let mut changed = client.rows(self.list.clone().query("since", &since), NEW).await?;
        if changed.len() == NEW {
            complain(format_args!("more than {NEW} deliveries at once: the oldest of them are not shown"));
        }
        changed.reverse();
        changed.retain(|delivery| self.is_news(delivery));
        for (event, endpoint) in self.due() {
            let call = Call::get(["v1", "events", &event, "deliveries", &endpoint]);
            match client.call(&call).await {
                Ok(delivery) if self.is_news(&delivery) => changed.push(delivery),
                Ok(_) => {}
                // Its retention has ended, or its project.
                Err(ClientError::Refused(problem)) if problem.is_gone() => {
                    self.seen.remove(&(event, endpoint));
                }
                Err(error) => return Err(error),
            }
        }
        self.forget();
        Ok(changed)
    }

    /// The pending ones whose time has come, the longest due first.
    fn due(&self) -> Vec<Identity> {
        let now = SystemClock.now();
        let due = |(identity, seen): (&Identity, &Seen)| {
            seen.ask_at.filter(|at| *at <= now).map(|at| (at, identity.clone()))
        };
        let mut due: Vec<_> = self.seen.iter().filter_map(due).collect();
        due.sort_unstable();
        due.into_iter().take(ASKED).map(|(_, identity)| identity).collect()
    }

    /// Remembers a delivery as it is now; whether that is new.
    fn is_news(&mut self, delivery: &Document) -> bool {
        let identity = (delivery.str("event").to_owned(), delivery.str("endpoint").to_owned());
        let next = delivery.value()["next_attempt_at"].as_str().and_then(|text| Millis::parse(text).ok());
        let pending = delivery.str("status") == "pending";
        // One that is due already is in flight or waits for its turn: a second is soon enough.
        let soon = Millis(SystemClock.now().0 + 1_000);
        let now = Seen {
            status: delivery.str("status").to_owned(),
            attempts: delivery.value()["attempt_count"].as_u64().unwrap_or(0),
            accepted: accepted(delivery),
            ask_at: pending.then(|| next.map_or(soon, |next| next.max(soon))),
        };
        self.newest = self.newest.max(now.accepted);
        let state = (now.status.clone(), now.attempts);
        let before = self.seen.insert(identity, now);
        before.is_none_or(|before| (before.status, before.attempts) != state)
    }

    fn forget(&mut self) {
        if self.seen.len() > REMEMBERED {
            let edge = Millis(self.newest.0 - 2 * i64::try_from(OVERLAP.as_millis()).unwrap_or(0));
            self.seen.retain(|_, seen| seen.ask_at.is_some() || seen.accepted >= edge);
        }
    }
}

fn accepted(delivery: &Document) -> Millis {
    Millis::parse(delivery.str("accepted_at")).unwrap_or(Millis::MIN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delivery(status: &str, attempts: u64) -> Document {
        Document::from(&json!({
            "event": "evt_1", "endpoint": "ep_1", "status": status, "attempt_count": attempts,
            "accepted_at": "2026-01-02T03:04:05.000Z", "next_attempt_at": null,
        }))
    }

    #[test]
    fn only_a_change_of_state_or_another_attempt_is_news() {
        let mut watch = Watch::new(Call::get(["v1", "deliveries"]));
        assert!(watch.is_news(&delivery("pending", 0)));
        assert!(!watch.is_news(&delivery("pending", 0)));
        assert!(watch.is_news(&delivery("pending", 1)));
        assert!(watch.is_news(&delivery("delivered", 2)));
        assert!(!watch.is_news(&delivery("delivered", 2)));
    }

    #[test]
    fn a_settled_delivery_is_not_asked_for_again() {
        let watched = |delivery| {
            let mut watch = Watch::new(Call::get(["v1", "deliveries"]));
            watch.also(&[delivery]);
            watch
        };
        assert!(watched(delivery("delivered", 1)).seen.values().all(|seen| seen.ask_at.is_none()));
        let pending = watched(delivery("pending", 1));
        assert!(pending.seen.values().all(|seen| seen.ask_at.is_some()));
        assert!(pending.due().is_empty(), "not at once");
    }
}
