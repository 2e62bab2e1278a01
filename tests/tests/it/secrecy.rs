//! No secret and no key can be read in the data directory or the log (DESIGN 7).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_tests::{Act, Launch, OnlyEmbedded, Product, ROOT_KEY, Receiver, left_out, until};
use serde_json::json;

const HEADER: &str = "header-value-that-nobody-may-read";

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn no_secret_and_no_key_is_readable_in_the_data_directory_or_the_log() {
    if left_out(OnlyEmbedded::DataDirectory) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path()).arg("--log-level=trace");
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [1]}})).await;
    let receiver = Receiver::acting(|_, number| Act::Answer(if number == 0 { 500 } else { 204 })).await;
    let body = json!({"url": receiver.url(), "headers": {"X-Token": HEADER}});
    let endpoint = product.endpoint_with(body).await;
    let path = format!("{}/rotate-secret", endpoint.path());
    let rotated = product.client.post(&path, json!({"overlap_seconds": 60})).await.expect(200);
    let event = product.send(json!({})).await;
    receiver.wait_for(2).await;
    until("the delivery is settled", || async {
        (product.delivery(&event, &endpoint).await["status"] == "delivered").then_some(())
    })
    .await;
    server.stop().await;

    let mut secrets = vec![ROOT_KEY.to_owned(), product.client.key.clone(), HEADER.to_owned()];
    secrets.push(endpoint.secret.clone());
    secrets.push(rotated["secret"].as_str().unwrap().to_owned());
    let raw: Vec<Vec<u8>> = secrets
        .iter()
        .filter_map(|secret| STANDARD.decode(secret.strip_prefix("whsec_")?).ok())
        .chain(secrets.iter().map(|secret| secret.clone().into_bytes()))
        .collect();
    assert_eq!(raw.len(), secrets.len() + 2);
    let master = fs::read(launch.data().join("master.key")).unwrap();
    let log = dir.path().join("log");
    let found = files(launch.data());
    assert!(found.iter().any(|path| path.ends_with("postrider.db")), "the store is among what is searched");
    for path in found.iter().chain([&log]) {
        let bytes = fs::read(path).unwrap();
        for secret in &raw {
            assert!(!contains(&bytes, secret), "{} in {}", String::from_utf8_lossy(secret), path.display());
        }
        assert!(path.ends_with("master.key") || !contains(&bytes, master.trim_ascii()), "{}", path.display());
    }
}

#[tokio::test]
async fn the_key_file_and_the_data_directory_are_for_their_owner_alone() {
    if left_out(OnlyEmbedded::DataDirectory) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    launch.start().await.stop().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(launch.data()), 0o700);
    for path in files(launch.data()) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert!(launch.data().join("master.key").exists());
    fs::set_permissions(launch.data().join("master.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = launch.refused().await;
    assert!(code == 1 && said.contains("chmod 600"), "{said}");
}
