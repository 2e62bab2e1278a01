//! `postrider keys rotate`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use http::Method;
use postrider_tests::{Cli, Endpoint, Launch, OnlyEmbedded, Product, Receiver, Server, left_out};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

fn keys(data: &Path) -> Vec<String> {
    let path = data.join("master.key");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "the key is its owner's alone");
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

async fn rotate(data: &Path, more: &[&str]) -> Value {
    let args = ["keys", "rotate", "--json", "--data-dir", data.to_str().unwrap()];
    Cli::default().run(&[&args[..], more].concat()).await.expect(0).document()
}

/// That an event arrives, signed with the endpoint's secret, and that the secret can be read.
async fn still_signs(product: &Product, endpoint: &Endpoint, receiver: &Receiver) {
    let secret = product.client.get(&format!("{}/secret", endpoint.path())).await.expect(200);
    assert_eq!(secret["secret"], endpoint.secret);
    let before = receiver.arrived().len();
    product.send(json!({})).await;
    let arrived = receiver.wait_for(before + 1).await;
    let last = arrived.last().unwrap();
    Webhook::new(&endpoint.secret).unwrap().verify(&last.body, &last.headers).unwrap();
}

async fn at(launch: &Launch, product: &Product) -> (Server, Product) {
    let server = launch.start().await;
    let product = product.at(&server);
    (server, product)
}

#[tokio::test]
async fn after_a_rotation_every_secret_opens_with_the_new_key_alone() {
    if left_out(OnlyEmbedded::KeyFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let test_key = json!({"name": "t", "mode": "test", "scopes": ["*"]});
    let test_key = product.root.post("/v1/projects/acme/keys", test_key).await.expect(201);
    let test = postrider_tests::Client::new(server.address, test_key["key"].as_str().unwrap());
    let disabled = json!({"url": "http://127.0.0.1:1/", "enabled": false, "headers": {"X-Token": "hidden"}});
    let _ = test.post("/v1/tenants/t2/endpoints", disabled).await.expect(201);
    let deleted = product.endpoint(&receiver.url()).await;
    let _ = product.client.call(Method::DELETE, &deleted.path(), "").await.expect(204);
    let shown = product.client.get(&endpoint.path()).await.expect(200);
    server.stop().await;

    let old = keys(launch.data());
    let kept = dir.path().join("old.key");
    let told = rotate(launch.data(), &["--keep-old", kept.to_str().unwrap()]).await;
    assert_eq!(
        (&told["resealed"], &told["resumed"]),
        (&json!(3), &json!(false)),
        "both worlds, disabled and deleted ones too"
    );
    let new = keys(launch.data());
    assert_eq!(new.len(), 1, "the old key is gone");
    assert_ne!(new, old);
    assert_eq!(std::fs::read_to_string(&kept).unwrap().trim(), old[0]);
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!launch.data().join("master.key.partial").exists());

    let (server, product) = at(&launch, &product).await;
    still_signs(&product, &endpoint, &receiver).await;
    let now = product.client.get(&endpoint.path()).await.expect(200);
    assert_eq!(now["updated_at"], shown["updated_at"], "to its owner the endpoint did not change");
    let audit = product.client.get("/v1/audit?action=endpoint.reseal").await.expect(200);
    assert!(audit["data"].as_array().unwrap().iter().any(|entry| entry["target"] == endpoint.id), "{audit}");
    server.stop().await;

    std::fs::write(launch.data().join("master.key"), &old[0]).unwrap();
    let (code, log) = launch.refused().await;
    assert_eq!(code, 1);
    assert!(log.contains("does not open"), "the old key opens nothing any more: {log}");
}

