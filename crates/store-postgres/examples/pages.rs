//! How long pages of lists take in a store with a million deliveries: `pages URL [pooler]`, of an empty database of its
//! own. The first run fills it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tool for measuring"
)]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::id::{EndpointKey, IdSalt, Mode, Ordinal, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{DeliveryQuery, EventQuery, History, Scope, Selection, Upkeep};
use postrider_store_postgres::{PostgresOptions, PostgresStore};

const FILL: &str = include_str!("pages.sql");
const SCOPE: Scope = Scope { project: ProjectKey(1), mode: Mode::Live, tenant: None };

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).unwrap();
    let pooler = std::env::args().nth(2).is_some();
    let options = PostgresOptions { pooler, ..PostgresOptions::new(url.clone(), IdSalt(7)) };
    let store = PostgresStore::open(options).await.unwrap();
    let now = Millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64);
    fill(&url, now).await;
    store.step(now, Duration::from_millis(2)).await.unwrap();
    let tenant = Scope { tenant: Some(TenantKey(7)), ..SCOPE };
    let all = query(SCOPE);
    let of_one = DeliveryQuery { endpoint: Some(EndpointKey(123)), ..query(SCOPE) };
    let of_tenant = query(tenant);
    let failed =
        |query: &DeliveryQuery| DeliveryQuery { states: vec![DeliveryState::Failed], ..query.clone() };
    let of_type =
        |query: &DeliveryQuery, kind: &str| DeliveryQuery { types: vec![kind.into()], ..query.clone() };
    let old = |query: &DeliveryQuery| DeliveryQuery { until: Some(now - DAY * 15), ..query.clone() };
    let pending =
        |query: &DeliveryQuery| DeliveryQuery { states: vec![DeliveryState::Pending], ..query.clone() };
    let delivered =
        |query: &DeliveryQuery| DeliveryQuery { states: vec![DeliveryState::Delivered], ..query.clone() };
    for (name, query) in [("project", &all), ("tenant", &of_tenant), ("endpoint", &of_one)] {
        deliveries(&store, name, query).await;
        deliveries(&store, &format!("{name}, 15 days ago"), &old(query)).await;
        deliveries(&store, &format!("{name}, failed"), &failed(query)).await;
        deliveries(&store, &format!("{name}, failed, 15 days ago"), &failed(&old(query))).await;
        deliveries(&store, &format!("{name}, delivered"), &delivered(query)).await;
        deliveries(&store, &format!("{name}, pending"), &pending(query)).await;
        deliveries(&store, &format!("{name}, common type"), &of_type(query, "type.3")).await;
        deliveries(&store, &format!("{name}, rare type"), &of_type(query, "rare")).await;
        deliveries(&store, &format!("{name}, unknown type"), &of_type(query, "none")).await;
    }
    for (name, scope) in [("project", SCOPE), ("tenant", tenant)] {
        for types in [vec![], vec!["type.3".to_owned()], vec!["rare".to_owned()]] {
            let query =
                EventQuery { scope, types: types.clone(), since: None, until: None, cursor: None, limit: 50 };
            let mut found = (0, false);
            let spent = measured(async || {
                let page = store.events(query.clone()).await.unwrap();
                found = (page.rows.len(), page.next.is_some());
            })
            .await;
            show(&format!("events of {name}, types {types:?}"), spent, found);
        }
    }
    for (name, states) in
        [("all", vec![]), ("failed", vec![DeliveryState::Failed]), ("pending", vec![DeliveryState::Pending])]
    {
        let selection =
            Selection { endpoint: EndpointKey(123), since: None, until: None, states, types: vec![] };
        for after in [None, Some(Ordinal::at(now - DAY * 10))] {
            let mut found = (0, false);
            let spent = measured(async || {
                let (rows, next) = store.select(&selection, after, 50).await.unwrap();
                found = (rows.len(), next.is_some());
            })
            .await;
            show(&format!("oldest first, {name}, from {after:?}"), spent, found);
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn query(scope: Scope) -> DeliveryQuery {
    DeliveryQuery {
        scope,
        endpoint: None,
        states: Vec::new(),
        types: Vec::new(),
        since: None,
        until: None,
        cursor: None,
        limit: 50,
    }
}

async fn deliveries(store: &PostgresStore, name: &str, query: &DeliveryQuery) {
    let mut found = (0, false);
    let mut last = None;
    let spent = measured(async || {
        let page = store.deliveries(query.clone()).await.unwrap();
        found = (page.rows.len(), page.next.is_some());
        last = page.next;
    })
    .await;
    show(&format!("deliveries of {name}"), spent, found);
    if last.is_some() {
        let query = DeliveryQuery { cursor: last, ..query.clone() };
        let spent = measured(async || {
            let page = store.deliveries(query.clone()).await.unwrap();
            found = (page.rows.len(), page.next.is_some());
        })
        .await;
        show(&format!("deliveries of {name}, second page"), spent, found);
    }
}

/// The median, and the least: what it takes where nobody else works.
async fn measured(mut once: impl AsyncFnMut()) -> (Duration, Duration) {
    let mut spent = Vec::new();
    for round in 0..11 {
        let begun = Instant::now();
        once().await;
        if round > 1 {
            spent.push(begun.elapsed());
        }
    }
    spent.sort_unstable();
    (spent[spent.len() / 2], spent[0])
}

fn show(name: &str, (spent, least): (Duration, Duration), (rows, more): (usize, bool)) {
    let slow = if least > Duration::from_millis(20) { "  SLOW" } else { "" };
    let [spent, least] = [spent, least].map(|time| time.as_secs_f64() * 1e3);
    let more = if more { " +" } else { "  " };
    println!("{spent:8.2} ms  least {least:6.2} ms  {rows:3} rows{more}  {name}{slow}");
}

async fn fill(url: &str, now: Millis) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let drive = tokio::task::JoinSet::<()>::new();
    let mut drive = drive;
    drive.spawn(async move { connection.await.unwrap() });
    if client.query_one("SELECT count(*) FROM postrider.project", &[]).await.unwrap().get::<_, i64>(0) > 0 {
        return;
    }
    let attempt = |success| Attempt {
        number: 1,
        started_at: now,
        latency_ms: 31,
        response_status: Some(if success { 200 } else { 503 }),
        error: (!success).then(|| "http_status".to_owned()),
        success,
        excerpt: Bytes::from_static(b"{\"received\": true, \"by\": \"somebody\"}"),
        note: None,
    };
    let hex = |log: Vec<u8>| log.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let sql = FILL
        .replace("{now_ms}", &now.0.to_string())
        .replace("{log_ok}", &hex(AttemptLog::append(&[], &attempt(true)).unwrap()))
        .replace("{log_bad}", &hex(AttemptLog::append(&[], &attempt(false)).unwrap()));
    let begun = Instant::now();
    client.batch_execute(&sql).await.unwrap();
    println!("filled in {:?}", begun.elapsed());
}
