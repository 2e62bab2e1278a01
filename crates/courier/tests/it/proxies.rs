//! Through proxies: they are told the checked address, and pass the guard themselves.

use std::net::SocketAddr;

use postrider_courier::{Courier, CourierConfig, GuardPolicy, Proxy, ProxyKind, Report, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::receiver::{Accepted, Receiver};
use crate::sending::{Answers, code, post};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// A proxy that tells the test what it was asked, and connects to `to` whatever that was.
async fn http_proxy(to: SocketAddr, asked: mpsc::UnboundedSender<String>) -> Receiver {
    Receiver::start(move |mut accepted: Accepted| {
        let asked = asked.clone();
        async move {
            let request = accepted.request().await.expect("a request");
            asked.send(request.head).expect("the test waits");
            let mut target = TcpStream::connect(to).await.expect("the receiver listens");
            accepted.write(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n").await;
            let _closed = copy_bidirectional(&mut accepted.stream, &mut target).await;
        }
    })
    .await
}

async fn socks_proxy(to: SocketAddr, asked: mpsc::UnboundedSender<String>) -> Receiver {
    Receiver::start(move |mut accepted: Accepted| {
        let asked = asked.clone();
        async move {
            let stream = &mut accepted.stream;
            let mut greeting = [0; 3];
            stream.read_exact(&mut greeting).await.expect("a greeting");
            stream.write_all(&[5, greeting[2]]).await.expect("it listens");
            if greeting[2] == 2 {
                let mut login = [0; 11];
                stream.read_exact(&mut login).await.expect("a login");
                assert_eq!(&login, b"\x01\x04user\x04pass");
                stream.write_all(&[1, 0]).await.expect("it listens");
            }
            let mut head = [0; 4];
            stream.read_exact(&mut head).await.expect("a request");
            let length = match head[3] {
                1 => 4,
                3 => usize::from(stream.read_u8().await.expect("a length")),
                kind => unreachable!("address type {kind}"),
            };
            let mut host = vec![0; length];
            stream.read_exact(&mut host).await.expect("a host");
            let port = stream.read_u16().await.expect("a port");
            let host = if head[3] == 3 {
                String::from_utf8(host).expect("a name")
            } else {
                host.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
            };
            asked.send(format!("{host}:{port}")).expect("the test waits");
            let mut target = TcpStream::connect(to).await.expect("the receiver listens");
            stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.expect("it listens");
            let _closed = copy_bidirectional(stream, &mut target).await;
        }
    })
    .await
}

fn via(kind: ProxyKind, address: SocketAddr) -> Proxy {
    Proxy {
        kind,
        host: address.ip().to_string().into(),
        port: address.port(),
        credentials: None,
        allow_networks: vec!["127.0.0.1/32".parse().expect("a network")],
        proxy_resolves: false,
    }
}

async fn send(proxy: Proxy, url: &str, answer: &[&str]) -> Report {
    let guard = GuardPolicy { allow_http: true, ..GuardPolicy::default() };
    let config = CourierConfig { guard, proxy: Some(proxy), ..CourierConfig::new(Answers::new(&[answer])) };
    Courier::new(config).expect("a courier").send(post(url)).await
}

#[tokio::test]
async fn a_proxy_is_told_the_checked_address() {
    let receiver = Receiver::answering(OK).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    let proxy = http_proxy(receiver.address, tell.clone()).await;
    let report = send(via(ProxyKind::Http, proxy.address), "http://hook.example:81/", &["9.9.9.9"]).await;
    assert_eq!((report.status, report.dialled), (Some(200), Some("9.9.9.9:81".parse().expect("an address"))));
    let asked = told.recv().await.expect("it was asked");
    assert_eq!(asked, "CONNECT 9.9.9.9:81 HTTP/1.1\r\nHost: 9.9.9.9:81\r\n\r\n");

    let proxy = socks_proxy(receiver.address, tell).await;
    let report = send(via(ProxyKind::Socks5, proxy.address), "http://hook.example:81/", &["9.9.9.9"]).await;
    assert_eq!(report.status, Some(200), "{report:?}");
    assert_eq!(told.recv().await.expect("it was asked"), "9.9.9.9:81");
}

#[tokio::test]
async fn a_proxy_that_resolves_is_told_the_name() {
    let receiver = Receiver::answering(OK).await;
    let (tell, mut told) = mpsc::unbounded_channel();
    for kind in [ProxyKind::Http, ProxyKind::Socks5] {
        let proxy = match kind {
            ProxyKind::Socks5 => socks_proxy(receiver.address, tell.clone()).await,
            ProxyKind::Http | ProxyKind::Https => http_proxy(receiver.address, tell.clone()).await,
        };
        let credentials = Some(("user".into(), "pass".into()));
        let proxy = Proxy { proxy_resolves: true, credentials, ..via(kind, proxy.address) };
        let report = send(proxy, "http://hook.example/", &[]).await;
        assert_eq!((report.status, report.dialled), (Some(200), None), "{report:?}");
        let asked = told.recv().await.expect("it was asked");
        let expected = match kind {
            ProxyKind::Socks5 => "hook.example:80",
            ProxyKind::Http | ProxyKind::Https => {
                "CONNECT hook.example:80 HTTP/1.1\r\nHost: hook.example:80\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
            }
        };
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn a_target_that_is_refused_never_reaches_the_proxy() {
    let (tell, _told) = mpsc::unbounded_channel();
    let proxy = http_proxy("127.0.0.1:1".parse().expect("an address"), tell).await;
    let through = via(ProxyKind::Http, proxy.address);
    let report = send(through.clone(), "http://hook.example/", &["10.0.0.1"]).await;
    assert_eq!(code(&report), "blocked_address");
    let resolving = Proxy { proxy_resolves: true, ..through.clone() };
    assert_eq!(code(&send(resolving, "http://10.0.0.1/", &[]).await), "blocked_address");
    let opened_for_the_proxy_alone = send(through, "http://127.0.0.1/", &[]).await;
    assert_eq!(code(&opened_for_the_proxy_alone), "blocked_address");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_is_refused_is_not_dialled() {
    let (tell, _told) = mpsc::unbounded_channel();
    let proxy = http_proxy("127.0.0.1:1".parse().expect("an address"), tell).await;
    let closed = Proxy { allow_networks: Vec::new(), ..via(ProxyKind::Http, proxy.address) };
    assert_eq!(code(&send(closed, "http://9.9.9.9/", &[]).await), "proxy_error");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_proxy_that_says_no_is_named() {
    let answers: [&[u8]; 4] = [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 2",
        b"",
    ];
    for answer in answers {
        let proxy = Receiver::start(move |mut accepted| async move {
            accepted.request().await.expect("a request");
            accepted.write(answer).await;
        })
        .await;
        let report = send(via(ProxyKind::Http, proxy.address), "http://9.9.9.9/", &[]).await;
        assert_eq!(code(&report), "proxy_error");
    }
    let proxy = Receiver::start(|mut accepted| async move { accepted.write(&[5, 0xff]).await }).await;
    let report = send(via(ProxyKind::Socks5, proxy.address), "http://9.9.9.9/", &[]).await;
    assert_eq!(code(&report), "proxy_error");
}
