//! Starts a replay: reopens past deliveries of an endpoint, at a rate (DESIGN 4.2, 4.4).

use std::time::Duration;

use postrider_engine::Engine;
use postrider_model::delivery::DeliveryState;
use postrider_model::id::ReplayId;
use postrider_model::limits::Limits;
use postrider_model::pattern::TypePattern;
use postrider_model::time::Millis;
use postrider_store::{NewReplay, Replay, Scope, Selection};
use serde_json::json;

use super::check::sentence;
use super::found::find;
use crate::{Caller, Fault, ServiceError, ids, no_faults};

/// A replay to start.
#[derive(Debug)]
pub struct ReplayEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// Events accepted at or after.
    pub since: Option<Millis>,
    /// Events accepted before; until now where it is not said.
    pub until: Option<Millis>,
    /// In which states; `failed` and `held` where it is not said.
    pub status: Option<Vec<String>>,
    /// Of which types or patterns; all where it is not said.
    pub types: Vec<String>,
    /// Only count.
    pub dry_run: bool,
    /// Deliveries reopened per second.
    pub per_second: Option<u32>,
}

/// What was started, or would be.
#[derive(Debug)]
pub struct StartedReplay {
    /// The replay; `None` for a dry run.
    pub replay: Option<Replay>,
    /// How many deliveries it takes.
    pub matched: u64,
}

impl ReplayEndpoint<'_> {
    /// Starts it. The engine does the work from the stored replay, so it survives a restart.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`]; [`ServiceError::Conflict`] if the endpoint is disabled,
    /// except for a dry run.
    pub async fn run(self, engine: &Engine) -> Result<StartedReplay, ServiceError> {
        let found = find(engine, self.caller, self.tenant, self.id).await?;
        let now = engine.clock().now();
        let mut faults = Vec::new();
        let states = states(self.status.as_deref(), &mut faults);
        check_types(&self.types, engine.limits(), &mut faults);
        let per_second = self.per_second.unwrap_or(engine.limits().default_replay_per_second);
        let most = engine.limits().max_replay_per_second;
        if !(1..=most).contains(&per_second) {
            faults.push(Fault::at("/per_second", format!("This lies between 1 and {most}.")));
        }
        if self.since.zip(self.until).is_some_and(|(since, until)| since >= until) {
            faults.push(Fault::at("/since", "This must lie before until."));
        }
        no_faults(faults)?;

        let endpoint = &found.endpoint;
        // A replay has an end: what is accepted after this millisecond is not its business.
        let end = now + Duration::from_millis(1);
        let until = Some(self.until.map_or(end, |until| until.min(end)));
        let selection =
            Selection { endpoint: endpoint.key, since: self.since, until, states, types: self.types };
        let matched = engine.store().count(&selection).await?;
        if self.dry_run {
            return Ok(StartedReplay { replay: None, matched });
        }
        if !endpoint.enabled {
            return Err(ServiceError::conflict(
                "endpoint_disabled",
                "The endpoint is disabled; enable it first.",
            ));
        }
        let id = ReplayId(engine.new_id());
        let detail = json!({ "endpoint": found.public_id(), "matched": matched, "per_second": per_second });
        let audit =
            self.caller.audit("replay.create", Some(&endpoint.tenant_id), ids::show_replay(id), detail, now);
        let scope = Scope { tenant: Some(endpoint.tenant), ..self.caller.scope() };
        let new = NewReplay { id, scope, tenant: endpoint.tenant, selection, per_second, matched, now };
        let replay = engine.store().create_replay(new, audit).await?;
        engine.replays_changed();
        Ok(StartedReplay { replay: Some(replay), matched })
    }
}

/// What is pending is on its way already; every other state can be replayed.
fn states(names: Option<&[String]>, faults: &mut Vec<Fault>) -> Vec<DeliveryState> {
    let Some(names) = names else { return vec![DeliveryState::Failed, DeliveryState::Held] };
    if names.is_empty() {
        faults.push(Fault::at("/status", "Name at least one of failed, held, delivered, cancelled."));
    }
    let mut states = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match DeliveryState::from_name(name).filter(|state| *state != DeliveryState::Pending) {
            Some(state) if states.contains(&state) => {}
            Some(state) => states.push(state),
            None => faults.push(Fault::at(
                format!("/status/{index}"),
                "This must be one of failed, held, delivered, cancelled.",
            )),
        }
    }
    states
}

fn check_types(types: &[String], limits: &Limits, faults: &mut Vec<Fault>) {
    if types.len() > limits.max_event_types {
        faults.push(Fault::at("/types", format!("A replay names at most {} types.", limits.max_event_types)));
    }
    for (index, text) in types.iter().enumerate() {
        if let Err(error) = TypePattern::parse(text) {
            faults.push(Fault::at(format!("/types/{index}"), sentence(&error.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[&str]) -> (Vec<DeliveryState>, usize) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut faults = Vec::new();
        (states(Some(&names), &mut faults), faults.len())
    }

    #[test]
    fn what_is_pending_cannot_be_replayed() {
        assert_eq!(read(&["pending"]), (vec![], 1));
        assert_eq!(read(&[]), (vec![], 1));
        assert_eq!(
            read(&["cancelled", "delivered", "delivered"]).0,
            [DeliveryState::Cancelled, DeliveryState::Delivered]
        );
    }

    #[test]
    fn without_a_word_failed_and_held_are_replayed() {
        assert_eq!(states(None, &mut Vec::new()), [DeliveryState::Failed, DeliveryState::Held]);
    }
}
