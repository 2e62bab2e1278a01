//! Sealing every secret with a new master key (DESIGN 7 "Secrets").
//!
//! Both keys are known for as long as it takes: the new one is on disk before anything is sealed with it, and the old
//! one goes when nothing needs it any more. So a crash at any point leaves a store that opens, and running it again
//! goes on where it stopped. Endpoints that were deleted are left as they are: nobody needs their secrets.

use std::path::PathBuf;

use bytes::Bytes;
use postrider_contract::Contract;
use postrider_engine::ports::Clock as _;
use postrider_model::id::{EndpointKey, Mode};
use postrider_store::{Endpoint, EndpointPatch, NewAudit, Scope, Store, StoreError};
use postrider_vault::{KeyId, Keyring, MasterKey, OpenError};
use serde_json::json;
use zeroize::Zeroizing;

use super::file::{KeyFile, write_new};
use super::master::{FACT, KeyError, PROOF, PROOF_CONTEXT, in_place, prove};
use crate::cli::Failed;
use crate::config::Secret;
use crate::ports::SystemClock;
use crate::progress;

/// Rows of one page.
const PAGE: usize = 250;

/// What is rotated, and how.
#[derive(Debug)]
pub(super) struct Rotation {
    /// The keys, where they are given and not in the file.
    pub(super) given: Option<Secret>,
    /// Where the file is.
    pub(super) data_dir: PathBuf,
    /// Where the old key is written to.
    pub(super) keep_old: Option<PathBuf>,
    /// Whether no bar is wanted.
    pub(super) quiet: bool,
}

/// What was done.
#[derive(Debug)]
pub(super) struct Rotated {
    /// What the new key is named by.
    pub(super) newest: KeyId,
    /// Endpoints whose secrets were sealed anew.
    pub(super) resealed: u64,
    /// Whether an earlier run had begun.
    pub(super) resumed: bool,
}

impl Rotation {
    /// Rotates. Nobody else may use the store meanwhile.
    pub(super) async fn run(&self, store: &dyn Store) -> Result<Rotated, Failed> {
        let file = KeyFile::of(&self.data_dir);
        let mut keys = self.keys(&file)?;
        let resumed = self.given.is_none() && keys.len() > 1;
        let begins = self.given.is_none() && !resumed;
        prove(&ring(&keys)?, store).await.map_err(Failed::new)?;
        if let Some(path) = &self.keep_old {
            keep(path, if begins { &keys } else { &keys[1..] })?;
        }
        if begins {
            keys.insert(0, MasterKey::generate().map_err(Failed::new)?);
            file.write(&text(&keys)).map_err(Failed::new)?;
        }
        let ring = ring(&keys)?;
        let resealed = self.reseal(store, &ring).await?;
        let proof = ring.seal(PROOF, PROOF_CONTEXT).map_err(Failed::new)?;
        store.set_fact(FACT, &proof).await.map_err(Failed::new)?;
        check(store, &Keyring::new(&keys[0]).map_err(Failed::new)?).await?;
        if self.given.is_none() {
            file.write(&text(&keys[..1])).map_err(Failed::new)?;
        }
        Ok(Rotated { newest: ring.newest(), resealed, resumed })
    }

    /// The keys there are, newest first.
    fn keys(&self, file: &KeyFile) -> Result<Vec<MasterKey>, Failed> {
        let (place, text) = match &self.given {
            Some(given) => ("master_key".to_owned(), Zeroizing::new(given.expose().to_owned())),
            None => {
                let text = file.read().map_err(Failed::new)?.ok_or_else(|| Failed::new(KeyError::Other))?;
                (file.path().display().to_string(), text)
            }
        };
        let parts = text.split([',', ' ', '\n']).filter(|part| !part.trim().is_empty());
        let keys: Result<Vec<_>, _> = parts.map(MasterKey::from_base64).collect();
        let keys = keys.map_err(|source| Failed::new(in_place(&place, source)))?;
        match keys.len() {
            0 => Err(Failed::new(format_args!("there is no key in {place}"))),
            1 if self.given.is_some() => Err(Failed::usage(
                "the master key is given, so the new one must be too: set POSTRIDER_MASTER_KEY to NEW,OLD \
                 (openssl rand -base64 32 makes one)",
            )),
            _ => Ok(keys),
        }
    }

