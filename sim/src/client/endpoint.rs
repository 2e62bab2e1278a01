//! Making, changing, switching and deleting endpoints.

use postrider_model::endpoint::{
    BatchSetting, DisabledReason, EndpointConfig, EndpointSecrets, Ordering, RateLimit, RetrySetting,
};
use postrider_model::id::{EndpointId, EndpointKey, Mode};
use postrider_store::{Catalogue, EndpointChange, EndpointPatch, NewEndpoint, StoreError};

use super::{Desk, audit};
use crate::ledger::{EndpointSeen, Version};
use crate::prng::Prng;
use crate::store::version_of;
use crate::world::keyring;

fn random(prng: &mut Prng) -> EndpointConfig {
    let types: [&[&str]; 4] =
        [&[], &["deal.*"], &["deal.won", "endpoint.disabled"], &["deal.lost", "call.ended"]];
    EndpointConfig {
        url: "http://127.0.0.1:9/hook".to_owned(),
        event_types: prng
            .pick(&types)
            .into_iter()
            .flat_map(|types| types.iter().map(|kind| (*kind).to_owned()))
            .collect(),
        rate_limit: prng
            .chance(0.2)
            .then(|| RateLimit { per_second: *prng.pick(&[2.0, 10.0, 50.0]).unwrap_or(&2.0) }),
        batch: prng.chance(0.2).then(|| BatchSetting {
            max_size: prng.within(1, 12) as u32,
            max_wait_seconds: prng.within(0, 3) as f64,
        }),
        ordering: prng.pick(&[None, None, Some(Ordering::Key), Some(Ordering::Endpoint)]).copied().flatten(),
        max_in_flight: prng.chance(0.3).then(|| prng.within(1, 6) as u32),
        retry: prng.chance(0.3).then(|| RetrySetting {
            schedule_seconds: (0..prng.within(0, 4)).map(|_| prng.within(1, 20) as f64).collect(),
        }),
        ..EndpointConfig::default()
    }
}

/// What kind of endpoint to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything.
    Random,
    /// It wants everything and is quick.
    Plain {
        /// All in the order of acceptance.
        ordered: bool,
    },
}

/// A new endpoint.
pub(crate) async fn create(desk: &Desk, prng: &mut Prng, tenant: usize, kind: Kind) {
    let started = desk.ledger.lock().tick();
    let id = EndpointId(desk.engine.new_id());
    let sealed = serde_json::to_vec(&EndpointSecrets::default()).ok();
    let Some(sealed) = sealed.and_then(|secrets| keyring().seal(&secrets, id.0.as_bytes()).ok()) else {
        return;
    };
    let url = "http://127.0.0.1:9/hook".to_owned();
    let config = match kind {
        Kind::Random => random(prng),
        Kind::Plain { ordered } => EndpointConfig {
            url,
            ordering: ordered.then_some(Ordering::Endpoint),
            ..EndpointConfig::default()
        },
    };
    let new = NewEndpoint {
        id,
        project: desk.project,
        mode: Mode::Live,
        tenant: desk.tenants[tenant],
        config,
        sealed: sealed.into(),
        enabled: kind != Kind::Random || !prng.chance(0.1),
        now: desk.now(),
    };
    // Known before it is answered: a crash may come in between.
    let Ok(made) = desk.store.create_endpoint(new, None, audit()).await else { return };
    desk.note(format_args!("endpoint {} made: {:?}", made.key.0, made.config));
    desk.ledger.lock().endpoints.insert(
        made.key.0,
        EndpointSeen { tenant, versions: vec![version_of(&made, started, None)], busy: true, bucket: None },
    );
    desk.engine.endpoint_changed(desk.tenants[tenant], made.key).await;
    answered(desk, made.key);
}

pub(super) async fn make(desk: &Desk, prng: &mut Prng) {
    let tenant = prng.below(desk.tenants.len() as u64) as usize;
    create(desk, prng, tenant, Kind::Random).await;
}

/// The change that was last begun is answered.
fn answered(desk: &Desk, key: EndpointKey) {
    let mut ledger = desk.ledger.lock();
    let now = ledger.tick();
    if let Some(seen) = ledger.endpoints.get_mut(&key.0) {
        seen.busy = false;
        if let Some(version) = seen.versions.iter_mut().rev().find(|version| version.answered.is_none()) {
            version.answered = Some(now);
        }
    }
    drop(ledger);
    desk.note(format_args!("endpoint {} answered", key.0));
}

