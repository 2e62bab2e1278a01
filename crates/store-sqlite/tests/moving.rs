//! Moving out of a directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::IdSalt;
use postrider_store::conformance::{Backend, World};
use postrider_store::transfer::{
    Copied, Export as _, PAGE_BYTES, PAGE_ROWS, Source as _, Table, Transfer, TransferState, digest,
};
use postrider_store::{Append, Batch, Change, IdempotencyMark, NewDelivery, Next, Place, Store};
use postrider_store_sqlite::{OpenError, Options, SqliteStore};
use uuid::Uuid;

struct InDirectory(PathBuf);

#[async_trait]
impl Backend for InDirectory {
    async fn open(&mut self) -> Arc<dyn Store> {
        SqliteStore::open(Options::new(&self.0, IdSalt(7))).expect("the store opens")
    }
}

async fn world(dir: &Path) -> World {
    World::new(Box::new(InDirectory(dir.to_owned()))).await
}

fn source(dir: &Path) -> Arc<SqliteStore> {
    SqliteStore::open_to_move(Options::new(dir, IdSalt(0))).expect("the store opens")
}

#[tokio::test]
async fn pages_give_every_row_once_and_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = world(dir.path()).await;
    let mut endpoints = Vec::new();
    for _ in 0..50 {
        endpoints.push(w.endpoint().await);
    }
    let deliveries: Vec<_> =
        endpoints.iter().map(|endpoint| NewDelivery { endpoint: *endpoint, place: Place::Lane }).collect();
    let mut events = Vec::new();
    for number in 0..500_u32 {
        let mut event = w.event(deliveries.clone()).await;
        event.data = bytes::Bytes::from(vec![b'1'; 40_000]);
        let key: [u8; 16] = std::array::from_fn(|at| number.to_le_bytes()[at % 4]);
        event.idempotency = Some(IdempotencyMark { key, body: [1; 16] });
        events.push(event);
    }
    w.accept(events).await;
    drop(w);
    let source = source(dir.path());
    // Those of the lanes are due now, as after any stop; the second time there is nothing left to do.
    let settled = source.settle(postrider_model::time::Millis(9)).await.unwrap();
    assert_eq!(settled.moved, 25_000);
    assert_eq!(source.settle(postrider_model::time::Millis(9)).await.unwrap().moved, 0);
    for (table, key, expected) in
        [(Table::Delivery, 2, 25_000), (Table::Event, 1, 500), (Table::Idempotency, 2, 500)]
    {
        let (mut seen, mut pages, mut after) = (BTreeSet::new(), 0, None);
        loop {
            let page = source.export(table, after).await.unwrap();
            let bytes: usize = page.rows.iter().flatten().map(|value| value.size()).sum();
            assert!(page.rows.len() <= PAGE_ROWS && bytes <= PAGE_BYTES + 300_000);
            for row in &page.rows {
                assert_eq!(row.len(), table.columns().len());
                assert!(seen.insert(format!("{:?}", &row[..key])), "a row came twice");
            }
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), expected, "{}", table.name());
        assert!(pages > 1);
        assert_eq!(source.rows(table).await.unwrap(), expected as u64);
        assert_eq!(digest(&*source, table, |_| {}).await.unwrap().rows, expected as u64);
    }
}

#[tokio::test]
async fn the_place_in_an_order_comes_before_the_id() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = world(dir.path()).await;
    let (endpoint, due) = (w.endpoint().await, w.now);
    let key = 9;
    let first = w.deliver(endpoint, Place::Scheduled { key, due }).await;
    let head = w.deliver(endpoint, Place::Ordered { key, due }).await;
    let second = w.deliver(endpoint, Place::Ordered { key, due }).await;
    let place = w.ordinals.next(due);
    w.change(Change::Enter { delivery: first, key, place, due }).await;
    let third = w.deliver(endpoint, Place::Ordered { key, due }).await;
    let later = w.deliver(endpoint, Place::Scheduled { key, due }).await;
    w.settle(head, 1, Next::Due { at: due, step: 1 }, false).await;
    drop(w);
    let rows = source(dir.path()).export(Table::Delivery, None).await.unwrap().rows;
    let column = |name: &str| Table::Delivery.column(name).unwrap();
    let row = |key: DeliveryKey| rows.iter().find(|row| row[0].int() == Some(key.event.0)).unwrap();
    let place = |key: DeliveryKey| row(key)[column("place")].int();
    assert!(place(head) < place(second) && place(second) < place(first) && place(first) < place(third));
    assert_eq!(place(later), None);
    let parked = [head, second, first, third, later].map(|key| row(key)[column("parked")].int());
    assert_eq!(parked, [Some(0), Some(1), Some(1), Some(1), Some(0)]);
    assert_eq!(row(later)[column("scheduled")].int(), Some(1));
    assert_eq!(row(head)[column("attempts")].int(), Some(1));
    assert_eq!(row(head)[column("first_attempt_at")].int(), Some(due.0));
}

#[tokio::test]
async fn of_a_key_that_was_used_again_only_the_last_use_moves() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = world(dir.path()).await;
    let mark = |of: u8| Some(IdempotencyMark { key: [of; 16], body: [of; 16] });
    let mut event = w.event(Vec::new()).await;
    event.idempotency = mark(1);
    w.append(Append { idempotency: mark(2), events: vec![event] }).await;
    w.pass(24 * 3600 + 1);
    let mut again = w.event(Vec::new()).await;
    again.idempotency = mark(1);
    let last = again.ordinal;
    w.append(Append { idempotency: None, events: vec![again] }).await;
    // The request's key again, for what repeats an event: no event keeps it.
    let mut repeated = w.event(Vec::new()).await;
    repeated.idempotency = mark(1);
    w.append(Append { idempotency: mark(2), events: vec![repeated] }).await;
    let now = w.now;
    w.commit(Batch::default()).await;
    drop(w);
    let source = source(dir.path());
    source.settle(now).await.unwrap();
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = source.export(Table::Idempotency, after).await.unwrap();
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let column = |name: &str| Table::Idempotency.column(name).unwrap();
    let found: Vec<_> = rows.iter().map(|row| row[column("events")].clone()).collect();
    assert_eq!(found, vec![postrider_store::transfer::Value::Ints(vec![last.0]); 2]);
    let at: Vec<_> = rows.iter().map(|row| row[column("at")].int()).collect();
    assert_eq!(at, [Some(now.0); 2]);
}

#[tokio::test]
async fn a_directory_in_use_is_not_moved_and_a_moved_one_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let w = world(dir.path()).await;
    let options = || Options::new(dir.path(), IdSalt(0));
    assert!(matches!(SqliteStore::open_to_move(options()), Err(OpenError::InUse(_))));
    drop(w);
    let copied = Copied { copy: Uuid::from_u128(1), salt: 7, to: "host/db".to_owned() };
    let remember = async |state| {
        let transfer = Transfer { copied: copied.clone(), state };
        source(dir.path()).set_transfer(Some(transfer)).await.unwrap();
    };
    remember(TransferState::Moved(postrider_model::time::Millis(5))).await;
    let refused = SqliteStore::open(options()).unwrap_err().to_string();
    assert!(refused.contains("host/db") && refused.contains("--undo"), "{refused}");
    assert!(matches!(SqliteStore::open_inline(options()), Err(OpenError::Moved { .. })));
    // A copy that is not finished does not keep a server from starting; it is forgotten then.
    remember(TransferState::Copying(None)).await;
    assert!(source(dir.path()).transfer().await.unwrap().is_some());
    drop(SqliteStore::open(options()).unwrap());
    assert!(source(dir.path()).transfer().await.unwrap().is_none());
}
