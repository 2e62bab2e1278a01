//! Lists over more runs than one call may look at.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::id::IdSalt;
use postrider_store::conformance::{Backend, World};
use postrider_store::{DeliveryQuery, Place, Selection, Store};
use postrider_store_sqlite::{Options, SqliteStore};

struct At(std::path::PathBuf);

#[async_trait]
impl Backend for At {
    async fn open(&mut self) -> Arc<dyn Store> {
        SqliteStore::open(Options::new(&self.0, IdSalt(7))).expect("the store opens")
    }
}

#[tokio::test]
async fn a_quiet_endpoints_row_behind_very_many_runs_is_found_in_short_pages() {
    const RUNS: i64 = 25_000;

    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(At(dir.path().to_owned()))).await;
    let endpoint = w.endpoint().await;
    let oldest = w.deliver(endpoint, Place::Lane).await.event;
    w.pass(60);
    let newest = w.deliver(endpoint, Place::Lane).await.event;
    let mut raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    let changes = raw.transaction().unwrap();
    changes.execute("INSERT INTO list_run VALUES (1, 0, ?1)", [oldest.0]).unwrap();
    changes.execute("INSERT INTO run_delivery VALUES (1, ?1, ?2)", [endpoint.0, oldest.0]).unwrap();
    for run in 2..=RUNS {
        let event = oldest.0 + run;
        changes.execute("INSERT INTO list_run VALUES (?1, ?2, ?2)", [run, event]).unwrap();
    }
    changes.execute("INSERT OR REPLACE INTO mark VALUES ('listed', ?1)", [oldest.0 + RUNS]).unwrap();
    changes.commit().unwrap();

    let mut query = DeliveryQuery {
        scope: w.scope(),
        endpoint: Some(endpoint),
        states: Vec::new(),
        types: Vec::new(),
        since: None,
        until: None,
        cursor: None,
        limit: 10,
    };
    let first = w.store().deliveries(query.clone()).await.unwrap();
    assert_eq!(first.rows.iter().map(|row| row.event).collect::<Vec<_>>(), [newest]);
    query.cursor = first.next;
    assert!(query.cursor.is_some(), "the page is short and there is more");
    let second = w.store().deliveries(query).await.unwrap();
    assert_eq!(second.rows.iter().map(|row| row.event).collect::<Vec<_>>(), [oldest]);
    assert_eq!(second.next, None);

    let selection = Selection { endpoint, since: None, until: None, states: Vec::new(), types: Vec::new() };
    let (events, more) = w.store().select(&selection, None, 10).await.unwrap();
    assert_eq!(events, [oldest]);
    let (events, more) = w.store().select(&selection, more, 10).await.unwrap();
    assert_eq!((events, more), (vec![newest], None));
}
