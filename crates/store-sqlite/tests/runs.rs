//! Lists over more runs than one call may look at.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::delivery::DeliveryKey;
use postrider_model::id::IdSalt;
use postrider_store::conformance::{Backend, World};
use postrider_store::{DeliveryQuery, NewDelivery, Next, Place, Selection, Store};
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
    changes.execute("INSERT INTO list_run VALUES (1, 0, ?1, 0)", [oldest.0]).unwrap();
    changes.execute("INSERT INTO run_delivery VALUES (1, ?1, ?2)", [endpoint.0, oldest.0]).unwrap();
    for run in 2..=RUNS {
        let event = oldest.0 + run;
        changes.execute("INSERT INTO list_run VALUES (?1, ?2, ?2, 0)", [run, event]).unwrap();
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

/// The rows of a query, as numbers.
fn numbers(dir: &std::path::Path, sql: &str) -> Vec<i64> {
    let raw = rusqlite::Connection::open(dir.join("postrider.db")).expect("the file opens");
    let mut rows = raw.prepare(sql).expect("a query");
    let rows = rows.query_map([], |row| row.get(0)).expect("it runs");
    rows.collect::<Result<_, _>>().expect("numbers")
}

struct SmallRuns(std::path::PathBuf);

#[async_trait]
impl Backend for SmallRuns {
    async fn open(&mut self) -> Arc<dyn Store> {
        SqliteStore::open(Options { list_run_rows: 4, ..Options::new(&self.0, IdSalt(7)) })
            .expect("the store opens")
    }
}

#[tokio::test]
async fn runs_stay_few_however_much_comes_and_go_with_the_history() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(SmallRuns(dir.path().to_owned()))).await;
    let (busy, quiet) = (w.endpoint().await, w.endpoint().await);
    let mut oldest = None;
    for written in 1..=600 {
        let event = w.event(vec![NewDelivery { endpoint: busy, place: Place::Lane }]).await;
        w.accept(vec![event]).await;
        if oldest.is_none() {
            oldest = Some(w.deliver(quiet, Place::Lane).await.event);
        }
        w.pass(15);
        w.tidy().await;
        // Runs of 4, merged by eight: of no level there are more than seven.
        let counts = numbers(dir.path(), "SELECT count(*) FROM list_run GROUP BY level");
        assert!(counts.iter().all(|count| *count < 8), "after {written} events: {counts:?}");
    }
    let runs = numbers(dir.path(), "SELECT count(*) FROM list_run")[0];
    let built = 601 / 4;
    assert!(runs <= 7 * (f64::from(built).log(8.0).ceil() as i64), "{runs} of {built}");
    assert!(numbers(dir.path(), "SELECT max(level) FROM list_run")[0] >= 2);
    let query = DeliveryQuery {
        scope: w.scope(),
        endpoint: Some(quiet),
        states: Vec::new(),
        types: Vec::new(),
        since: None,
        until: None,
        cursor: None,
        limit: 10,
    };
    let page = w.store().deliveries(query).await.unwrap();
    assert_eq!(page.rows.iter().map(|row| Some(row.event)).collect::<Vec<_>>(), [oldest]);

    w.pass(40 * 24 * 3600);
    w.tidy().await;
    for seconds in [2 * 24 * 3600, 2] {
        w.pass(seconds);
        w.tidy().await;
    }
    for table in ["event", "list_run", "loose_run", "run_delivery", "run_event"] {
        assert_eq!(numbers(dir.path(), &format!("SELECT count(*) FROM {table}")), [0], "{table}");
    }
}

#[tokio::test]
async fn a_merge_leaves_out_what_has_ended_and_keeps_what_has_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut w = World::new(Box::new(SmallRuns(dir.path().to_owned()))).await;
    let endpoint = w.endpoint().await;
    for number in 0..40 {
        let mut event = w.event(vec![NewDelivery { endpoint, place: Place::Lane }]).await;
        event.retention_days = if number % 2 == 0 { 1 } else { 7 };
        let key = DeliveryKey { event: event.ordinal, endpoint };
        w.accept(vec![event]).await;
        w.end(key, Next::Delivered).await;
        w.pass(1);
        if number == 27 {
            // Seven runs, not yet merged, when a half of their events ends.
            w.pass(60);
            w.tidy().await;
            assert_eq!(numbers(dir.path(), "SELECT count(*) FROM list_run"), [7]);
            w.pass(26 * 3600);
            w.tidy().await;
        }
    }
    w.pass(60);
    w.tidy().await;
    assert_eq!(numbers(dir.path(), "SELECT level FROM list_run ORDER BY last"), [1, 0, 0]);
    let merged = "SELECT count(*) FROM run_delivery WHERE run = (SELECT run FROM list_run WHERE level = 1)";
    assert_eq!(numbers(dir.path(), merged), [14 + 4]);
}
