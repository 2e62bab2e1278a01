//! TLS: whom the courier trusts, who it is, and HTTP/2.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use postrider_courier::{BodyCut, Courier, CourierConfig, Outbound, TlsIdentity, Transport};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::sending::{code, config, courier, post};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// A certificate for `name` and its key, in PEM.
fn certificate(authority: &Issuer, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (params.signed_by(&key, authority).expect("a certificate"), key)
}

fn server_config(
    authority: &Issuer,
    name: &str,
    clients: Option<&Issuer>,
    protocols: &[&str],
) -> ServerConfig {
    let (certificate, key) = certificate(authority, name);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).expect("a certificate");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).expect("a pair");
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    config
}

struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// What the server says of a request: its version and what of it it understood.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if head.uri.path() == "/hang" {
        std::future::pending::<()>().await;
    }
    if head.uri.path() == "/huge" {
        return Ok(Response::new(Full::new(Bytes::from(vec![b'x'; 1024 * 1024]))));
    }
    let body = body.collect().await.expect("a body").to_bytes();
    let host = head.uri.authority().map(ToString::to_string);
    let said = format!("{:?} {host:?} {} {}", head.version, head.uri.path(), body.len());
    let mut response = Response::new(Full::new(said.into()));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

async fn serve(config: ServerConfig) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut serving = JoinSet::new();
        while let Ok((tcp, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            let counted = counted.clone();
            serving.spawn(async move {
                let Ok(tls) = acceptor.accept(tcp).await else { return };
                counted.fetch_add(1, Ordering::SeqCst);
                let is_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
                let io = TokioIo::new(tls);
                let _gone = if is_http2 {
                    let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    builder.serve_connection(io, service_fn(echo)).await
                } else {
                    hyper::server::conn::http1::Builder::new().serve_connection(io, service_fn(echo)).await
                };
            });
        }
    });
    Server { port, connections, _tasks: tasks }
}

impl Server {
    fn request(&self, path: &str, identity: &Arc<TlsIdentity>) -> Outbound {
        let url = format!("https://hook.example:{}{path}", self.port);
        Outbound { tls: Some(identity.clone()), ..post(&url) }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn trusting(authority: &Issuer) -> Arc<TlsIdentity> {
    Arc::new(TlsIdentity::from_pem(Some(authority.pem().as_bytes()), None).expect("a good identity"))
}

#[tokio::test]
async fn http2_is_agreed_on_and_its_connection_is_shared() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &["h2", "http/1.1"])).await;
    let (courier, identity) = (courier(), trusting(&authority));
    let report = courier.send(server.request("/a?b", &identity)).await;
    assert_eq!(report.status, Some(202), "{report:?}");
    let said = format!("HTTP/2.0 Some(\"hook.example:{}\") /a 11", server.port);
    assert_eq!(report.excerpt, said.as_bytes());
    let burst = (0..50).map(|_| courier.send(server.request("/a", &identity)));
    for report in futures::future::join_all(burst).await {
        assert_eq!(report.status, Some(202), "{report:?}");
    }
    assert_eq!(server.connections(), 1);
    assert_eq!((courier.counters().opened, courier.counters().reused), (1, 50));
}

#[tokio::test]
async fn without_http2_a_connection_is_kept_and_used_again() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &[])).await;
    let (courier, identity) = (courier(), trusting(&authority));
    for _ in 0..5 {
        let report = courier.send(server.request("/a", &identity)).await;
        assert_eq!(report.status, Some(202), "{report:?}");
        assert_eq!(report.excerpt, "HTTP/1.1 None /a 11");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_identity_read_again_shares_the_connections_of_the_first() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &["h2"])).await;
    let courier = courier();
    for _ in 0..3 {
        assert_eq!(courier.send(server.request("/a", &trusting(&authority))).await.status, Some(202));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn bounds_hold_over_http2_too() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &["h2"])).await;
    let (courier, identity) = (courier(), trusting(&authority));
    let huge = courier.send(server.request("/huge", &identity)).await;
    assert_eq!((huge.status, huge.body_cut), (Some(200), Some(BodyCut::Size)));
    assert_eq!(huge.excerpt.len(), 256);
    assert_eq!(courier.send(server.request("/a", &identity)).await.status, Some(202), "the others go on");
}

