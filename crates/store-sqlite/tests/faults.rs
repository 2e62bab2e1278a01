//! Rows that are not what they must be, and a file that cannot grow.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryState;
use postrider_model::id::IdSalt;
use postrider_store::conformance::{Backend, World};
use postrider_store::{Append, Batch, Change, ChangeOutcome, Next, Place, Settle, Store, StoreError};
use postrider_store_sqlite::{Options, SqliteStore};

struct At(std::path::PathBuf, Option<u64>);

#[async_trait]
impl Backend for At {
    async fn open(&mut self) -> Arc<dyn Store> {
        SqliteStore::open(Options { max_store_bytes: self.1, ..Options::new(&self.0, IdSalt(7)) })
            .expect("the store opens")
    }
}

#[tokio::test]
async fn a_corrupt_row_names_its_table_column_and_key() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(At(dir.path().to_owned(), None))).await;
    let endpoint = w.endpoint().await;
    let key = w.deliver(endpoint, Place::Lane).await;
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    for (sql, broken) in
        [("UPDATE delivery SET state = 9", "state"), ("UPDATE delivery SET state = 1, log = x'0909'", "log")]
    {
        raw.execute(sql, []).unwrap();
        let found = w.store().delivery_detail(w.scope(), key.event, key.endpoint).await;
        let Err(StoreError::Corrupt { table, column, key: named, .. }) = found else {
            unreachable!("the row is corrupt: {found:?}")
        };
        assert_eq!((table, column), ("delivery", broken));
        assert_eq!(named, format!("{},{}", key.event.0, key.endpoint.0));
    }
    // The row of another delivery is none the worse for it.
    let other = w.deliver(endpoint, Place::Lane).await;
    assert!(w.detail(other).await.is_some());
}

#[tokio::test]
async fn a_broken_row_fails_neither_its_settle_nor_what_shares_its_commit() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(At(dir.path().to_owned(), None))).await;
    let endpoint = w.endpoint().await;
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    for broken in
        ["state = 9", "state = 'x'", "log = x'0909'", "log = 7", "step = 'x'", "due = 'x'", "okey = 'x'"]
    {
        let key = w.deliver(endpoint, Place::Due(w.now)).await;
        let other = w.event(Vec::new()).await;
        let ordinal = other.ordinal;
        raw.execute(&format!("UPDATE delivery SET {broken} WHERE event = ?1"), [key.event.0]).unwrap();
        let committed = w
            .commit(Batch {
                appends: vec![Append { idempotency: None, events: vec![other] }],
                settles: vec![Settle {
                    delivery: key,
                    attempt: Some(w.attempt(3, true)),
                    next: Next::Delivered,
                    fresh: false,
                    key: None,
                }],
                ..Batch::default()
            })
            .await;
        assert_eq!(committed.settles[0].state, DeliveryState::Delivered, "{broken}");
        assert!(w.store().event(ordinal).await.unwrap().is_some(), "{broken}");
        let detail = w.detail(key).await.unwrap();
        assert_eq!((detail.summary.state, detail.attempts.len()), (DeliveryState::Delivered, 1), "{broken}");
        assert!(w.due_events(endpoint).await.is_empty(), "{broken}");
    }
}

#[tokio::test]
async fn a_change_of_a_broken_row_has_an_outcome_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(At(dir.path().to_owned(), None))).await;
    let endpoint = w.endpoint().await;
    let (broken, other) =
        (w.deliver(endpoint, Place::Due(w.now)).await, w.deliver(endpoint, Place::Due(w.now)).await);
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    raw.execute("UPDATE delivery SET state = 9 WHERE event = ?1", [broken.event.0]).unwrap();
    let changes = [broken, other].map(|delivery| Change::Cancel { delivery });
    let committed = w.commit(Batch { changes: changes.into(), ..Batch::default() }).await;
    assert_eq!(committed.changes, [ChangeOutcome::Unreadable, ChangeOutcome::Done { released: None }]);
}

#[tokio::test]
async fn an_empty_commit_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let w = World::new(Box::new(At(dir.path().to_owned(), None))).await;
    let committed = w.commit(Batch::default()).await;
    assert!(committed.appends.is_empty() && committed.settles.is_empty());
}

#[tokio::test]
async fn a_store_that_is_too_large_ends_its_oldest_events_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(At(dir.path().to_owned(), Some(1 << 20)))).await;
    let mut events = Vec::new();
    for _ in 0..40 {
        let mut event = w.event(Vec::new()).await;
        event.data = vec![b'x'; 64 << 10].into();
        events.push(event.ordinal);
        w.accept(vec![event]).await;
    }
    w.tidy().await;
    let mut stored = Vec::new();
    for event in events {
        stored.push(w.store().event(event).await.unwrap().is_some());
    }
    let ended = stored.iter().filter(|stored| !**stored).count();
    assert!((20..40).contains(&ended), "{ended} of 40 ended");
    assert!(stored.is_sorted(), "only the oldest ended: {stored:?}");
}

#[tokio::test]
async fn a_backup_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let w = World::new(Box::new(At(dir.path().join("data"), None))).await;
    let target = dir.path().join("copy.db");
    w.store().backup(&target).await.unwrap();
    let mode = std::fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_backup_does_not_hold_up_the_close() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(At(dir.path().join("data"), None))).await;
    for _ in 0..32 {
        let mut event = w.event(Vec::new()).await;
        event.data = vec![b'x'; 1 << 20].into();
        w.accept(vec![event]).await;
    }
    let target = dir.path().join("copy.db");
    let (copied, closed) = tokio::join!(w.store().backup(&target), w.store().close());
    assert!(matches!(copied, Err(StoreError::Unavailable(_))), "{copied:?}");
    closed.unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing of the copy is left");
}
