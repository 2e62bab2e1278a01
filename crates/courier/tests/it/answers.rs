//! What is made of answers, good and bad.

use std::time::Duration;

use postrider_courier::{BodyCut, Failure, Outbound, Stage, Transport};
use tokio::time::{Instant, sleep};

use crate::receiver::Receiver;
use crate::sending::{code, courier, post, send};

#[tokio::test]
async fn an_answer_is_reported_with_its_body_and_the_address_dialled() {
    let receiver = Receiver::answering(b"HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\ndone").await;
    let report = send(&receiver.url()).await;
    assert_eq!((report.status, &report.failure, report.body_cut), (Some(201), &None, None));
    assert_eq!(report.excerpt, "done");
    assert_eq!(report.dialled, Some(receiver.address));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Receiver::answering(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let address = elsewhere.address;
    let receiver = Receiver::start(move |mut accepted| async move {
        accepted.request().await.expect("a request");
        let answer =
            format!("HTTP/1.1 302 Found\r\nlocation: http://{address}/\r\ncontent-length: 0\r\n\r\n");
        accepted.write(answer.as_bytes()).await;
    })
    .await;
    assert_eq!(send(&receiver.url()).await.status, Some(302));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn of_a_failure_more_is_kept_than_of_a_success() {
    let body = "x".repeat(10_000);
    for (status, kept) in [(200, 256), (500, 4096), (404, 4096)] {
        let answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: 10000\r\n\r\n{body}");
        let receiver = Receiver::answering(answer.leak().as_bytes()).await;
        let report = send(&receiver.url()).await;
        assert_eq!((report.status, report.excerpt.len(), report.body_cut), (Some(status), kept, None));
    }
}

#[tokio::test]
async fn retry_after_is_handed_on_unread() {
    let receiver =
        Receiver::answering(b"HTTP/1.1 429 Slow Down\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n").await;
    let report = send(&receiver.url()).await;
    assert_eq!(report.retry_after.expect("it was sent"), "120");
}

#[tokio::test]
async fn an_interim_answer_is_not_the_answer() {
    let receiver =
        Receiver::answering(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
            .await;
    assert_eq!(send(&receiver.url()).await.status, Some(204));
}

#[tokio::test]
async fn a_body_beyond_the_bound_is_cut_and_its_status_stands() {
    let receiver = Receiver::start(|mut accepted| async move {
        accepted.request().await.expect("a request");
        accepted.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n").await;
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..1000 {
            accepted.write(&piece).await;
        }
    })
    .await;
    let courier = courier();
    let report = courier.send(post(&receiver.url())).await;
    assert_eq!((report.status, report.body_cut, &report.failure), (Some(200), Some(BodyCut::Size), &None));
    assert_eq!(report.excerpt.len(), 256);
    assert_eq!(courier.counters().idle, 0, "a connection in the middle of a body is not kept");
}

#[tokio::test]
async fn a_body_of_exactly_the_bound_is_whole() {
    let body = "x".repeat(64 * 1024);
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let receiver = Receiver::answering(answer.leak().as_bytes()).await;
    let courier = courier();
    assert_eq!(courier.send(post(&receiver.url())).await.body_cut, None);
    assert_eq!(courier.counters().idle, 1);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_never_answers_is_given_up_at_the_deadline() {
    let receiver = Receiver::start(|mut accepted| async move { accepted.closed().await }).await;
    let report = send(&receiver.url()).await;
    assert_eq!(report.failure, Some(Failure::Timeout(Stage::Response)));
    assert_eq!(report.dialled, Some(receiver.address));
    assert!(report.latency >= Duration::from_secs(5) && report.latency < Duration::from_millis(5_100));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_dribbles_in_does_not_move_the_deadline() {
    let receiver = Receiver::start(|mut accepted| async move {
        accepted.request().await.expect("a request");
        accepted.write(b"HTTP/1.1 200 OK\r\n").await;
        for n in 0..1000 {
            accepted.write(format!("x-{n}: y\r\n").as_bytes()).await;
            sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let started_at = Instant::now();
    let report = send(&receiver.url()).await;
    assert_eq!(report.failure, Some(Failure::Timeout(Stage::Response)));
    assert!(started_at.elapsed() < Duration::from_millis(5_100), "{:?}", started_at.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_dribbles_in_is_cut_at_the_deadline_and_its_status_stands() {
    for (status, line) in [(200, "200 OK"), (500, "500 Broken")] {
        let receiver = Receiver::start(move |mut accepted| async move {
            accepted.request().await.expect("a request");
            accepted.write(format!("HTTP/1.1 {line}\r\ncontent-length: 1000\r\n\r\n").as_bytes()).await;
            for _ in 0..1000 {
                accepted.write(b"x").await;
                sleep(Duration::from_secs(1)).await;
            }
        })
        .await;
        let started_at = Instant::now();
        let report = send(&receiver.url()).await;
        assert_eq!(
            (report.status, report.body_cut, &report.failure),
            (Some(status), Some(BodyCut::Deadline), &None)
        );
        assert!((4..=6).contains(&report.excerpt.len()), "{}", report.excerpt.len());
        assert!(started_at.elapsed() < Duration::from_millis(5_100), "{:?}", started_at.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn each_request_on_a_connection_has_a_deadline_of_its_own() {
    for timeout in [Duration::from_secs(1), Duration::from_secs(30)] {
        let receiver = Receiver::start(|mut accepted| async move {
            accepted.request().await.expect("a request");
            accepted.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            accepted.closed().await;
        })
        .await;
        let courier = courier();
        assert_eq!(courier.send(post(&receiver.url())).await.status, Some(200));
        let report = courier.send(Outbound { timeout, ..post(&receiver.url()) }).await;
        assert_eq!(code(&report), "timeout");
        assert!(report.latency >= timeout && report.latency < timeout + Duration::from_millis(100));
        assert_eq!(receiver.connections(), 1);
    }
}

#[tokio::test]
async fn a_refused_connection_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let gone = listener.local_addr().expect("it listens");
    drop(listener);
    let report = send(&format!("http://{gone}/")).await;
    assert_eq!(code(&report), "connection_refused");
    assert!(report.failure.expect("a failure").is_connection());
}

#[tokio::test]
async fn a_reset_connection_is_named() {
    let receiver = Receiver::start(|mut accepted| async move {
        accepted.request().await.expect("a request");
        accepted.stream.set_zero_linger().expect("a socket");
    })
    .await;
    assert_eq!(code(&send(&receiver.url()).await), "connection_reset");
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_named() {
    for answer in ["", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n"] {
        let receiver = Receiver::start(move |mut accepted| async move {
            accepted.request().await.expect("a request");
            accepted.write(answer.as_bytes()).await;
        })
        .await;
        assert_eq!(code(&send(&receiver.url()).await), "connection_closed", "{answer:?}");
        assert_eq!(receiver.connections(), 1, "what may have been received is not sent twice");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_status_standing() {
    let receiver = Receiver::start(|mut accepted| async move {
        accepted.request().await.expect("a request");
        accepted.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
    })
    .await;
    let report = send(&receiver.url()).await;
    assert_eq!((report.status, report.body_cut), (Some(200), Some(BodyCut::Broken)));
    assert_eq!(report.excerpt, "half");
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    for answer in [&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..], b"\0\x01\x02\x03\r\n\r\n", b"HTTP/1.1 xyz\r\n\r\n"] {
        let receiver = Receiver::answering(answer).await;
        assert_eq!(code(&send(&receiver.url()).await), "protocol_error");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let filler = "x".repeat(3000);
    let headers: String = (0..90).map(|n| format!("x-{n}: {filler}\r\n")).collect();
    let answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n");
    let receiver = Receiver::answering(answer.leak().as_bytes()).await;
    assert_eq!(code(&send(&receiver.url()).await), "response_headers_too_large");
}

#[tokio::test]
async fn an_endless_head_does_not_fill_the_memory() {
    let receiver = Receiver::start(|mut accepted| async move {
        accepted.request().await.expect("a request");
        accepted.write(b"HTTP/1.1 200 OK\r\nx: ").await;
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..1000 {
            accepted.write(&piece).await;
        }
    })
    .await;
    assert_eq!(code(&send(&receiver.url()).await), "response_headers_too_large");
}