#[tokio::test]
async fn a_shared_connection_that_gives_no_answer_in_time_is_not_trusted_again() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &["h2"])).await;
    let (courier, identity) = (courier(), trusting(&authority));
    assert_eq!(courier.send(server.request("/a", &identity)).await.status, Some(202));
    let timeout = Duration::from_millis(20);
    let hanging = courier.send(Outbound { timeout, ..server.request("/hang", &identity) }).await;
    assert_eq!(code(&hanging), "timeout");
    assert_eq!(courier.send(server.request("/a", &identity)).await.status, Some(202));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_refused() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &["h2"])).await;
    let url = format!("https://hook.example:{}/", server.port);
    let report = courier().send(post(&url)).await;
    assert_eq!(code(&report), "tls_error");
    assert!(report.failure.expect("a failure").is_connection());
    let other = trusting(&self::authority());
    assert_eq!(code(&courier().send(server.request("/", &other)).await), "tls_error");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn authorities_of_the_configuration_are_trusted_without_an_identity() {
    let authority = authority();
    let server = serve(server_config(&authority, "hook.example", None, &["h2"])).await;
    let authorities = postrider_courier::read_authorities(authority.pem().as_bytes()).expect("an authority");
    let courier = Courier::new(CourierConfig { authorities, ..config() }).expect("a courier");
    let url = format!("https://hook.example:{}/a", server.port);
    assert_eq!(courier.send(post(&url)).await.status, Some(202));
    assert_eq!(code(&courier.send(server.request("/a", &trusting(&self::authority()))).await), "tls_error");
    assert!(postrider_courier::read_authorities(b"nothing of the kind").is_err());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = authority();
    let server = serve(server_config(&authority, "other.example", None, &["h2"])).await;
    let report = courier().send(server.request("/", &trusting(&authority))).await;
    assert_eq!(code(&report), "tls_error");
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_one_is_asked_for() {
    let (authority, clients) = (authority(), authority());
    let config = server_config(&authority, "hook.example", Some(&clients), &["h2", "http/1.1"]);
    let server = serve(config).await;
    let (chain, key) = certificate(&clients, "client.example");
    let (chain, key) = (chain.pem(), key.serialize_pem());
    let known =
        TlsIdentity::from_pem(Some(authority.pem().as_bytes()), Some((chain.as_bytes(), key.as_bytes())))
            .expect("a good identity");
    let report = courier().send(server.request("/a", &Arc::new(known))).await;
    assert_eq!(report.status, Some(202), "{report:?}");
    let unknown = courier().send(server.request("/a", &trusting(&authority))).await;
    assert!(unknown.failure.is_some_and(|failure| failure.is_connection()));
}

#[test]
fn an_identity_that_cannot_be_used_is_refused_when_it_is_read() {
    let authority = authority();
    let (chain, key) = certificate(&authority, "client.example");
    let (_, other_key) = certificate(&authority, "client.example");
    let (chain, key, other_key) = (chain.pem(), key.serialize_pem(), other_key.serialize_pem());
    let with = |chain: &str, key: &str| TlsIdentity::from_pem(None, Some((chain.as_bytes(), key.as_bytes())));
    assert!(with(&chain, &key).is_ok());
    assert!(with(&chain, &other_key).is_err(), "a key of another certificate");
    assert!(with("", &key).is_err());
    assert!(with(&chain, "nothing").is_err());
    assert!(TlsIdentity::from_pem(Some(b"nothing"), None).is_err());
    assert!(!format!("{:?}", with(&chain, &key)).contains("PRIVATE"));
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_named() {
    let plain = crate::receiver::Receiver::start(|mut accepted| async move {
        accepted.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let report = courier().send(post(&format!("https://{}/", plain.address))).await;
    assert_eq!(code(&report), "tls_error");
}