    async fn reseal(&self, store: &dyn Store, ring: &Keyring) -> Result<u64, Failed> {
        let outdated = outdated(store, ring).await?;
        let bar = progress::bar(outdated.len() as u64, "sealing", self.quiet);
        let mut resealed = 0;
        for key in outdated {
            let endpoint = store.endpoint_by_key(key).await.map_err(Failed::new)?;
            if let Some(endpoint) = endpoint {
                reseal(store, ring, &endpoint).await?;
                resealed += 1;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(resealed)
    }
}

fn ring(keys: &[MasterKey]) -> Result<Keyring, Failed> {
    let (newest, older) = keys.split_first().ok_or_else(|| Failed::new("there is no master key"))?;
    let mut ring = Keyring::new(newest).map_err(Failed::new)?;
    for key in older {
        ring.add_older(key).map_err(Failed::new)?;
    }
    Ok(ring)
}

fn text(keys: &[MasterKey]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for key in keys {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&key.to_base64());
    }
    text
}

/// Written once: an interrupted run has written it already.
fn keep(path: &std::path::Path, old: &[MasterKey]) -> Result<(), Failed> {
    let old = text(old);
    let failed = |error| Failed::new(format_args!("{}: {error}", path.display()));
    match write_new(path, &old) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let there = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
            if there.trim() == old.as_str() { Ok(()) } else { Err(failed(error)) }
        }
        written => written.map_err(failed),
    }
}

/// The endpoints that the newest key does not open.
async fn outdated(store: &dyn Store, ring: &Keyring) -> Result<Vec<EndpointKey>, Failed> {
    let mut keys = Vec::new();
    each_endpoint(store, |endpoint| {
        if ring.is_outdated(&endpoint.sealed).map_err(|error| unreadable(endpoint, error))? {
            keys.push(endpoint.key);
        }
        Ok(())
    })
    .await?;
    Ok(keys)
}

/// That the newest key alone opens everything, before the others go.
async fn check(store: &dyn Store, newest: &Keyring) -> Result<(), Failed> {
    prove(newest, store).await.map_err(Failed::new)?;
    each_endpoint(store, |endpoint| {
        let opened = newest.open(&endpoint.sealed, endpoint.id.0.as_bytes());
        opened.map(drop).map_err(|error| unreadable(endpoint, error))
    })
    .await
}

async fn each_endpoint(
    store: &dyn Store,
    mut visit: impl FnMut(&Endpoint) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let mut projects = None;
    loop {
        let page = store.projects(projects, PAGE).await.map_err(Failed::new)?;
        for project in page.rows {
            for mode in [Mode::Live, Mode::Test] {
                let scope = Scope { project: project.key, mode, tenant: None };
                each_of(store, scope, &mut visit).await?;
            }
        }
        projects = page.next;
        if projects.is_none() {
            return Ok(());
        }
    }
}

async fn each_of(
    store: &dyn Store,
    scope: Scope,
    visit: &mut impl FnMut(&Endpoint) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let mut cursor = None;
    loop {
        let page = store.endpoints(scope, cursor, PAGE).await.map_err(Failed::new)?;
        page.rows.iter().try_for_each(&mut *visit)?;
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn reseal(store: &dyn Store, ring: &Keyring, endpoint: &Endpoint) -> Result<(), Failed> {
    let context = endpoint.id.0.as_bytes();
    let opened = ring.open(&endpoint.sealed, context).map_err(|error| unreadable(endpoint, error))?;
    let sealed = ring.seal(&opened, context).map_err(Failed::new)?;
    let project = store.project_by_key(endpoint.project).await.map_err(Failed::new)?;
    let contract = project.and_then(|project| Contract::builtin(&project.contract));
    let patch = EndpointPatch {
        revision: endpoint.revision,
        config: None,
        sealed: Some(Bytes::from(sealed)),
        change: None,
        // To its owner it is the same as before.
        now: endpoint.updated_at,
    };
    let audit = NewAudit {
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
    match store.update_endpoint(endpoint.key, patch, None, audit).await {
        Ok(Some(_)) | Err(StoreError::NotFound(_)) => Ok(()),
        // The store is ours alone.
        Ok(None) => Err(Failed::new("an endpoint changed meanwhile; run it again")),
        Err(error) => Err(Failed::new(error)),
    }
}

fn unreadable(endpoint: &Endpoint, error: OpenError) -> Failed {
    Failed::new(format_args!(
        "the secrets of endpoint {} (tenant {}, {}) do not open: {error}; every other key is still in use",
        endpoint.id.0, endpoint.tenant_id, endpoint.config.url
    ))
}
