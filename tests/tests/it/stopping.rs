//! SIGTERM while clients are slow and attempts in flight (DESIGN 4.1).

use std::time::{Duration, Instant};

use postrider_tests::{Act, Endpoint, Launch, Product, Receiver, until};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What requests and attempts in flight are given.
const GRACE: Duration = Duration::from_secs(30);

/// A request whose body takes its time.
struct SlowUpload {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl SlowUpload {
    /// Begins to send an event; returns when the server waits for its body.
    async fn begin(product: &Product, data: Value) -> Self {
        let body = json!({"tenant": "t1", "type": "thing.happened", "data": data}).to_string();
        let mut stream = TcpStream::connect(product.client.address).await.unwrap();
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            product.client.address,
            product.client.key,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        let mut rest = body.into_bytes();
        rest.reverse();
        Self { stream, rest }
    }

    /// One byte more.
    async fn dribble(&mut self) {
        let byte = self.rest.pop().expect("there is more to send");
        self.stream.write_all(&[byte]).await.unwrap();
    }

    /// All that is left, and the answer.
    async fn finish(mut self) -> String {
        self.rest.reverse();
        self.stream.write_all(&self.rest).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

async fn delivered(product: &Product, event: &str, endpoint: &Endpoint) -> Value {
    until("it is delivered", || async {
        let delivery = product.delivery(event, endpoint).await;
        (delivery["status"] == "delivered").then_some(delivery)
    })
    .await
}

/// The server takes no connections any more: it has begun to stop.
async fn closed(product: &Product) {
    until("the door is closed", || async {
        TcpStream::connect(product.client.address).await.is_err().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_slow_request_is_finished_while_attempts_in_flight_are_settled_and_no_other_begins() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [1, 1, 1, 1]}})).await;
    let holding = Receiver::acting(|_, _| Act::Hold(204)).await;
    let failing = Receiver::acting(|_, number| Act::Answer(if number == 0 { 500 } else { 204 })).await;
    let held = product.endpoint_with(json!({"url": holding.url(), "event_types": ["held"]})).await;
    let retried =
        product.endpoint_with(json!({"url": failing.url(), "event_types": ["thing.happened"]})).await;
    let in_flight = json!({"tenant": "t1", "type": "held", "data": {}});
    let in_flight = product.client.post("/v1/events", in_flight).await.expect(202)["id"].clone();
    let in_flight = in_flight.as_str().unwrap();
    holding.wait_for(1).await;
    let mut upload = SlowUpload::begin(&product, json!({"n": 2, "text": "x".repeat(100)})).await;
    let failed = product.send(json!({"n": 1})).await;
    failing.wait_for(1).await;

    server.terminate();
    closed(&product).await;
    holding.let_go();
    // Two seconds and more: the retry of the first event falls due in them.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        upload.dribble().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(failing.arrived().len(), 1, "an attempt began after SIGTERM");
    let answer = upload.finish().await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    assert_eq!(server.ended().await.code(), Some(0));

    let server = launch.start().await;
    let product = product.at(&server);
    assert_eq!(delivered(&product, in_flight, &held).await["attempt_count"], 1);
    assert_eq!(delivered(&product, &failed, &retried).await["attempt_count"], 2);
    let arrived = failing.wait_for(3).await;
    let second = arrived.iter().filter(|one| String::from_utf8_lossy(&one.body).contains("\"n\":2")).count();
    assert_eq!((holding.arrived().len(), arrived.len(), second), (1, 3, 1), "each once but for the retry");
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_in_time_and_takes_nothing_from_the_attempts() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({"timeout_seconds": 60})).await;
    let receiver = Receiver::acting(|_, _| Act::Hold(204)).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let event = product.send(json!({})).await;
    receiver.wait_for(1).await;
    let mut upload = SlowUpload::begin(&product, json!({"text": "x".repeat(10_000)})).await;
    let began = Instant::now();
    server.terminate();
    closed(&product).await;
    while began.elapsed() < GRACE - Duration::from_secs(4) {
        upload.dribble().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Late, and in time.
    receiver.let_go();
    assert_eq!(server.ended().await.code(), Some(0));
    let took = began.elapsed();
    assert!(took < GRACE + Duration::from_secs(3), "the stop took {took:?}");
    assert!(!launch.log().contains("made again by the next start"), "{}", launch.log());

    let server = launch.start().await;
    let product = product.at(&server);
    assert_eq!(delivered(&product, &event, &endpoint).await["attempt_count"], 1);
    assert_eq!(receiver.arrived().len(), 1);
    server.stop().await;
}
