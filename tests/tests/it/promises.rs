//! What the documents promise of deliveries, by the running binary and in real time. What takes minutes is proved in
//! virtual time beside the native API (`crates/api/tests/promises`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use postrider_tests::{Act, Launch, Product, Receiver, Server};
use serde_json::json;

struct Site {
    _dir: tempfile::TempDir,
    server: Server,
    product: Product,
}

async fn under(contract: &str) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create_under(&server, contract, json!({})).await;
    Site { _dir: dir, server, product }
}

/// A receiver that answers with these statuses one after the other, and then with 204; and when each request came.
async fn failing(statuses: &'static [u16]) -> (Receiver, Arc<Mutex<Vec<Instant>>>) {
    let times = Arc::<Mutex<Vec<Instant>>>::default();
    let came = Arc::clone(&times);
    let receiver = Receiver::acting(move |_, number| {
        came.lock().push(Instant::now());
        Act::Answer(statuses.get(number).copied().unwrap_or(204))
    });
    (receiver.await, times)
}

/// From each request to the next.
fn gaps(times: &Mutex<Vec<Instant>>) -> Vec<Duration> {
    times.lock().windows(2).map(|pair| pair[1].duration_since(pair[0])).collect()
}

/// Each wait is the promised one, and little longer: the machine of the tests is busy.
fn assert_gaps(gaps: &[Duration], promised_seconds: &[u64]) {
    assert_eq!(gaps.len(), promised_seconds.len(), "{gaps:?}");
    for (gap, seconds) in gaps.iter().zip(promised_seconds) {
        let promised = Duration::from_secs(*seconds);
        // The next step is counted from the end of the attempt; the receiver sees its beginning.
        assert!((promised..promised + Duration::from_secs(3)).contains(gap), "{gaps:?}");
    }
}

/// Scopien, "Retry Policy": immediate, 5 seconds, 30 seconds.
#[tokio::test]
async fn scopiens_first_two_retries_come_after_5_and_30_seconds() {
    let site = under("scopien").await;
    let (receiver, times) = failing(&[500, 404]).await;
    let endpoint = site.product.endpoint(&receiver.url()).await;
    let sent = Instant::now();
    let event = site.product.post(json!({"type": "lead.created", "data": {}})).await;
    let arrived = receiver.wait_for(3).await;
    assert!(times.lock()[0].duration_since(sent) < Duration::from_secs(3), "the first attempt is immediate");
    assert_gaps(&gaps(&times), &[5, 30]);
    assert!(arrived.iter().all(|one| one.body == arrived[0].body), "the same id each time");
    let shown = site.product.attempted(&event, &endpoint, 3).await;
    assert_eq!(shown["status"], "delivered", "{shown}");
    site.server.stop().await;
}

/// The call center, "Delivery & retries": 1s → 2s → 4s, and no fifth attempt.
#[tokio::test]
async fn the_call_centers_retries_come_after_1_2_and_4_seconds() {
    let site = under("call-center").await;
    let (receiver, times) = failing(&[500, 502, 503, 500]).await;
    let endpoint = site.product.endpoint(&receiver.url()).await;
    let event = site.product.post(json!({"type": "Call Ended", "data": {"call_id": 1}})).await;
    let shown = site.product.attempted(&event, &endpoint, 4).await;
    assert_gaps(&gaps(&times), &[1, 2, 4]);
    assert_eq!(shown["status"], "failed", "{shown}");
    site.server.stop().await;
}

/// The call center, "Delivery & retries": connection errors are retried.
#[tokio::test]
async fn the_call_center_tries_again_where_nobody_listens() {
    let site = under("call-center").await;
    // A port that was free a moment ago, and that nobody listens on.
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint = site.product.endpoint(&format!("http://{free}/hook")).await;
    let event = site.product.post(json!({"type": "Call Ended", "data": {}})).await;
    let shown = site.product.attempted(&event, &endpoint, 2).await;
    assert_eq!(shown["attempts"][0]["error"], "connection_refused", "{shown}");
    site.server.stop().await;
}

/// Scopien, "Endpoint Requirements": within 5 seconds.
#[tokio::test]
async fn scopien_waits_five_seconds_for_an_answer() {
    let site = under("scopien").await;
    let receiver = Receiver::acting(|_, _| Act::Hang).await;
    let endpoint = site.product.endpoint(&receiver.url()).await;
    let event = site.product.post(json!({"type": "lead.created", "data": {}})).await;
    let shown = site.product.attempted(&event, &endpoint, 1).await;
    let attempt = &shown["attempts"][0];
    assert_eq!(attempt["error"], "timeout", "{shown}");
    let latency_ms = attempt["latency_ms"].as_u64().unwrap();
    assert!((4_900..7_000).contains(&latency_ms), "{latency_ms}");
    site.server.stop().await;
}

/// Scopien, "Custom Headers" and "Payload Structure": on the wire as documented.
#[tokio::test]
async fn scopiens_request_is_the_documented_one() {
    let site = under("scopien").await;
    let receiver = Receiver::start().await;
    let headers = json!({"X-Custom-Header": "value", "Authorization": "Bearer token123"});
    site.product.endpoint_with(json!({"url": receiver.url(), "headers": headers})).await;
    let changes = json!({"stage": {"old": "Negotiation", "new": "Closed Won"}});
    let event = json!({
        "type": "opportunity.updated", "timestamp": "2026-01-22T10:30:00Z", "data": {"id": "opp_xyz789"}, "changes": changes,
    });
    let id = site.product.post(event).await;
    let delivery = receiver.wait_for(1).await.remove(0);
    assert_eq!(
        std::str::from_utf8(&delivery.body).unwrap(),
        format!(
            r#"{{"id":"{id}","event":"opportunity.updated","timestamp":"2026-01-22T10:30:00Z","data":{{"id":"opp_xyz789"}},"changes":{{"stage":{{"old":"Negotiation","new":"Closed Won"}}}}}}"#
        )
    );
    for (name, value) in [
        ("x-custom-header", "value"),
        ("authorization", "Bearer token123"),
        ("content-type", "application/json"),
        ("x-scopien-event", "opportunity.updated"),
    ] {
        assert_eq!(delivery.header(name), value, "{name}");
    }
    site.server.stop().await;
}
