//! A rotation that is interrupted wherever it waits.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use postrider_model::endpoint::EndpointConfig;
use postrider_model::id::{EndpointId, EndpointKey, IdSalt, Mode, Ordinal, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{Catalogue as _, NewAudit, NewEndpoint, NewProject, Upkeep as _};
use postrider_store_sqlite::{Options, SqliteStore};

use super::super::resealing::BATCH;
use super::*;

const NOW: Millis = Millis(1_750_000_000_000);
/// More than two transactions of them.
const ENDPOINTS: usize = 2 * BATCH + 50;

fn audit(action: &'static str) -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "root".to_owned(),
        action,
        target: String::new(),
        detail: serde_json::json!({}),
        at: NOW,
    }
}

fn open(dir: &Path) -> Arc<SqliteStore> {
    SqliteStore::open(Options::new(dir, IdSalt(7))).unwrap()
}

fn rotation(dir: &Path) -> Rotation {
    Rotation { given: None, data_dir: dir.to_owned(), keep_old: None, quiet: true }
}

/// The keys of the file, newest first.
fn keys(dir: &Path) -> Vec<MasterKey> {
    rotation(dir).keys(&KeyFile::of(dir)).unwrap()
}

fn secret(number: usize) -> Vec<u8> {
    format!("the secret of endpoint {number}").into_bytes()
}

async fn add(store: &SqliteStore, ring: &Keyring, tenant: TenantKey, number: usize) -> EndpointKey {
    let id = EndpointId(Ordinal(i64::try_from(number).unwrap() + 1).to_uuid(IdSalt(7)));
    let new = NewEndpoint {
        id,
        project: ProjectKey(1),
        mode: if number.is_multiple_of(2) { Mode::Live } else { Mode::Test },
        tenant,
        config: EndpointConfig { url: "https://example.org/".to_owned(), ..EndpointConfig::default() },
        sealed: Bytes::from(ring.seal(&secret(number), id.0.as_bytes()).unwrap()),
        enabled: true,
        now: NOW,
    };
    store.create_endpoint(new, None, audit("endpoint.create")).await.unwrap().key
}

/// A stopped store whose endpoints, some of them deleted, are sealed with the one key of its file.
async fn made(dir: &Path) {
    let key = MasterKey::generate().unwrap();
    KeyFile::of(dir).write(&key.to_base64()).unwrap();
    let (store, ring) = (open(dir), Keyring::new(&key).unwrap());
    prove(&ring, &*store).await.unwrap();
    let new = NewProject {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        contract: "standard".to_owned(),
        settings: serde_json::json!({}),
        now: NOW,
    };
    let project = store.create_project(new, audit("project.create")).await.unwrap().key;
    assert_eq!(project, ProjectKey(1));
    let tenant = store.ensure_tenant(project, "t1", NOW).await.unwrap().key;
    let gone = store.ensure_tenant(project, "t2", NOW).await.unwrap().key;
    for number in 0..ENDPOINTS {
        let tenant = if number.is_multiple_of(10) { gone } else { tenant };
        let endpoint = add(&store, &ring, tenant, number).await;
        if number.is_multiple_of(7) {
            store.delete_endpoint(endpoint, NOW, audit("endpoint.delete")).await.unwrap();
        }
    }
    store.delete_tenant(gone, NOW, audit("tenant.delete")).await.unwrap();
    store.close().await.unwrap();
}

fn copied(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in ["postrider.db", "master.key"] {
        std::fs::copy(from.join(name), to.path().join(name)).unwrap();
    }
    to
}

/// How many values each key opens, those that `keys` open being all there are and what they were.
async fn opened(store: &SqliteStore, keys: &[MasterKey]) -> BTreeMap<String, usize> {
    let all = store.sealed(EndpointKey(0), usize::MAX).await.unwrap();
    assert_eq!(all.len(), ENDPOINTS);
    let mut by_key = BTreeMap::new();
    for (number, endpoint) in all.iter().enumerate() {
        let opens = |key: &&MasterKey| {
            let opened = Keyring::new(key).unwrap().open(&endpoint.sealed, endpoint.id.0.as_bytes());
            opened.is_ok_and(|opened| *opened == secret(number))
        };
        let key = keys.iter().find(opens).unwrap_or_else(|| panic!("endpoint {number} is lost"));
        *by_key.entry(key.id().to_string()).or_default() += 1;
    }
    by_key
}

/// Polls so often, unless it ends before.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_rotation_interrupted_anywhere_loses_nothing_and_is_finished_by_the_next() {
    let template = tempfile::tempdir().unwrap();
    made(template.path()).await;
    let old = keys(template.path()).remove(0);
    let sample = open(template.path()).sealed(EndpointKey(0), 1).await.unwrap().remove(0);
    let (mut between, mut times) = (0, 0);
    loop {
        times += 1;
        let dir = copied(template.path());
        let store = open(dir.path());
        let whole = polled(rotation(dir.path()).run(&*store), times).await;
        // What is under way in the store ends with it or not, as in a crash.
        drop(store);
        let store = open(dir.path());
        let by_key = opened(&store, &keys(dir.path())).await;
        between += usize::from(by_key.len() == 2);
        if let Some(rotated) = &whole {
            assert_eq!(rotated.as_ref().unwrap().resealed, ENDPOINTS as u64);
        } else {
            rotation(dir.path()).run(&*store).await.unwrap();
        }
        let left = keys(dir.path());
        assert_eq!(left.len(), 1, "the old key is gone after {times} polls");
        assert_ne!(left[0].id(), old.id());
        assert_eq!(opened(&store, &left).await.len(), 1, "the old key opens nothing");
        prove(&Keyring::new(&left[0]).unwrap(), &*store).await.unwrap();
        store.close().await.unwrap();
        let file = std::fs::read(dir.path().join("postrider.db")).unwrap();
        let is_there = file.windows(sample.sealed.len()).any(|bytes| bytes == &sample.sealed[..]);
        assert!(!is_there, "what the old key opens is still in the file");
        if whole.is_some() {
            break;
        }
    }
    assert!(between > 0, "no interruption fell between two transactions");
}

#[tokio::test]
async fn a_deleted_endpoint_whose_key_was_lost_long_ago_does_not_stand_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    made(dir.path()).await;
    let store = open(dir.path());
    let lost = Keyring::new(&MasterKey::generate().unwrap()).unwrap();
    let tenant = store.tenant(ProjectKey(1), "t1").await.unwrap().unwrap().key;
    let endpoint = add(&store, &lost, tenant, ENDPOINTS).await;
    let failed = rotation(dir.path()).run(&*store).await.unwrap_err();
    assert!(format!("{failed:?}").contains("do not open"), "a living one does: {failed:?}");
    store.delete_endpoint(endpoint, NOW, audit("endpoint.delete")).await.unwrap();
    let rotated = rotation(dir.path()).run(&*store).await.unwrap();
    assert_eq!((rotated.resealed, rotated.resumed), (ENDPOINTS as u64, true));
    store.close().await.unwrap();
}
