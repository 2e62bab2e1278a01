//! Every bad request gets its own 4xx, with the pointer where there is a place to point to.

use http::Method;
use postrider_tests::{Client, Launch, Product, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

struct World {
    _dir: tempfile::TempDir,
    server: Server,
    product: Product,
}

async fn world() -> World {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    World { _dir: dir, server, product }
}

/// A body for `POST /v1/events`, the status, the code, and the pointer of the first fault.
fn bad_events() -> Vec<(String, u16, &'static str, &'static str)> {
    let event = |fields: &str| format!(r#"{{"tenant":"t1","type":"a.b","data":{{}}{fields}}}"#);
    let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
    let with_data = |data: &str| format!(r#"{{"tenant":"t1","type":"a.b","data":{data}}}"#);
    vec![
        (String::new(), 400, "malformed", ""),
        ("{".into(), 400, "malformed", ""),
        ("{}x".into(), 400, "malformed", ""),
        (with_data("{,}"), 400, "malformed", ""),
        (with_data("01"), 400, "malformed", ""),
        (with_data("\"\t\""), 400, "malformed", ""),
        ("[]".into(), 422, "invalid", ""),
        ("{}".into(), 422, "invalid", "/tenant"),
        (r#"{"tenant":"t1","data":1}"#.into(), 422, "invalid", "/type"),
        (r#"{"tenant":"t1","type":"a.b"}"#.into(), 422, "invalid", "/data"),
        (r#"{"tenant":1,"type":"a.b","data":1}"#.into(), 422, "invalid", "/tenant"),
        (r#"{"tenant":"","type":"a.b","data":1}"#.into(), 422, "invalid", "/tenant"),
        (r#"{"tenant":"..","type":"a.b","data":1}"#.into(), 422, "invalid", "/tenant"),
        (r#"{"tenant":"a b","type":"a.b","data":1}"#.into(), 422, "invalid", "/tenant"),
        (r#"{"tenant":"t1","type":["a"],"data":1}"#.into(), 422, "invalid", "/type"),
        (r#"{"tenant":"t1","type":"a*","data":1}"#.into(), 422, "invalid", "/type"),
        (event(r#","nonsense":1"#), 422, "invalid", "/nonsense"),
        (event(r#","timestamp":"yesterday""#), 422, "invalid", "/timestamp"),
        (event(r#","timestamp":12"#), 422, "invalid", "/timestamp"),
        (event(r#","attributes":{"a":1}"#), 422, "invalid", "/attributes/a"),
        (event(r#","attributes":[]"#), 422, "invalid", "/attributes"),
        (event(r#","deliver_at":"2200-01-01T00:00:00Z""#), 422, "invalid", "/deliver_at"),
        (event(r#","ordering_key":7"#), 422, "invalid", "/ordering_key"),
        (event(r#","idempotency_key":"""#), 422, "invalid", "/idempotency_key"),
        (with_data(&deep), 422, "invalid", "/data"),
    ]
}

fn check(name: &str, reply: &postrider_tests::Reply, status: u16, code: &str, pointer: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    let shown = &name[..name.len().min(120)];
    assert_eq!(reply.status.as_u16(), status, "{shown}: {text}");
    assert_eq!(reply.headers["content-type"], "application/problem+json", "{shown}");
    let problem: Value = reply.json();
    assert_eq!(problem["code"], code, "{shown}: {text}");
    for field in ["type", "title", "detail"] {
        assert!(problem[field].is_string(), "{shown}: no {field} in {text}");
    }
    if !pointer.is_empty() {
        let found = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert!(found.starts_with(pointer), "{shown}: {text} does not point to {pointer}");
    }
}

#[tokio::test]
async fn every_bad_event_gets_its_own_problem() {
    let world = world().await;
    let client = &world.product.client;
    for (body, status, code, pointer) in bad_events() {
        let reply = client.call(Method::POST, "/v1/events", body.clone()).await;
        check(&body, &reply, status, code, pointer);
    }
    let listed = client.get("/v1/events").await.expect(200);
    assert_eq!(listed["data"], json!([]), "nothing of it was stored");
    world.server.stop().await;
}

#[tokio::test]
async fn a_bad_event_in_a_batch_is_named_by_its_place_and_nothing_is_stored() {
    let world = world().await;
    let client = &world.product.client;
    let good = r#"{"tenant":"t1","type":"a.b","data":1}"#;
    let many = vec![good; 1_001].join(",");
    for (events, status, pointer) in [
        (format!("{good},{}", r#"{"tenant":"t1","type":"a.b"}"#), 422, "/events/1/data"),
        (format!("{good},{good},3"), 422, "/events/2"),
        (many, 422, "/events"),
    ] {
        let body = format!(r#"{{"events":[{events}]}}"#);
        let reply = client.call(Method::POST, "/v1/events/batch", body).await;
        check(&events, &reply, status, "invalid", pointer);
    }
    let listed = client.get("/v1/events").await.expect(200);
    assert_eq!(listed["data"], json!([]));
    world.server.stop().await;
}

#[tokio::test]
async fn bytes_that_are_not_utf_8_are_malformed() {
    let world = world().await;
    let body = [br#"{"tenant":"t1","type":"a.b","data":""#.as_slice(), &[0xff, 0xfe], br#""}"#].concat();
    let reply = world.product.client.call(Method::POST, "/v1/events", body).await;
    check("not UTF-8", &reply, 400, "malformed", "");
    world.server.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_413_and_what_is_not_json_415() {
    let world = world().await;
    let client = &world.product.client;
    let event = |bytes: usize| format!(r#"{{"tenant":"t1","type":"a.b","data":"{}"}}"#, "x".repeat(bytes));
    let reply = client.call(Method::POST, "/v1/events", event(262_144)).await;
    check("a large event", &reply, 413, "too_large", "");
    let _ = client.call(Method::POST, "/v1/events", event(262_000)).await.expect(202);
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let reply = client.call_as(Method::POST, "/v1/events", kind, event(1)).await;
        check(kind, &reply, 415, "unsupported_media_type", "");
    }
    world.server.stop().await;
}

#[tokio::test]
async fn keys_paths_and_methods_are_told_apart() {
    let world = world().await;
    let key = &world.product.client.key;
    let body = r#"{"tenant":"t1","type":"a.b","data":1}"#;
    for (key, method, path, status, code) in [
        ("", Method::POST, "/v1/events", 401, "unauthenticated"),
        ("sk_live_no_such_key", Method::POST, "/v1/events", 401, "unauthenticated"),
        (key.as_str(), Method::GET, "/v1/projects", 403, "forbidden"),
        (key.as_str(), Method::GET, "/v1/nowhere", 404, "not_found"),
        (key.as_str(), Method::GET, "/v1/events/evt_nonsense", 404, "not_found"),
        (key.as_str(), Method::DELETE, "/v1/events", 405, "method_not_allowed"),
        (key.as_str(), Method::GET, "/v1/events?cursor=nonsense", 422, "invalid"),
    ] {
        let reply = Client::new(world.server.address, key).call(method, path, body).await;
        check(path, &reply, status, code, "");
    }
    world.server.stop().await;
}

#[tokio::test]
async fn every_bad_endpoint_gets_its_own_pointer() {
    let world = world().await;
    let client = &world.product.client;
    for (fields, pointer) in [
        (json!({}), "/url"),
        (json!({"url": 1}), "/url"),
        (json!({"url": "https://example.com", "event_types": "all"}), "/event_types"),
        (json!({"url": "https://example.com", "event_types": ["a.*.b"]}), "/event_types/0"),
        (json!({"url": "https://example.com", "filter": {"data": {"a": {"$near": 1}}}}), "/filter"),
        (json!({"url": "https://example.com", "headers": {"Host": "x"}}), "/headers"),
        (json!({"url": "https://example.com", "secret": "short"}), "/secret"),
        (json!({"url": "https://example.com", "rate_limit": {"per_second": 0}}), "/rate_limit/per_second"),
        (json!({"url": "https://example.com", "ordering": "random"}), "/ordering"),
        (json!({"url": "https://example.com", "max_in_flight": 0}), "/max_in_flight"),
        (json!({"url": "https://example.com", "timeout_seconds": -1}), "/timeout_seconds"),
        (json!({"url": "https://example.com", "nonsense": 1}), "/nonsense"),
    ] {
        let reply = client.post("/v1/tenants/t1/endpoints", fields.clone()).await;
        check(&fields.to_string(), &reply, 422, "invalid", pointer);
    }
    world.server.stop().await;
}

#[tokio::test]
async fn what_is_not_http_or_has_too_large_a_head_is_refused_and_the_connection_closed() {
    let world = world().await;
    let large = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(300_000));
    for (request, status) in [("nonsense\r\n\r\n", "400"), (large.as_str(), "431")] {
        let mut stream = TcpStream::connect(world.server.address).await.unwrap();
        // The server may close before all of it is written.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    let _ = world.product.client.get("/v1/meta").await.expect(200);
    world.server.stop().await;
}

#[tokio::test]
async fn the_largest_batch_is_taken_and_a_larger_body_refused() {
    let world = world().await;
    let client = &world.product.client;
    let batch = |events: usize, bytes: usize| {
        let event = format!(r#"{{"tenant":"t1","type":"a.b","data":"{}"}}"#, "x".repeat(bytes));
        format!(r#"{{"events":[{}]}}"#, vec![event; events].join(","))
    };
    let accepted = client.call(Method::POST, "/v1/events/batch", batch(1_000, 10_000)).await.expect(202);
    assert_eq!(accepted["data"].as_array().map(Vec::len), Some(1_000));
    let reply = client.call(Method::POST, "/v1/events/batch", batch(100, 200_000)).await;
    check("20 MB", &reply, 413, "too_large", "");
    world.server.stop().await;
}
