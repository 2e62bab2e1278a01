//! A connection that is lost in a COMMIT, by a proxy that loses it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use postrider_postgres::Database;
use postrider_store::{AppendOutcome, Backlog, Cluster, Journal, NewDelivery, Next, Place, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::end_lease;
use crate::nodes::{NOW, another, appending, first_on, settle, settling};

/// What the proxy does with the next COMMIT.
const PASS: u8 = 0;
/// The server gets it, and its answer is lost with the connection.
const LOSE_ANSWER: u8 = 1;
/// It is lost with the connection.
const LOSE_IT: u8 = 2;
/// Nothing passes any more in either direction, and neither side is told.
const SILENCE: u8 = 3;

struct Proxy {
    url: String,
    next: Arc<AtomicU8>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    async fn before(database: &Database) -> Self {
        let server = address(database.url());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let url = database.url().replacen(&server.to_string(), &own.to_string(), 1);
        let next = Arc::new(AtomicU8::new(PASS));
        let mut tasks = JoinSet::new();
        let lose = Arc::clone(&next);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(forward(client, server, Arc::clone(&lose)));
            }
        });
        Self { url, next, _tasks: tasks }
    }
}

fn address(url: &str) -> SocketAddr {
    let host = url.split('@').nth(1).unwrap().split('/').next().unwrap();
    host.parse().unwrap()
}

async fn forward(client: TcpStream, server: SocketAddr, lose: Arc<AtomicU8>) {
    let server = TcpStream::connect(server).await.unwrap();
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let (mut up, mut down) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        tokio::select! {
            read = from_client.read(&mut up) => {
                let Ok(count @ 1..) = read else { return };
                let sent = &up[..count];
                let commits = sent.windows(7).any(|window| window == b"COMMIT\0");
                match if commits { lose.swap(PASS, Ordering::SeqCst) } else { PASS } {
                    LOSE_IT => return,
                    SILENCE => return std::future::pending().await,
                    LOSE_ANSWER => {
                        to_server.write_all(sent).await.unwrap();
                        // The answer to COMMIT says so.
                        let mut said = Vec::new();
                        while !said.windows(6).any(|window| window == b"COMMIT") {
                            let count = from_server.read(&mut down).await.unwrap();
                            said.extend_from_slice(&down[..count]);
                        }
                        return;
                    }
                    _ => if to_server.write_all(sent).await.is_err() { return },
                }
            }
            read = from_server.read(&mut down) => {
                let Ok(count @ 1..) = read else { return };
                if to_client.write_all(&down[..count]).await.is_err() { return }
            }
        }
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let Some(database) = Database::new() else { return };
    let proxy = Proxy::before(&database).await;
    // Its statements can be read on their way.
    let mut a = first_on(&proxy.url, true).await;
    let endpoint = a.endpoint().await;
    a.deliver(endpoint, Place::Lane).await;
    for (lose, there) in [(LOSE_ANSWER, true), (LOSE_IT, false), (LOSE_ANSWER, true)] {
        let ordered = Place::Ordered { key: 5, due: NOW };
        let event = a.event(vec![NewDelivery { endpoint, place: ordered }]).await;
        let ordinal = event.ordinal;
        proxy.next.store(lose, Ordering::SeqCst);
        match a.store.commit(appending(vec![event])).await {
            Ok(committed) => {
                assert!(there && matches!(committed.appends[0], AppendOutcome::Appended(_)));
            }
            Err(StoreError::Unavailable(_)) => assert!(!there),
            Err(other) => unreachable!("{other}"),
        }
        assert_eq!(a.store.event(ordinal).await.unwrap().is_some(), there);
    }
}

#[tokio::test]
async fn settles_whose_commit_is_lost_are_simply_made_again() {
    let Some(database) = Database::new() else { return };
    let proxy = Proxy::before(&database).await;
    let mut a = first_on(&proxy.url, true).await;
    let endpoint = a.endpoint().await;
    for (lose, next) in [
        (LOSE_ANSWER, Next::Delivered),
        (LOSE_ANSWER, Next::Due { at: NOW, step: 1 }),
        (LOSE_IT, Next::Delivered),
    ] {
        let key = a.deliver(endpoint, Place::Lane).await;
        proxy.next.store(lose, Ordering::SeqCst);
        let lost = a.store.commit(settling(vec![settle(key, next, true)])).await;
        assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
        let again = a.commit(settling(vec![settle(key, next, true)])).await;
        assert_eq!(
            again.settles[0].state.name(),
            if next == Next::Delivered { "delivered" } else { "pending" }
        );
        let attempts = format!(
            "SELECT attempts FROM postrider.delivery WHERE event = {0}
             UNION ALL SELECT attempts FROM postrider.pending WHERE event = {0}",
            key.event.0
        );
        assert_eq!(database.ask(&attempts), ["1"], "the attempt is in its log once");
    }
}

#[tokio::test]
async fn a_node_that_is_cut_off_in_a_commit_is_buried_within_its_lease() {
    let Some(database) = Database::new() else { return };
    let proxy = Proxy::before(&database).await;
    // Whose statements go as they are, so that the proxy knows them.
    let mut a = first_on(&proxy.url, true).await;
    let b = another(&database, &a).await;
    let endpoint = a.endpoint().await;
    a.deliver(endpoint, Place::Due(NOW)).await;
    let event = a.event(vec![NewDelivery { endpoint, place: Place::Lane }]).await;
    proxy.next.store(SILENCE, Ordering::SeqCst);
    let store = Arc::clone(&a.store);
    let mut committing = JoinSet::new();
    committing.spawn(async move { store.commit(appending(vec![event])).await });
    let open =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'";
    while database.ask(open).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    end_lease(&database, a.joined.number);
    let buried = tokio::time::timeout(Duration::from_secs(8), b.store.bury(a.joined.number, NOW)).await;
    assert!(buried.expect("what it left open has ended").unwrap().is_some());
}