#[tokio::test]
async fn a_running_server_is_left_alone() {
    if left_out(OnlyEmbedded::KeyFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let before = keys(launch.data());
    let data = launch.data().to_str().unwrap();
    let refused = Cli::default().run(&["keys", "rotate", "--data-dir", data]).await.expect(1);
    assert!(refused.err.contains("stop it"), "{refused:?}");
    assert_eq!(keys(launch.data()), before);
    server.stop().await;
    let missing = dir.path().join("nowhere");
    let refused =
        Cli::default().run(&["keys", "rotate", "--data-dir", missing.to_str().unwrap()]).await.expect(2);
    assert!(refused.err.contains("no store"), "{refused:?}");
    assert!(!missing.exists(), "nothing is made");
}

#[tokio::test]
async fn where_the_old_key_cannot_be_kept_nothing_is_begun() {
    if left_out(OnlyEmbedded::KeyFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    launch.start().await.stop().await;
    let before = keys(launch.data());
    let (data, taken) = (launch.data().to_str().unwrap(), dir.path().join("taken"));
    std::fs::write(&taken, "something else").unwrap();
    let args = ["keys", "rotate", "--data-dir", data, "--keep-old", taken.to_str().unwrap()];
    let refused = Cli::default().run(&args).await.expect(1);
    assert!(refused.err.contains("taken"), "{refused:?}");
    assert_eq!(keys(launch.data()), before);
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "something else");

    std::fs::set_permissions(launch.data().join("master.key"), std::fs::Permissions::from_mode(0o644))
        .unwrap();
    let refused = Cli::default().run(&["keys", "rotate", "--data-dir", data]).await.expect(1);
    assert!(refused.err.contains("chmod 600"), "{refused:?}");
}

#[tokio::test]
async fn an_interrupted_rotation_leaves_a_store_that_starts_and_is_finished_by_the_next() {
    if left_out(OnlyEmbedded::KeyFile) {
        return;
    }
    const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let first = product.endpoint(&receiver.url()).await;
    server.stop().await;

    // As a run leaves it that was killed after it had made its new key.
    let old = keys(launch.data()).remove(0);
    std::fs::write(launch.data().join("master.key"), format!("{NEW}\n{old}\n")).unwrap();
    let (server, product) = at(&launch, &product).await;
    still_signs(&product, &first, &receiver).await;
    // Sealed with the new key, as some are where a run was killed later.
    let body = json!({"url": receiver.url(), "event_types": ["never"]});
    let second = product.endpoint_with(body).await;
    server.stop().await;

    let doctor = Cli::default().run(&["doctor", "--data-dir", launch.data().to_str().unwrap()]).await;
    assert!(doctor.out.contains("a rotation was interrupted"), "{doctor:?}");
    let told = rotate(launch.data(), &[]).await;
    assert_eq!((&told["resumed"], &told["resealed"]), (&json!(true), &json!(1)));
    assert_eq!(keys(launch.data()), [NEW], "the new key of the first run, and no other");
    let (server, product) = at(&launch, &product).await;
    still_signs(&product, &first, &receiver).await;
    let shown = product.client.get(&format!("{}/secret", second.path())).await.expect(200);
    assert_eq!(shown["secret"], second.secret);
    server.stop().await;
}

#[tokio::test]
async fn a_key_that_is_given_is_rotated_by_giving_both() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) =
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    let launch = Launch::new(dir.path()).env("POSTRIDER_MASTER_KEY", old);
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint = product.endpoint(&receiver.url()).await;
    server.stop().await;

    let rotate = ["keys", "rotate", "--data-dir", launch.data().to_str().unwrap()];
    let alone = launch.cli().env("POSTRIDER_MASTER_KEY", old).run(&rotate).await.expect(2);
    assert!(alone.err.contains("NEW,OLD"), "{alone:?}");
    let wrong =
        launch.cli().env("POSTRIDER_MASTER_KEY", &format!("{new},{new}")).run(&rotate).await.expect(1);
    assert!(wrong.err.contains("does not open"), "{wrong:?}");
    let told = launch.cli().env("POSTRIDER_MASTER_KEY", &format!("{new},{old}")).run(&rotate).await.expect(0);
    assert!(told.out.contains("take the old key out of POSTRIDER_MASTER_KEY"), "{told:?}");
    assert!(!told.out.contains(old) && !told.out.contains(new));
    assert!(!launch.data().join("master.key").exists());

    let (server, product) = at(&launch.env("POSTRIDER_MASTER_KEY", new), &product).await;
    still_signs(&product, &endpoint, &receiver).await;
    server.stop().await;
}
