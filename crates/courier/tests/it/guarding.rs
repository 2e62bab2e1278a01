//! The guard, seen from outside: what is refused is never dialled.

use std::net::SocketAddr;
use std::sync::Arc;

use postrider_courier::{
    Courier, CourierConfig, Failure, GuardPolicy, Outbound, Report, Resolve, Target, Transport,
};

use crate::receiver::Receiver;
use crate::sending::{Answers, code, post};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Only 127.0.0.1 is open: 127.0.0.2 stands for all that is not.
fn policy() -> GuardPolicy {
    GuardPolicy {
        allow_http: true,
        allow_private: false,
        allow_networks: vec!["127.0.0.1/32".parse().expect("a network")],
    }
}

fn courier(resolver: Arc<dyn Resolve>) -> Courier {
    Courier::new(CourierConfig { guard: policy(), ..CourierConfig::new(resolver) }).expect("a courier")
}

async fn send(resolver: Arc<dyn Resolve>, url: &str) -> Report {
    courier(resolver).send(post(url)).await
}

/// Two receivers on one port, at 127.0.0.1 and 127.0.0.2.
async fn open_and_closed() -> (Receiver, Receiver) {
    let answer = |mut accepted: crate::receiver::Accepted| async move {
        while accepted.request().await.is_some() {
            accepted.write(OK).await;
        }
    };
    let open = Receiver::start(answer).await;
    let closed =
        Receiver::start_at(SocketAddr::new([127, 0, 0, 2].into(), open.address.port()), answer).await;
    (open, closed)
}

#[tokio::test]
async fn a_name_with_a_good_and_a_bad_address_is_refused_whole() {
    let (open, closed) = open_and_closed().await;
    let url = format!("http://mixed.example:{}/", open.address.port());
    for answer in [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "::ffff:127.0.0.2"]]
    {
        let report = send(Answers::new(&[&answer]), &url).await;
        assert_eq!(code(&report), "blocked_address", "{answer:?}");
        assert_eq!(report.dialled, None);
        assert!(!report.failure.expect("a failure").is_connection());
    }
    assert_eq!((open.connections(), closed.connections()), (0, 0));
}

#[tokio::test]
async fn a_name_that_changes_its_answer_never_reaches_the_second_address() {
    let (open, closed) = open_and_closed().await;
    let url = format!("http://rebinding.example:{}/", open.address.port());
    let resolver = Answers::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let courier = courier(resolver.clone());
    let first = courier.send(post(&url)).await;
    assert_eq!((first.status, first.dialled), (Some(200), Some(open.address)));
    assert_eq!(resolver.asked(), 1, "the address that was checked is the one dialled, without a second look");
    for _ in 0..3 {
        assert_eq!(code(&courier.send(post(&url)).await), "blocked_address");
    }
    assert_eq!((open.connections(), closed.connections()), (1, 0));
}

#[tokio::test]
async fn a_literal_address_is_judged_again_when_it_is_dialled() {
    let (_open, closed) = open_and_closed().await;
    let saved_in_dev = format!("http://{}/", closed.address);
    let report = send(Answers::new(&[]), &saved_in_dev).await;
    assert_eq!(code(&report), "blocked_address");
    let mapped = format!("http://[::ffff:127.0.0.2]:{}/", closed.address.port());
    assert_eq!(code(&send(Answers::new(&[]), &mapped).await), "blocked_address");
    assert_eq!(closed.connections(), 0);
}

#[tokio::test]
async fn every_form_of_a_refused_address_is_refused_at_the_dial() {
    let addresses = [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.2",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:a00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for address in addresses {
        let report = send(Answers::new(&[&[address]]), "http://hook.example/").await;
        assert_eq!((code(&report), report.dialled), ("blocked_address", None), "{address}");
    }
}

#[tokio::test]
async fn a_plain_http_url_is_not_sent_to_where_only_https_is_allowed() {
    let open = Receiver::answering(OK).await;
    let guard = GuardPolicy { allow_http: false, ..policy() };
    let courier = Courier::new(CourierConfig { guard, ..CourierConfig::new(Answers::new(&[])) });
    let report = courier.expect("a courier").send(post(&open.url())).await;
    assert!(matches!(report.failure, Some(Failure::BadUrl(_))), "{report:?}");
    assert_eq!(open.connections(), 0);
}

#[tokio::test]
async fn a_name_without_an_address_is_a_dns_error() {
    let report = send(Answers::new(&[]), "http://nowhere.example/").await;
    assert_eq!(code(&report), "dns_error");
    assert_eq!(code(&send(Answers::new(&[&[]]), "http://nowhere.example/").await), "dns_error");
}

#[tokio::test]
async fn an_address_that_does_not_answer_gives_way_to_the_next() {
    let (open, _closed) = open_and_closed().await;
    let lone = Receiver::start_at(SocketAddr::new([127, 0, 0, 3].into(), 0), |_| async {}).await;
    let port = lone.address.port();
    drop(lone);
    let receiver =
        Receiver::start_at(SocketAddr::new([127, 0, 0, 4].into(), port), |mut accepted| async move {
            accepted.request().await.expect("a request");
            accepted.write(OK).await;
        })
        .await;
    let guard = GuardPolicy::dev();
    let resolver = Answers::new(&[&["127.0.0.3", "127.0.0.4"]]);
    let courier = Courier::new(CourierConfig { guard, ..CourierConfig::new(resolver) }).expect("a courier");
    let report = courier.send(post(&format!("http://two.example:{port}/"))).await;
    assert_eq!((report.status, report.dialled), (Some(200), Some(receiver.address)));
    assert_eq!(open.connections(), 0);
}

#[tokio::test]
async fn the_system_resolver_honours_the_hosts_file() {
    let receiver = Receiver::answering(OK).await;
    let resolver = Arc::new(postrider_courier::SystemResolver::new().expect("a resolver"));
    let guard = GuardPolicy::dev();
    let courier = Courier::new(CourierConfig { guard: guard.clone(), ..CourierConfig::new(resolver) });
    let url = format!("http://localhost:{}/", receiver.address.port());
    let target = Arc::new(Target::parse(&url, &guard).expect("a good URL in dev"));
    let report = courier.expect("a courier").send(Outbound { target, ..post(&url) }).await;
    assert_eq!(report.status, Some(200), "{report:?}");
}
