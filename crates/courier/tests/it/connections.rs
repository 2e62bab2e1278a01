//! How connections are reused, and when they are not.

use std::sync::Arc;
use std::time::Duration;

use postrider_courier::{Courier, CourierConfig, Outbound, TlsIdentity, Transport};
use tokio::sync::Notify;

use crate::receiver::Receiver;
use crate::sending::{Answers, config, courier, post};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn one_connection_carries_request_after_request() {
    let receiver = Receiver::answering(OK).await;
    let courier = courier();
    for _ in 0..20 {
        assert_eq!(courier.send(post(&receiver.url())).await.status, Some(200));
    }
    assert_eq!(receiver.connections(), 1);
    let counters = courier.counters();
    assert_eq!((counters.opened, counters.reused, counters.idle), (1, 19, 1));
}

#[tokio::test]
async fn chunked_and_empty_answers_leave_the_connection_usable() {
    let answers: [&[u8]; 3] = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n",
    ];
    let receiver = Receiver::start(move |mut accepted| async move {
        let mut answers = answers.iter().cycle();
        while accepted.request().await.is_some() {
            accepted.write(answers.next().expect("an endless cycle")).await;
        }
    })
    .await;
    let courier = courier();
    for status in [200, 204, 500, 200, 204, 500] {
        assert_eq!(courier.send(post(&receiver.url())).await.status, Some(status));
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn endpoints_do_not_share_connections() {
    let receiver = Receiver::answering(OK).await;
    let courier = courier();
    for endpoint in [1, 2, 1, 2, -3] {
        assert_eq!(courier.send(Outbound { endpoint, ..post(&receiver.url()) }).await.status, Some(200));
    }
    assert_eq!(receiver.connections(), 3);
}

#[tokio::test]
async fn a_new_host_or_identity_gets_a_new_connection() {
    let receiver = Receiver::answering(OK).await;
    let courier = courier();
    let named = |name: &str| post(&format!("http://{name}:{}/hook", receiver.address.port()));
    let identity = TlsIdentity::from_pem(None, None).expect("an empty identity");
    assert_eq!(courier.send(named("a.example")).await.status, Some(200));
    assert_eq!(courier.send(named("b.example")).await.status, Some(200));
    assert_eq!(receiver.connections(), 2);
    let identified = Outbound { tls: Some(Arc::new(identity)), ..named("b.example") };
    assert_eq!(courier.send(identified).await.status, Some(200));
    assert_eq!(receiver.connections(), 3);
}

#[tokio::test]
async fn a_connection_the_receiver_gives_up_is_not_kept() {
    let answers: [&[u8]; 2] = [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
    ];
    for answer in answers {
        let receiver = Receiver::answering(answer).await;
        let courier = courier();
        for _ in 0..3 {
            assert_eq!(courier.send(post(&receiver.url())).await.status, Some(200));
        }
        assert_eq!((receiver.connections(), courier.counters().idle), (3, 0));
    }
}

#[tokio::test]
async fn a_connection_closed_while_idle_costs_no_attempt() {
    let (close, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, tell) = (close.clone(), closed.clone());
    let receiver = Receiver::start(move |mut accepted| {
        let (told, tell) = (told.clone(), tell.clone());
        async move {
            accepted.request().await.expect("a request");
            accepted.write(OK).await;
            told.notified().await;
            drop(accepted);
            tell.notify_one();
        }
    })
    .await;
    let courier = courier();
    for _ in 0..5 {
        assert_eq!(courier.send(post(&receiver.url())).await.status, Some(200));
        assert_eq!(courier.counters().idle, 1);
        close.notify_one();
        closed.notified().await;
        // The close is in the kernel: the runtime looks at it before it comes back to a task that yielded.
        tokio::task::yield_now().await;
    }
    assert_eq!(receiver.connections(), 5);
    assert_eq!(courier.counters().reopened, 4);
}

#[tokio::test(start_paused = true)]
async fn a_connection_grows_old_and_its_host_is_then_resolved_and_checked_anew() {
    let receiver = Receiver::answering(OK).await;
    let resolver = Answers::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let settings =
        CourierConfig { resolver: resolver.clone(), idle_timeout: Duration::from_secs(3600), ..config() };
    let courier = Courier::new(settings).expect("a courier");
    let request = || post(&format!("http://hook.example:{}/", receiver.address.port()));
    for _ in 0..4 {
        assert_eq!(courier.send(request()).await.status, Some(200));
        tokio::time::advance(Duration::from_secs(70)).await;
    }
    assert_eq!((receiver.connections(), resolver.asked()), (1, 1));
    tokio::time::advance(Duration::from_secs(21)).await;
    let report = courier.send(request()).await;
    assert_eq!(report.failure.expect("the new address is refused").code(), "blocked_address");
    assert_eq!((receiver.connections(), resolver.asked()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_idle_for_too_long_is_closed() {
    let receiver = Receiver::answering(OK).await;
    let courier = courier();
    assert_eq!(courier.send(post(&receiver.url())).await.status, Some(200));
    tokio::time::advance(Duration::from_secs(59)).await;
    courier.sweep();
    assert_eq!(courier.counters().idle, 1);
    tokio::time::advance(Duration::from_secs(2)).await;
    let elsewhere = Outbound { endpoint: 2, ..post(&receiver.url()) };
    assert_eq!(courier.send(elsewhere).await.status, Some(200));
    assert_eq!(courier.counters().idle, 1, "the other request swept the pool");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_used_in_the_moment_the_receiver_closes_it() {
    let answer = b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=5, max=100\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::answering(answer).await;
    let courier = courier();
    for (idle_ms, connections) in [(0, 1), (3_900, 1), (4_000, 2)] {
        tokio::time::advance(Duration::from_millis(idle_ms)).await;
        assert_eq!(courier.send(post(&receiver.url())).await.status, Some(200));
        assert_eq!(receiver.connections(), connections);
    }
}

#[tokio::test]
async fn no_more_idle_connections_are_kept_than_allowed() {
    let receiver = Receiver::answering(OK).await;
    let settings = CourierConfig { max_idle_per_endpoint: 2, max_idle: 3, ..config() };
    let courier = Courier::new(settings).expect("a courier");
    for endpoint in [1, 2] {
        let burst = (0..5).map(|_| courier.send(Outbound { endpoint, ..post(&receiver.url()) }));
        for report in futures::future::join_all(burst).await {
            assert_eq!(report.status, Some(200));
        }
    }
    assert_eq!(courier.counters().idle, 3);
}

#[tokio::test]
async fn many_connections_rest_and_are_used_again() {
    let receiver = Receiver::answering(OK).await;
    let courier = courier();
    for _ in 0..3 {
        for endpoint in 0..300 {
            let request = Outbound { endpoint, ..post(&receiver.url()) };
            assert_eq!(courier.send(request).await.status, Some(200));
        }
    }
    assert_eq!((receiver.connections(), courier.counters().idle), (300, 300));
}

#[tokio::test]
async fn what_comes_in_unasked_is_not_the_answer_to_the_next_request() {
    let told =
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 500 Unasked\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::answering(told).await;
    let courier = courier();
    for endpoint in (0..200).chain(0..200) {
        let report = courier.send(Outbound { endpoint, ..post(&receiver.url()) }).await;
        assert_eq!(report.status, Some(200));
    }
    assert_eq!((receiver.connections(), courier.counters().idle), (400, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_on_many_threads_lose_no_wake_up() {
    let receiver = Receiver::answering(OK).await;
    let courier = courier();
    let mut tasks = tokio::task::JoinSet::new();
    for endpoint in 0..32 {
        let (courier, request) =
            (courier.clone(), Outbound { endpoint: endpoint % 8, ..post(&receiver.url()) });
        tasks.spawn(async move {
            for _ in 0..200 {
                // A wake-up that got lost would end this attempt at its deadline.
                assert_eq!(courier.send(request.clone()).await.status, Some(200));
            }
        });
    }
    tasks.join_all().await;
    let counters = courier.counters();
    assert_eq!(counters.opened + counters.reused, 32 * 200);
    assert!(counters.opened <= 32, "{counters:?}");
}

#[tokio::test]
async fn an_attempt_that_is_dropped_closes_its_connection() {
    let closed = Arc::new(Notify::new());
    let tell = closed.clone();
    let asked = Arc::new(Notify::new());
    let tell_asked = asked.clone();
    let receiver = Receiver::start(move |mut accepted| {
        let (tell, tell_asked) = (tell.clone(), tell_asked.clone());
        async move {
            accepted.request().await.expect("a request");
            tell_asked.notify_one();
            accepted.closed().await;
            tell.notify_one();
        }
    })
    .await;
    let courier = courier();
    tokio::select! {
        biased;
        report = courier.send(post(&receiver.url())) => panic!("nobody answered, but: {report:?}"),
        () = asked.notified() => {}
    }
    closed.notified().await;
    assert_eq!(courier.counters().idle, 0);
}
