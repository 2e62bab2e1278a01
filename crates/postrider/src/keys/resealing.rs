//! Every sealed value of a store, batch by batch: of living endpoints, and of deleted ones until they are erased.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use postrider_contract::Contract;
use postrider_engine::ports::Clock as _;
use postrider_model::id::{EndpointKey, ProjectKey};
use postrider_store::{Endpoint, NewAudit, Reseal, Store};
use postrider_vault::{Keyring, OpenError};
use serde_json::json;

use crate::cli::Failed;
use crate::ports::SystemClock;
use crate::progress;

/// Values of one transaction.
pub(super) const BATCH: usize = 250;

/// Seals everything anew that the newest key of the ring does not open. How many endpoints that were.
pub(super) async fn reseal(store: &dyn Store, ring: &Keyring, quiet: bool) -> Result<u64, Failed> {
    // Counted first: a value that nothing opens is told before anything is sealed.
    let mut outdated = 0;
    let mut walk = Walk::of(store);
    while let Some(page) = walk.next().await? {
        for endpoint in &page {
            outdated += u64::from(is_outdated(ring, endpoint)?);
        }
    }
    let bar = progress::bar(outdated, "sealing", quiet);
    let (mut resealed, mut contracts) = (0, Contracts::default());
    let mut walk = Walk::of(store);
    while let Some(page) = walk.next().await? {
        let mut batch = Vec::new();
        for endpoint in &page {
            if is_outdated(ring, endpoint)? {
                batch.push(anew(ring, endpoint, contracts.of(store, endpoint.project).await?)?);
            }
        }
        if batch.is_empty() {
            continue;
        }
        let wanted = batch.len();
        // The store is ours alone, so nothing changes between reading and writing.
        if store.reseal(batch).await.map_err(Failed::new)? < wanted {
            return Err(Failed::new("an endpoint changed meanwhile; run it again"));
        }
        resealed += wanted as u64;
        bar.inc(wanted as u64);
    }
    bar.finish_and_clear();
    Ok(resealed)
}

/// That the newest key alone opens everything that can be opened, before the others go.
pub(crate) async fn check(store: &dyn Store, ring: &Keyring, newest: &Keyring) -> Result<(), Failed> {
    let mut walk = Walk::of(store);
    while let Some(page) = walk.next().await? {
        for endpoint in page.iter().filter(|endpoint| !is_lost(ring, endpoint)) {
            let opened = newest.open(&endpoint.sealed, context(endpoint));
            opened.map_err(|error| unreadable(endpoint, error))?;
        }
    }
    Ok(())
}

/// A way through all endpoints.
struct Walk<'a> {
    store: &'a dyn Store,
    /// `None` at its end.
    after: Option<EndpointKey>,
}

impl<'a> Walk<'a> {
    fn of(store: &'a dyn Store) -> Self {
        Self { store, after: Some(EndpointKey(0)) }
    }

    async fn next(&mut self) -> Result<Option<Vec<Endpoint>>, Failed> {
        let Some(after) = self.after else { return Ok(None) };
        let page = self.store.sealed(after, BATCH).await.map_err(Failed::new)?;
        self.after = page.last().filter(|_| page.len() == BATCH).map(|last| last.key);
        Ok(Some(page))
    }
}

fn context(endpoint: &Endpoint) -> &[u8] {
    endpoint.id.0.as_bytes()
}

/// Whether a deleted endpoint's value is of a key that is not there any more: it can neither be read nor sealed anew,
/// and nobody needs it.
fn is_lost(ring: &Keyring, endpoint: &Endpoint) -> bool {
    endpoint.deleted_at.is_some()
        && matches!(ring.open(&endpoint.sealed, context(endpoint)), Err(OpenError::UnknownKey(_)))
}

/// Whether it is to be sealed anew; an error if it cannot be.
fn is_outdated(ring: &Keyring, endpoint: &Endpoint) -> Result<bool, Failed> {
    let is_outdated = ring.is_outdated(&endpoint.sealed).map_err(|error| unreadable(endpoint, error))?;
    if !is_outdated || is_lost(ring, endpoint) {
        return Ok(false);
    }
    ring.open(&endpoint.sealed, context(endpoint)).map_err(|error| unreadable(endpoint, error))?;
    Ok(true)
}

fn anew(ring: &Keyring, endpoint: &Endpoint, contract: Option<Arc<Contract>>) -> Result<Reseal, Failed> {
    let opened =
        ring.open(&endpoint.sealed, context(endpoint)).map_err(|error| unreadable(endpoint, error))?;
    let sealed = ring.seal(&opened, context(endpoint)).map_err(Failed::new)?;
    let audit = || NewAudit {
        project: Some(endpoint.project),
        tenant: Some(endpoint.tenant_id.clone()),
        actor: "postrider".to_owned(),
        action: "endpoint.reseal",
        // The form of a contract that only the server was told of is not known here.
        target: contract.map_or_else(
            || endpoint.id.0.to_string(),
            |contract| contract.endpoint_id_form().show(endpoint.id.0),
        ),
        detail: json!({"master_key": ring.newest().to_string()}),
        at: SystemClock.now(),
    };
    Ok(Reseal {
        endpoint: endpoint.key,
        before: endpoint.sealed.clone(),
        sealed: Bytes::from(sealed),
        // An erased tenant must not come back as an entry about it.
        audit: endpoint.deleted_at.is_none().then(audit),
    })
}

/// The contracts of projects, as far as they are compiled in.
#[derive(Default)]
struct Contracts(HashMap<ProjectKey, Option<Arc<Contract>>>);

impl Contracts {
    async fn of(&mut self, store: &dyn Store, key: ProjectKey) -> Result<Option<Arc<Contract>>, Failed> {
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let project = store.project_by_key(key).await.map_err(Failed::new)?;
        let contract = project.and_then(|project| Contract::builtin(&project.contract));
        self.0.insert(key, contract.clone());
        Ok(contract)
    }
}

fn unreadable(endpoint: &Endpoint, error: OpenError) -> Failed {
    Failed::new(format_args!(
        "the secrets of endpoint {} (tenant {}, {}) do not open: {error}; every other key is still in use",
        endpoint.id.0, endpoint.tenant_id, endpoint.config.url
    ))
}
