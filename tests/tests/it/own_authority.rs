//! Receivers with certificates of an authority that the system does not know (`--ca-file`).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use postrider_tests::{Launch, Product, until};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A receiver that answers 204 to one request of each connection, and the file of the authority that vouches for it.
struct Vouched {
    dir: tempfile::TempDir,
    address: SocketAddr,
    ca_file: PathBuf,
    _task: JoinSet<()>,
}

impl Vouched {
    async fn start() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = names.signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let ca_file = dir.path().join("ca.pem");
        std::fs::write(&ca_file, authority.pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Who does not trust us ends the handshake; the next one may.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await;
                if matches!(read, Ok(count) if count > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        Self { dir, address, ca_file, _task: task }
    }

    fn launch(&self) -> Launch {
        Launch::new(self.dir.path())
    }
}

#[tokio::test]
async fn an_authority_of_a_file_is_trusted_and_without_it_the_delivery_fails() {
    let receiver = Vouched::start().await;
    let launch = receiver.launch();
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": []}})).await;
    let endpoint = product.endpoint(&format!("https://{}/hook", receiver.address)).await;
    let event = product.send(json!({})).await;
    let failed = until("the delivery is given up", || async {
        let delivery = product.delivery(&event, &endpoint).await;
        (delivery["status"] == "failed").then_some(delivery)
    })
    .await;
    assert_eq!(failed["attempts"][0]["error"], "tls_error", "{failed}");
    server.stop().await;

    let server = launch.arg("--ca-file").arg(receiver.ca_file.to_str().unwrap()).start().await;
    let product = product.at(&server);
    let event = product.send(json!({})).await;
    until("the delivery is made", || async {
        let delivery = product.delivery(&event, &endpoint).await;
        (delivery["status"] == "delivered").then_some(())
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_file_without_a_certificate_stops_the_start_and_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "nothing of the kind").unwrap();
    for path in [empty.to_str().unwrap(), "/nowhere.pem"] {
        let (_, said) = Launch::new(dir.path()).arg("--ca-file").arg(path).refused().await;
        assert!(said.contains(path) && said.contains("certificate authorities"), "{said}");
    }
}
