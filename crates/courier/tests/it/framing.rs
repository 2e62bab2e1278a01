//! The bytes that go out.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use postrider_courier::{GuardPolicy, Outbound, Target, Transport};
use tokio::sync::mpsc;

use crate::receiver::{Received, Receiver};
use crate::sending::{courier, post};

async fn received(headers: HeaderMap, body: &'static [u8], path: &str) -> Received {
    let (tell, mut told) = mpsc::unbounded_channel();
    let receiver = Receiver::start(move |mut accepted| {
        let tell = tell.clone();
        async move {
            let request = accepted.request().await.expect("a request");
            accepted.write(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            tell.send(request).expect("the test waits");
            assert!(accepted.request().await.is_none(), "one request was sent, and nothing behind it");
        }
    })
    .await;
    let url = format!("http://{}{path}", receiver.address);
    let request = Outbound { headers, body: Bytes::from_static(body), ..post(&url) };
    assert_eq!(courier().send(request).await.status, Some(204));
    let mut request = told.recv().await.expect("a request");
    request.head = request.head.replace(&receiver.address.to_string(), "{address}");
    request
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_given() {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("evt_1"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let request = received(headers, b"{\"a\":1.50}", "/a%20b/?q=%0d%0a&x=y").await;
    assert_eq!(request.body, b"{\"a\":1.50}");
    let mut lines: Vec<&str> = request.head.lines().collect();
    assert_eq!(lines.remove(0), "POST /a%20b/?q=%0d%0a&x=y HTTP/1.1");
    lines.sort_unstable();
    assert_eq!(
        lines,
        ["", "content-length: 10", "content-type: application/json", "host: {address}", "webhook-id: evt_1"]
    );
}

#[tokio::test]
async fn headers_that_frame_the_message_cannot_be_given() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "internal.example"),
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("connection", "upgrade"),
        ("upgrade", "h2c"),
        ("te", "trailers"),
        ("trailer", "x"),
        ("expect", "100-continue"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
    ] {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.append(HeaderName::from_static(name), HeaderValue::from_static("twice"));
    }
    let request = received(headers, b"{}", "/").await;
    let mut lines: Vec<&str> = request.head.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["", "content-length: 2", "host: {address}"]);
    assert_eq!(request.body, b"{}");
}

#[tokio::test]
async fn an_empty_body_has_a_length_too() {
    let request = received(HeaderMap::new(), b"", "/").await;
    assert!(request.head.contains("content-length: 0\r\n"), "{}", request.head);
}

#[test]
fn a_line_break_gets_into_no_header_and_no_path() {
    for text in ["a\r\nx: y", "a\nx: y", "a\rx", "a\0"] {
        assert!(HeaderValue::from_str(text).is_err(), "{text:?}");
        assert!(HeaderName::from_bytes(text.as_bytes()).is_err(), "{text:?}");
        assert!(Target::parse(&format!("https://example.com/{text}"), &GuardPolicy::default()).is_err());
        assert!(Target::parse(&format!("https://example{text}.com/"), &GuardPolicy::default()).is_err());
    }
}
