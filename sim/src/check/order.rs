//! Order: of events posted one after the other, an ordered endpoint gets the first first (DESIGN 4.4).

use std::collections::BTreeMap;

use postrider_model::endpoint::Ordering;

use crate::ledger::{EndpointSeen, Event, Fate, Ledger, Number};

/// One delivery in the order of its key.
struct Place {
    n: Number,
    issued: u64,
    answered: u64,
    first: Option<u64>,
    last: Option<u64>,
}

impl Ledger {
    pub(crate) fn check_order(&self) -> Result<(), String> {
        for (key, endpoint) in &self.endpoints {
            for (name, mut places) in self.lines(*key, endpoint) {
                places.sort_by_key(|place| place.answered);
                self.check_line(*key, &name, &places)?;
            }
        }
        Ok(())
    }

    /// The deliveries of each ordered key that nothing excuses: their endpoint was in order and on all the time,
    /// and nobody ended or reopened them.
    fn lines(&self, key: i64, endpoint: &EndpointSeen) -> BTreeMap<String, Vec<Place>> {
        let mut lines: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for (n, event) in &self.events {
            let (Fate::Accepted(_), Some(answered)) = (event.fate, event.answered) else { continue };
            if event.tenant != endpoint.tenant || event.test.is_some() || event.deliver_at.is_some() {
                continue;
            }
            let Some(seen) = self.deliveries.get(&(*n, key)) else { continue };
            if seen.reopened || seen.cancelled {
                continue;
            }
            let Some(name) = line_of(endpoint, event, answered) else { continue };
            let begun =
                |at: Option<&usize>| at.and_then(|at| self.requests.get(*at)).map(|request| request.begun);
            lines.entry(name).or_default().push(Place {
                n: *n,
                issued: event.issued,
                answered,
                first: begun(seen.requests.first()),
                last: begun(seen.requests.last()),
            });
        }
        lines
    }

    fn check_line(&self, key: i64, name: &str, places: &[Place]) -> Result<(), String> {
        let endpoint = self.endpoints.get(&key);
        for (index, earlier) in places.iter().enumerate() {
            for later in &places[index + 1..] {
                let (Some(last), Some(first)) = (earlier.last, later.first) else { continue };
                // One that was held meanwhile makes way for others.
                let on = endpoint.is_some_and(|endpoint| {
                    endpoint.possible(earlier.issued, last).all(|version| version.alive && version.enabled)
                });
                if earlier.answered < later.issued && on && first < last {
                    return Err(format!(
                        "order per key: at endpoint {key}, key {name}, event {} overtook event {} (first begun {:?})",
                        later.n, earlier.n, earlier.first
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The line in which an event stands at an endpoint, where that is certain.
fn line_of(endpoint: &EndpointSeen, event: &Event, answered: u64) -> Option<String> {
    let name = |ordering: Option<Ordering>| match ordering {
        Some(Ordering::Key) => event.key.clone(),
        Some(Ordering::Endpoint) => Some("*".to_owned()),
        Some(Ordering::None) | None => None,
    };
    let mut possible = endpoint.possible(event.issued, answered).map(|version| name(version.config.ordering));
    let first = possible.next()??;
    possible.all(|other| other.as_ref() == Some(&first)).then_some(first)
}
