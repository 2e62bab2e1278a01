//! Signatures, verified by the published packages of Standard Webhooks.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use postrider_tests::{Delivery, Endpoint, Launch, Product, Receiver, not_installed, repository};
use serde_json::json;
use standardwebhooks::Webhook;

async fn one_delivery() -> (Delivery, Endpoint) {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint = product.endpoint(&receiver.url()).await;
    product.send(json!({"name": "Zoë", "amount": 1.5})).await;
    let delivery = receiver.wait_for(1).await.remove(0);
    server.stop().await;
    (delivery, endpoint)
}

#[tokio::test]
async fn a_delivery_is_verified_by_the_rust_package() {
    let (delivery, endpoint) = one_delivery().await;
    let webhook = Webhook::new(&endpoint.secret).unwrap();
    webhook.verify(&delivery.body, &delivery.headers).unwrap();
    assert!(webhook.verify(b"{}", &delivery.headers).is_err());
    assert!(delivery.header("webhook-id").starts_with("evt_"));
}

#[tokio::test]
async fn a_delivery_is_verified_by_the_python_package() {
    let python = repository().join("target/verify/python/bin/python");
    verified_by(&python, "verify.py").await;
}

#[tokio::test]
async fn a_delivery_is_verified_by_the_javascript_package() {
    if !repository().join("target/verify/node_modules/standardwebhooks").exists() {
        return not_installed("the JavaScript package");
    }
    verified_by(Path::new("node"), "verify.cjs").await;
}

#[tokio::test]
async fn both_secrets_sign_during_the_overlap_of_a_rotation() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let path = format!("{}/rotate-secret", endpoint.path());
    let rotated = product.client.post(&path, json!({"overlap_seconds": 3600})).await.expect(200);
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(new, endpoint.secret);
    product.send(json!({})).await;
    let delivery = receiver.wait_for(1).await.remove(0);
    for secret in [new, &endpoint.secret] {
        Webhook::new(secret).unwrap().verify(&delivery.body, &delivery.headers).unwrap();
    }
    server.stop().await;
}

async fn verified_by(program: &Path, script: &str) {
    if program.is_absolute() && !program.exists() {
        return not_installed(&program.display().to_string());
    }
    let (delivery, endpoint) = one_delivery().await;
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> =
        headers.into_iter().map(|name| (name.to_owned(), delivery.header(name).into())).collect();
    let body = std::str::from_utf8(&delivery.body).unwrap();
    let given = json!({"secret": endpoint.secret, "headers": headers, "body": body}).to_string();
    let mut child = Command::new(program)
        .arg(repository().join("tests/verify").join(script))
        .env("NODE_PATH", repository().join("target/verify/node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(given.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout.trim_ascii(), b"verified");
}
