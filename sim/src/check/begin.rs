//! What must hold in the moment a request begins.

use std::collections::BTreeSet;

use postrider_model::time::Millis;

use super::rate::Bucket;
use crate::client::LONGEST_SCHEDULE_MS;
use crate::ledger::{DeliverySeen, Fate, Ledger, Number, Request};

/// The default window's ceiling (DESIGN 2.3).
const MAX_IN_FLIGHT: u32 = 64;

/// A request that begins.
pub(crate) struct Beginning<'a> {
    pub(crate) endpoint: i64,
    pub(crate) body: &'a [u8],
    pub(crate) wall: Millis,
    pub(crate) true_ms: i64,
}

impl Ledger {
    /// Notes a request that begins, and holds everything against it. Returns its number.
    pub(crate) fn begin(&mut self, beginning: &Beginning<'_>) -> usize {
        let op = self.tick();
        let endpoint = beginning.endpoint;
        let (numbers, ours) = numbers(beginning.body);
        let test = numbers.iter().any(|n| self.events.get(n).is_some_and(|event| event.test.is_some()));
        let index = self.requests.len();
        self.trace.line(beginning.true_ms, format_args!("request {index} to {endpoint}: {numbers:?}"));
        if !ours && numbers.is_empty() && !is_notice(beginning.body) {
            self.violate(
                "a request carries what was posted",
                format!("endpoint {endpoint} got {:?}", String::from_utf8_lossy(beginning.body)),
            );
        }
        if !test {
            self.check_endpoint(endpoint, op, beginning);
        }
        let unique: BTreeSet<_> = numbers.iter().collect();
        if unique.len() != numbers.len() {
            self.violate("no delivery twice in a batch", format!("endpoint {endpoint} got {numbers:?}"));
        }
        for n in &numbers {
            self.check_delivery(*n, beginning, test);
            let seen = self.deliveries.entry((*n, endpoint)).or_default();
            seen.requests.push(index);
            seen.settled = false;
        }
        self.requests.push(Request { endpoint, life: self.life, begun: op, test, end: None });
        index
    }

    /// Enabled, within its window, within its rate.
    fn check_endpoint(&mut self, key: i64, op: u64, beginning: &Beginning<'_>) {
        let life = self.life;
        let open = |request: &&Request| {
            request.endpoint == key && request.life == life && !request.test && request.end.is_none()
        };
        // A request lasts seconds: those that may still be open are among the last ones.
        let open = 1 + self.requests.iter().rev().take(4_000).filter(open).count();
        let jumped_since =
            self.endpoints.get(&key).and_then(|seen| seen.bucket).map_or(i64::MAX, |bucket| bucket.at_ms());
        let jumped = self.forward_ms(jumped_since, beginning.true_ms) > 0;
        let Some(seen) = self.endpoints.get_mut(&key) else {
            // Created, and not yet answered: nothing is known of it.
            return;
        };
        let possible: Vec<_> = seen.possible(op, op).cloned().collect();
        let enabled = possible.iter().any(|version| version.alive && version.enabled);
        let most = possible.iter().map(|version| version.config.max_in_flight.unwrap_or(MAX_IN_FLIGHT)).max();
        let rates: BTreeSet<_> = possible.iter().map(|version| rate_milli(&version.config)).collect();
        let mut over_rate = None;
        match (rates.len(), rates.first().copied().flatten()) {
            (1, Some(milli)) => {
                let rate = milli as f64 / 1_000.0;
                let bucket = seen.bucket.get_or_insert_with(|| Bucket::full(rate, life, beginning.true_ms));
                if !bucket.is_for(rate, life) {
                    *bucket = Bucket::full(rate, life, beginning.true_ms);
                }
                if !bucket.take(beginning.true_ms, jumped) {
                    over_rate = Some(rate);
                }
            }
            _ => seen.bucket = None,
        }
        if !enabled {
            self.violate(
                "no attempt begins after a disable or delete was answered",
                format!("endpoint {key}, op {op}"),
            );
        }
        if open > most.unwrap_or(MAX_IN_FLIGHT) as usize {
            self.violate("max_in_flight holds", format!("endpoint {key}: {open} of {most:?}"));
        }
        if let Some(rate) = over_rate {
            self.violate("the rate holds", format!("endpoint {key}: more than {rate} per second"));
        }
    }

    fn check_delivery(&mut self, n: Number, beginning: &Beginning<'_>, test: bool) {
        let key = beginning.endpoint;
        let wrong = {
            let none = DeliverySeen::default();
            let seen = self.deliveries.get(&(n, key)).unwrap_or(&none);
            let open = seen
                .requests
                .last()
                .and_then(|at| self.requests.get(*at))
                .filter(|last| last.life == self.life);
            let last_end =
                seen.requests.last().and_then(|at| self.requests.get(*at)).and_then(|last| last.end);
            let (wall, now_ms) = (beginning.wall, beginning.true_ms);
            let skipped_ms = |since_ms| self.forward_ms(since_ms, now_ms);
            let last_end_ms = last_end.map_or(0, |end| end.true_ms);
            let event = self.events.get(&n);
            if event.is_none_or(|event| event.fate == Fate::Refused) {
                Some("nothing is sent that was not accepted")
            } else if !self.appended.contains(&n) {
                Some("nothing is sent before its append is on disk")
            } else if seen.delivered {
                Some("a delivery settled as delivered is never sent again")
            } else if open.is_some_and(|last| last.end.is_none()) && !seen.settled {
                Some("a delivery is not sent twice at once")
            } else if open.is_some() && !seen.settled {
                Some("a delivery is not sent again before its settle is on disk")
            } else if self.jumps.is_empty() && seen.due.is_some_and(|due| wall < due)
                || seen.due_ms.is_some_and(|due_ms| now_ms + skipped_ms(last_end_ms) < due_ms)
            {
                Some("a retry never begins before its timetable's earliest time")
            } else if !test
                && !seen.reopened
                && event
                    .and_then(|event| event.deliver_at_ms)
                    .is_some_and(|due_ms| now_ms + skipped_ms(due_ms - LONGEST_SCHEDULE_MS) < due_ms)
            {
                Some("a scheduled event is not sent early")
            } else {
                None
            }
        };
        if let Some(invariant) = wrong {
            self.violate(invariant, format!("event {n} to endpoint {key}"));
        }
    }
}

fn rate_milli(config: &postrider_model::endpoint::EndpointConfig) -> Option<i64> {
    config.rate_limit.map(|rate| (rate.per_second * 1_000.0) as i64)
}

/// The numbers in a body, and whether it is of the form that ours have.
fn numbers(body: &[u8]) -> (Vec<Number>, bool) {
    let Ok(tree) = serde_json::from_slice::<serde_json::Value>(body) else { return (Vec::new(), false) };
    let number = |event: &serde_json::Value| event.pointer("/data/n").and_then(serde_json::Value::as_u64);
    match tree.get("events").and_then(serde_json::Value::as_array) {
        Some(events) => (events.iter().filter_map(number).collect(), true),
        None => (number(&tree).into_iter().collect(), number(&tree).is_some()),
    }
}

fn is_notice(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|tree| Some(tree.get("type")?.as_str()? == "endpoint.disabled"))
        .unwrap_or(false)
}
