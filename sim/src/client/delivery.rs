//! Resending, cancelling and replaying deliveries.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointKey, Mode, Ordinal, ReplayId};
use postrider_store::{Catalogue, ChangeOutcome, History, NewReplay, Scope, Selection};

use super::{Desk, audit};
use crate::ledger::{Fate, Number};
use crate::prng::Prng;

/// Any delivery of an event that was answered, to an endpoint that is enabled as far as anybody knows.
fn choose(desk: &Desk, prng: &mut Prng) -> Option<(Number, DeliveryKey)> {
    let ledger = desk.ledger.lock();
    let on = |key: i64| {
        ledger.endpoints.get(&key).is_some_and(|seen| {
            !seen.busy && seen.last().is_some_and(|version| version.alive && version.enabled)
        })
    };
    let known: Vec<(Number, Ordinal, i64)> = ledger
        .deliveries
        .keys()
        .rev()
        .filter(|(_, endpoint)| on(*endpoint))
        .filter_map(|(n, endpoint)| match ledger.events.get(n) {
            Some(event) if event.test.is_none() => match event.fate {
                Fate::Accepted(accepted) => Some((*n, accepted.ordinal, *endpoint)),
                _ => None,
            },
            _ => None,
        })
        .take(30)
        .collect();
    let (n, event, endpoint) = prng.pick(&known).copied()?;
    Some((n, DeliveryKey { event, endpoint: EndpointKey(endpoint) }))
}

pub(super) async fn resend(desk: &Desk, prng: &mut Prng) {
    let Some((n, delivery)) = choose(desk, prng) else { return };
    desk.note(format_args!("resend {n} to {:?}", delivery.endpoint));
    let outcome = desk.engine.resend(delivery).await;
    desk.note(format_args!("resend {n}: {outcome:?}"));
}

pub(super) async fn cancel(desk: &Desk, prng: &mut Prng) {
    let Some((n, delivery)) = choose(desk, prng) else { return };
    // Noted before: a crash may come before the answer, and after the commit.
    desk.ledger.lock().deliveries.entry((n, delivery.endpoint.0)).or_default().cancelled = true;
    desk.note(format_args!("cancel {n} of {:?}", delivery.endpoint));
    let outcome = desk.engine.cancel(delivery).await;
    desk.note(format_args!("cancel {n}: {outcome:?}"));
    if let Ok(ChangeOutcome::Missing) = outcome {
        desk.violate("what was accepted is there", format!("event {n} of {:?}", delivery.endpoint));
    }
}

pub(super) async fn replay(desk: &Desk, prng: &mut Prng) {
    let Some((_, delivery)) = choose(desk, prng) else { return };
    let tenant = {
        let ledger = desk.ledger.lock();
        ledger.endpoints.get(&delivery.endpoint.0).map_or(0, |seen| seen.tenant)
    };
    let scope = Scope { project: desk.project, mode: Mode::Live, tenant: Some(desk.tenants[tenant]) };
    let selection = Selection {
        endpoint: delivery.endpoint,
        since: None,
        until: None,
        states: vec![DeliveryState::Failed, DeliveryState::Held],
        types: Vec::new(),
    };
    // One at a time: each walks through the endpoint's whole history at its own pace.
    if !desk.store.running_replays().await.is_ok_and(|running| running.is_empty()) {
        return;
    }
    let Ok(matched) = desk.store.count(&selection).await else { return };
    desk.note(format_args!("replay of {:?}: {matched}", delivery.endpoint));
    let new = NewReplay {
        id: ReplayId(desk.engine.new_id()),
        scope,
        tenant: desk.tenants[tenant],
        selection,
        per_second: prng.within(20, 100) as u32,
        matched,
        now: desk.now(),
    };
    if desk.store.create_replay(new, audit()).await.is_ok() {
        desk.engine.replays_changed();
    }
}
