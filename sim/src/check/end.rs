//! What must hold when everything has come to rest.

use std::collections::BTreeMap;

use postrider_engine::Accepted;
use postrider_model::delivery::DeliveryState;
use postrider_model::pattern::TypeSet;

use super::tables::Stored;
use crate::ledger::{EndpointSeen, Event, Fate, Ledger, Number, Version};

impl Ledger {
    /// Holds the store against what was answered.
    pub(crate) fn check_end(&mut self, stored: &Stored) -> Result<(), String> {
        self.check_copies(stored)?;
        for (n, event) in &self.events {
            if let Fate::Accepted(accepted) = event.fate {
                self.check_accepted(*n, event, accepted, stored)?;
            }
        }
        self.check_order()
    }

    /// Between two lives: what was answered is there, what was refused is not.
    pub(crate) fn check_kept(&self, stored: &Stored) -> Result<(), String> {
        for (n, event) in &self.events {
            if let Fate::Accepted(accepted) = event.fate
                && stored.events.get(&accepted.ordinal.0).is_none_or(|(known, _)| *known != Some(*n))
            {
                return Err(format!("nothing accepted is lost: event {n}: it is not stored after a crash"));
            }
        }
        for ((n, endpoint), seen) in &self.deliveries {
            let Some(Fate::Accepted(accepted)) = self.events.get(n).map(|event| event.fate) else { continue };
            let state = stored.deliveries.get(&(accepted.ordinal.0, *endpoint));
            if seen.delivered && state.is_some_and(|state| *state != DeliveryState::Delivered) {
                return Err(format!(
                    "nothing settled is lost: event {n} to endpoint {endpoint} is {state:?}"
                ));
            }
        }
        match self.unwritten.iter().find(|ordinal| stored.events.contains_key(&ordinal.0)) {
            Some(ordinal) => Err(format!("a commit that failed wrote nothing: {ordinal:?} is stored")),
            None => Ok(()),
        }
    }

    /// No event twice, none of those refused, and of each post all or none.
    fn check_copies(&self, stored: &Stored) -> Result<(), String> {
        let mut copies: BTreeMap<Number, u32> = BTreeMap::new();
        for (n, _) in stored.events.values() {
            if let Some(n) = n {
                *copies.entry(*n).or_default() += 1;
            }
        }
        for (n, count) in &copies {
            if *count > 1 {
                return Err(format!("a repetition creates nothing: event {n} is stored {count} times"));
            }
            if self.events.get(n).is_none_or(|event| event.fate == Fate::Refused) {
                return Err(format!("what was refused is not stored: event {n} is"));
            }
        }
        for post in &self.posts {
            let present = post.numbers.iter().filter(|n| copies.contains_key(n)).count();
            if present != 0 && present != post.numbers.len() {
                return Err(format!("a request is accepted whole or not at all: {:?}", post.numbers));
            }
        }
        Ok(())
    }

    fn check_accepted(
        &self,
        n: Number,
        event: &Event,
        accepted: Accepted,
        stored: &Stored,
    ) -> Result<(), String> {
        let lost = |what: &str| Err(format!("nothing accepted is lost: event {n}: {what}"));
        let Some((known, count)) = stored.events.get(&accepted.ordinal.0) else {
            return lost("it is not stored");
        };
        if *known != Some(n) {
            return lost("another one has its id");
        }
        let range = (accepted.ordinal.0, i64::MIN)..=(accepted.ordinal.0, i64::MAX);
        let rows: Vec<_> =
            stored.deliveries.range(range).map(|((_, endpoint), state)| (*endpoint, *state)).collect();
        if rows.len() != accepted.deliveries as usize || accepted.deliveries != *count {
            return lost(&format!(
                "{} deliveries were answered, {} are there",
                accepted.deliveries,
                rows.len()
            ));
        }
        let answered = event.answered.unwrap_or(self.op);
        for (key, endpoint) in &self.endpoints {
            let row = rows.iter().find(|row| row.0 == *key).map(|row| row.1);
            let (must, may) = wants(endpoint, *key, event, answered);
            match row {
                None if must => return lost(&format!("endpoint {key} has no delivery")),
                Some(_) if !may => {
                    return Err(format!("only those who want an event get it: event {n}, endpoint {key}"));
                }
                Some(state) => self.check_state(n, *key, endpoint, event, state)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Every state has its reason.
    fn check_state(
        &self,
        n: Number,
        key: i64,
        endpoint: &EndpointSeen,
        event: &Event,
        state: DeliveryState,
    ) -> Result<(), String> {
        let seen = self.deliveries.get(&(n, key));
        let off = |version: &&Version| !version.enabled || !version.alive;
        let ever_off = endpoint.versions.iter().any(|version| off(&version));
        let requests = seen.map_or(0, |seen| seen.requests.len());
        let wrong = match state {
            DeliveryState::Delivered => {
                let received = seen.is_some_and(|seen| {
                    seen.requests.iter().any(|at| {
                        self.requests.get(*at).and_then(|request| request.end).is_some_and(|end| end.success)
                    })
                });
                (!received).then_some("it is delivered, and was never received")
            }
            DeliveryState::Failed => {
                let steps =
                    |version: &Version| {
                        version.config.retry.as_ref().map_or(crate::shape::SCHEDULE_SECONDS.len(), |retry| {
                            retry.schedule_seconds.len()
                        })
                    };
                let least = endpoint.versions.iter().map(steps).min().unwrap_or(0) + 1;
                let least = if event.test.is_some() { 1 } else { least };
                (requests < least).then_some("it was given up before its timetable ended")
            }
            DeliveryState::Held => (!ever_off).then_some("it is held, and its endpoint was never off"),
            DeliveryState::Cancelled => {
                let deleted = endpoint.versions.iter().any(|version| !version.alive);
                let asked = seen.is_some_and(|seen| seen.cancelled);
                (!deleted && !asked).then_some("it is cancelled, and nobody asked for that")
            }
            DeliveryState::Pending => Some("every delivery ends: it is pending"),
        };
        wrong.map_or(Ok(()), |wrong| {
            Err(format!("event {n} to endpoint {key}: {wrong} ({requests} requests)"))
        })
    }
}

/// Whether an endpoint must or may have a delivery of an event, by the states it may have been in meanwhile.
fn wants(endpoint: &EndpointSeen, key: i64, event: &Event, answered: u64) -> (bool, bool) {
    if let Some(test) = event.test {
        return (test == key, test == key);
    }
    if endpoint.tenant != event.tenant {
        return (false, false);
    }
    let wants = |version: &Version| {
        version.alive
            && TypeSet::parse(&version.config.event_types).is_ok_and(|types| types.matches(&event.kind))
    };
    let possible: Vec<_> = endpoint.possible(event.issued, answered).collect();
    // The first version was not there before its making was answered.
    let there =
        endpoint.versions.first().and_then(|first| first.answered).is_some_and(|made| made < event.issued);
    let all = !possible.is_empty() && possible.iter().all(|version| wants(version));
    (there && all, possible.iter().any(|version| wants(version)))
}