/// An endpoint that nobody else is changing; it is ours until `answered`.
fn take(desk: &Desk, prng: &mut Prng, wanted: impl Fn(&Version) -> bool) -> Option<(EndpointKey, usize)> {
    let mut ledger = desk.ledger.lock();
    let free: Vec<_> = ledger
        .endpoints
        .iter()
        .filter(|(_, seen)| !seen.busy && seen.last().is_some_and(|version| version.alive && wanted(version)))
        .map(|(key, seen)| (*key, seen.tenant))
        .collect();
    let (key, tenant) = prng.pick(&free).copied()?;
    ledger.endpoints.get_mut(&key)?.busy = true;
    Some((EndpointKey(key), tenant))
}

pub(super) async fn change(desk: &Desk, prng: &mut Prng) {
    let Some((key, tenant)) = take(desk, prng, |_| true) else { return };
    let config = random(prng);
    patch(desk, key, tenant, Some(config), None).await;
}

pub(super) async fn switch(desk: &Desk, prng: &mut Prng, enable: bool) {
    let Some((key, tenant)) = take(desk, prng, |version| version.enabled != enable) else { return };
    let change =
        if enable { EndpointChange::Enable } else { EndpointChange::Disable(DisabledReason::Manual) };
    patch(desk, key, tenant, None, Some(change)).await;
}

async fn patch(
    desk: &Desk,
    key: EndpointKey,
    tenant: usize,
    config: Option<EndpointConfig>,
    change: Option<EndpointChange>,
) {
    let Ok(Some(row)) = desk.store.endpoint_by_key(key).await else { return give_back(desk, key) };
    let started = {
        let mut ledger = desk.ledger.lock();
        let started = ledger.tick();
        if let Some(seen) = ledger.endpoints.get_mut(&key.0) {
            let mut version = version_of(&row, started, None);
            version.enabled = match change {
                Some(change) => matches!(change, EndpointChange::Enable),
                None => row.enabled,
            };
            if let Some(config) = &config {
                version.config = config.clone();
            }
            seen.versions.push(version);
        }
        started
    };
    desk.note(format_args!("endpoint {}: {change:?} {config:?}", key.0));
    let patch = EndpointPatch { revision: row.revision, config, sealed: None, change, now: desk.now() };
    let outcome = desk.store.update_endpoint(key, patch, None, audit()).await;
    if let Err(StoreError::Fatal(_)) = outcome {
        // It may have happened; the process ends.
        return;
    }
    if !matches!(outcome, Ok(Some(_))) {
        // Changed meanwhile by its rule, or failed: ours did not happen.
        return undo(desk, key, started);
    }
    desk.engine.endpoint_changed(desk.tenants[tenant], key).await;
    answered(desk, key);
}

/// The change that began at `started` did not happen.
fn undo(desk: &Desk, key: EndpointKey, started: u64) {
    if let Some(seen) = desk.ledger.lock().endpoints.get_mut(&key.0) {
        seen.versions.retain(|version| version.started != started);
        seen.busy = false;
    }
}

fn give_back(desk: &Desk, key: EndpointKey) {
    if let Some(seen) = desk.ledger.lock().endpoints.get_mut(&key.0) {
        seen.busy = false;
    }
}

pub(super) async fn delete(desk: &Desk, prng: &mut Prng) {
    let Some((key, tenant)) = take(desk, prng, |_| true) else { return };
    let started = {
        let mut ledger = desk.ledger.lock();
        let started = ledger.tick();
        if let Some(seen) = ledger.endpoints.get_mut(&key.0)
            && let Some(last) = seen.versions.last().cloned()
        {
            seen.versions.push(Version {
                started,
                answered: None,
                uncertain: false,
                alive: false,
                enabled: false,
                ..last
            });
        }
        started
    };
    desk.note(format_args!("endpoint {}: delete", key.0));
    match desk.store.delete_endpoint(key, desk.now(), audit()).await {
        Ok(()) => desk.engine.endpoint_changed(desk.tenants[tenant], key).await,
        // It may have happened; the process ends.
        Err(StoreError::Fatal(_)) => return,
        Err(_) => return undo(desk, key, started),
    }
    answered(desk, key);
}

/// After a start: what the store says of every endpoint, as a client would read it. Those whose making was never
/// answered are learnt of here.
pub(crate) async fn observe(desk: &Desk) {
    for key in 1.. {
        let row = match desk.store.endpoint_by_key(EndpointKey(key)).await {
            Ok(Some(row)) => row,
            Ok(None) => return,
            Err(error) => return desk.gives_up("the store can be read after a start", &error),
        };
        let mut ledger = desk.ledger.lock();
        let now = ledger.tick();
        let tenant = desk.tenants.iter().position(|tenant| *tenant == row.tenant).unwrap_or(0);
        let version = version_of(&row, now, Some(now));
        let seen = ledger.endpoints.entry(key).or_insert_with(|| EndpointSeen {
            tenant,
            // It may have been there since any time before.
            versions: vec![Version { started: 0, answered: Some(now), uncertain: true, ..version.clone() }],
            busy: false,
            bucket: None,
        });
        seen.versions.push(version);
    }
}
