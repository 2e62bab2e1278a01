//! The guard against private targets, through the API and on real connections (DESIGN 7).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use postrider_tests::{Act, Endpoint, Launch, Product, Receiver, Server, until};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Refused when an endpoint is saved, by a server as in production.
const REFUSED: &[&str] = &[
    "http://example.com/",
    "ftp://example.com/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://a.localhost/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://192.0.0.8/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[4000::1]/",
    "not a url",
    "https://",
    "//example.com/",
];

#[tokio::test]
async fn private_targets_are_refused_when_an_endpoint_is_saved() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::strict(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let saved = product.endpoint("https://example.com/hook").await;
    for url in REFUSED {
        let reply = product.client.post("/v1/tenants/t1/endpoints", json!({"url": url})).await;
        assert_eq!(reply.status, 422, "{url} was not refused: {}", String::from_utf8_lossy(&reply.body));
        assert_eq!(reply.json()["errors"][0]["pointer"], "/url", "{url}");
        let reply = product.client.call(Method::PATCH, &saved.path(), json!({"url": url}).to_string()).await;
        assert_eq!(reply.status, 422, "{url} was not refused in a change");
    }
    server.stop().await;
}

/// Counts the connections that somebody makes to it, and ends each.
struct Trap {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Trap {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { address, connections, _task: task }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A server that allows no private targets, with an endpoint that was saved while it did, and an event that was
/// attempted then.
struct Tightened {
    _dir: tempfile::TempDir,
    server: Server,
    product: Product,
    endpoint: Endpoint,
    old_event: String,
}

impl Tightened {
    async fn with_endpoint_at(trap: &Trap) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let launch = Launch::new(dir.path());
        let server = launch.start().await;
        let product = Product::create(&server, json!({"retry": {"schedule_seconds": []}})).await;
        let endpoint = product.endpoint(&format!("https://{}/hook", trap.address)).await;
        let old_event = product.send(json!({})).await;
        settled(&product, &old_event, &endpoint).await;
        server.stop().await;
        let server = launch.in_production().start().await;
        let product = product.at(&server);
        Self { _dir: dir, server, product, endpoint, old_event }
    }
}

async fn settled(product: &Product, event: &str, endpoint: &Endpoint) -> Value {
    until("the delivery is settled", || async {
        let delivery = product.delivery(event, endpoint).await;
        (delivery["status"] != "pending" && delivery["status"].is_string()).then_some(delivery)
    })
    .await
}

#[tokio::test]
async fn deliveries_test_sends_resends_and_replays_all_pass_the_guard() {
    let trap = Trap::set().await;
    let Tightened { _dir, server, product, endpoint, old_event: old } =
        Tightened::with_endpoint_at(&trap).await;
    let before = trap.connections();
    assert!(before > 0, "while private targets were allowed, somebody came");

    let event = product.send(json!({})).await;
    let delivery = settled(&product, &event, &endpoint).await;
    assert_eq!(delivery["status"], "failed");
    assert_eq!(delivery["attempts"][0]["error"], "blocked_address");

    let tested = product.client.post(&format!("{}/test", endpoint.path()), json!({})).await.expect(200);
    assert_eq!(tested["error"], "blocked_address");

    let path = format!("/v1/events/{old}/deliveries/{}/resend", endpoint.id);
    let _ = product.client.call(Method::POST, &path, "").await.expect(202);
    let delivery = settled(&product, &old, &endpoint).await;
    assert_eq!(delivery["attempts"][1]["error"], "blocked_address");

    let replay = json!({"since": "2020-01-01T00:00:00Z", "status": ["failed"], "types": ["thing.happened"]});
    let made = product.client.post(&format!("{}/replay", endpoint.path()), replay).await.expect(202);
    assert_eq!(made["matched"], 2);
    let path = format!("/v1/replays/{}", made["id"].as_str().unwrap());
    until("the replay ends", || async {
        (product.client.get(&path).await.json()["status"] == "done").then_some(())
    })
    .await;
    let delivery = until("the replayed delivery is attempted again", || async {
        let delivery = product.delivery(&event, &endpoint).await;
        (delivery["attempt_count"] == 2 && delivery["status"] == "failed").then_some(delivery)
    })
    .await;
    assert_eq!(delivery["attempts"][1]["error"], "blocked_address");
    assert_eq!(trap.connections(), before, "since then nobody did");
    server.stop().await;
}

#[tokio::test]
async fn allow_networks_opens_what_the_operator_wants_and_no_more() {
    let receiver = Receiver::start().await;
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::strict(dir.path()).arg("--allow-networks=127.0.0.1/32");
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let saves = async |url: &str| {
        product.client.post("/v1/tenants/t1/endpoints", json!({"url": url})).await.status.as_u16()
    };
    assert_eq!(saves(&format!("https://{}/hook", receiver.address)).await, 201);
    assert_eq!(saves("https://127.0.0.2/").await, 422);
    assert_eq!(saves(&receiver.url()).await, 422, "http stays closed");
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": []}})).await;
    let elsewhere = Receiver::start().await;
    let target = elsewhere.url();
    let receiver = Receiver::acting(move |_, _| Act::Redirect(target.clone())).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let event = product.send(json!({})).await;
    let delivery = settled(&product, &event, &endpoint).await;
    assert_eq!(delivery["status"], "failed");
    assert_eq!(delivery["attempts"][0]["response_status"], 302);
    assert_eq!((receiver.arrived().len(), elsewhere.arrived().len()), (1, 0));
    server.stop().await;
}
