//! `data` is delivered as the bytes that came (DESIGN 2.1).

use http::Method;
use postrider_tests::{Launch, Product, Receiver};
use serde_json::json;

/// Each would be changed by a program that reads JSON into numbers, maps or strings and writes it again.
const DATA: &[&str] = &[
    "1.50",
    "1E3",
    "-0",
    "0.1000000000000000000000000000000001",
    "123456789012345678901234567890",
    r#"{"b":1,"a":2,"A":3}"#,
    r#"{"a":1,"a":2}"#,
    r#""caf\u00e9 \/ \u2028 \ud83d\ude00 😀""#,
    "{ \"spaces\" :\t[ 1 ,\n 2 ] }",
    r#"[[],{},null,true,""]"#,
    r#"{"":{"é":"\"\\\b\f\n\r\t"}}"#,
];

#[tokio::test]
async fn the_bytes_of_data_arrive_as_they_were_sent() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    for data in DATA {
        let event = format!(r#" {{ "data" : {data} , "type":"thing.happened","tenant":"t1"}} "#);
        let _ = product.client.call(Method::POST, "/v1/events", event).await.expect(202);
    }
    let list = DATA.iter().map(|data| format!(r#"{{"tenant":"t1","type":"thing.happened","data":{data}}}"#));
    let batch = format!(r#"{{"events":[{}]}}"#, list.collect::<Vec<_>>().join(" , "));
    let _ = product.client.call(Method::POST, "/v1/events/batch", batch).await.expect(202);
    let bodies: Vec<_> =
        receiver.wait_for(2 * DATA.len()).await.into_iter().map(|delivery| delivery.body).collect();
    for data in DATA {
        let tail = format!(r#","data":{data}}}"#);
        let found = bodies.iter().filter(|body| body.ends_with(tail.as_bytes())).count();
        assert_eq!(found, 2, "{data} arrived {found} times as it was sent, alone and in a batch");
    }
    server.stop().await;
}

#[tokio::test]
async fn data_that_had_to_be_retried_after_a_restart_is_still_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [1, 1, 1]}})).await;
    let receiver =
        Receiver::acting(|_, number| postrider_tests::Act::Answer(if number == 0 { 503 } else { 204 })).await;
    product.endpoint(&receiver.url()).await;
    let data = r#"{"b": 1.50, "a": 1E3, "s": "\u00e9\/"}"#;
    let event = format!(r#"{{"tenant":"t1","type":"x","data":{data}}}"#);
    let _ = product.client.call(Method::POST, "/v1/events", event).await.expect(202);
    receiver.wait_for(1).await;
    server.kill().await;
    let server = launch.start().await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived[0].body, arrived[1].body);
    assert!(arrived[1].body.ends_with(format!(r#""data":{data}}}"#).as_bytes()));
    server.stop().await;
}
