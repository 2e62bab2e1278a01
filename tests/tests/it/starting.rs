//! What stops a start, and what it says.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use postrider_tests::{Client, Launch, OnlyEmbedded, Product, ROOT_KEY, left_out};
use serde_json::json;

/// Where SQLite keeps the version that an application gives its file (file format, 1.3).
const USER_VERSION_AT: u64 = 60;

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

async fn stopped_store(launch: &Launch) -> std::path::PathBuf {
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    product.send(json!({})).await;
    server.stop().await;
    launch.data().join("postrider.db")
}

#[tokio::test]
async fn a_data_directory_in_use_is_refused() {
    if left_out(OnlyEmbedded::DataDirectory) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let (code, said) = launch.refused().await;
    assert_eq!(code, 1);
    assert!(said.contains("in use by another process"), "{said}");
    assert_eq!(
        Client::new(server.address, "").get("/healthz").await.status,
        200,
        "the first one is undisturbed"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_with_what_to_do() {
    if left_out(OnlyEmbedded::DatabaseFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let database = stopped_store(&launch).await;
    overwrite(&database, USER_VERSION_AT, &9_999_u32.to_be_bytes());
    let (code, said) = launch.refused().await;
    assert_eq!(code, 1);
    assert!(said.contains("9999") && said.contains("newer version") && said.contains("backup"), "{said}");
}

#[tokio::test]
async fn a_corrupt_database_is_refused_with_what_to_do() {
    if left_out(OnlyEmbedded::DatabaseFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let database = stopped_store(&launch).await;
    let size = fs::metadata(&database).unwrap().len();
    for at in (4096..size).step_by(4096) {
        overwrite(&database, at, &[0xa5; 2048]);
    }
    let (code, said) = launch.refused().await;
    assert_eq!(code, 1);
    assert!(said.contains("damaged") && said.contains("backup"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    if left_out(OnlyEmbedded::DatabaseFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    fs::create_dir(launch.data()).unwrap();
    fs::write(
        launch.data().join("postrider.db"),
        "not a database, but long enough to be looked at".repeat(100),
    )
    .unwrap();
    let (code, said) = launch.refused().await;
    assert_eq!(code, 1);
    assert!(said.contains("postrider.db"), "{said}");
}

#[tokio::test]
async fn another_master_key_is_refused_with_what_to_do() {
    if left_out(OnlyEmbedded::KeyFile) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    stopped_store(&launch).await;
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (code, said) = launch.clone().env("POSTRIDER_MASTER_KEY", other).refused().await;
    assert_eq!(code, 1);
    assert!(said.contains("master.key") && !said.contains(other), "{said}");
    fs::remove_file(launch.data().join("master.key")).unwrap();
    let (code, said) = launch.refused().await;
    assert_eq!(code, 1);
    assert!(said.contains("POSTRIDER_MASTER_KEY"), "{said}");
    assert!(!launch.data().join("master.key").exists(), "no new key in place of the lost one");
}

#[tokio::test]
async fn wrong_options_end_with_2_and_a_message() {
    let dir = tempfile::tempdir().unwrap();
    for (launch, needle) in [
        (Launch::new(dir.path()).arg("--listen=nowhere"), "listen"),
        (Launch::new(dir.path()).env("POSTRIDER_ROOT_KEY", "short"), "24 characters"),
        (Launch::new(dir.path()).env("POSTRIDER_DEV", "perhaps"), "dev"),
        (Launch::new(dir.path()).arg("--config=/nowhere.toml"), "/nowhere.toml"),
        (Launch::new(dir.path()).arg("--no-such-option"), "--no-such-option"),
        (Launch::new(dir.path()).arg("--max-event-bytes=0"), "max_event_bytes"),
        (
            Launch::new(dir.path()).env("POSTRIDER_LIMITS_MAX_BATCH_EVENTS", "0"),
            "limits.max_batch_events (in the environment): this is a whole number from 1 to 10000, not 0",
        ),
    ] {
        let (code, said) = launch.refused().await;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(needle), "{said} does not name {needle}");
        assert!(!launch.data().exists(), "a wrong option leaves nothing behind");
    }
}

#[tokio::test]
async fn a_node_without_the_others_is_refused_a_role() {
    if left_out(OnlyEmbedded::Roles) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path()).arg("--role=worker");
    let (code, said) = launch.refused().await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("role") && said.contains("--database-url"), "{said}");
    assert!(!launch.data().exists());
}

#[tokio::test]
async fn a_limit_of_the_file_holds_for_requests() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("postrider.toml");
    fs::write(&file, "[limits]\nmax_batch_events = 2\n").unwrap();
    let server = Launch::new(dir.path()).arg("--config").arg(file.to_str().unwrap()).start().await;
    let product = Product::create(&server, json!({})).await;
    let event = json!({"tenant": "t1", "type": "a.b", "data": {}});
    let batch = |size: usize| json!({"events": vec![event.clone(); size]});
    let _ = product.client.post("/v1/events/batch", batch(2)).await.expect(202);
    let refused = product.client.post("/v1/events/batch", batch(3)).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], "/events");
    assert_eq!(refused["errors"][0]["detail"], "A batch has at most 2 events, this one has 3.");
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_variable_is_warned_of_and_not_refused() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path()).env("POSTRIDER_LISTN", "127.0.0.1:1");
    launch.start().await.stop().await;
    assert!(launch.log().contains("POSTRIDER_LISTN"));
}

#[tokio::test]
async fn flag_wins_over_environment_over_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("postrider.toml");
    fs::write(&file, "egress_ips = [\"192.0.2.1\"]\npublic_url = \"https://file.example\"\n").unwrap();
    let launch = || Launch::new(dir.path()).arg("--config").arg(file.to_str().unwrap());
    let shown = async |launch: Launch| {
        let server = launch.start().await;
        let _ = Client::new(server.address, ROOT_KEY);
        let product = Product::create(&server, json!({})).await;
        let meta = product.client.get("/v1/meta").await.expect(200);
        server.stop().await;
        // The next one begins with an empty store.
        let _ = fs::remove_dir_all(launch.data());
        meta["egress_ips"][0].as_str().unwrap().to_owned()
    };
    assert_eq!(shown(launch()).await, "192.0.2.1");
    let with_variable = || launch().env("POSTRIDER_EGRESS_IPS", "192.0.2.2");
    assert_eq!(shown(with_variable()).await, "192.0.2.2");
    assert_eq!(shown(with_variable().arg("--egress-ips=192.0.2.3")).await, "192.0.2.3");
}

#[tokio::test]
async fn a_generated_root_key_is_printed_once_and_works_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path()).env("POSTRIDER_ROOT_KEY", "");
    let server = launch.start().await;
    let log = launch.log();
    let key = log.split_whitespace().find(|word| word.starts_with("rk_")).expect("it is printed").to_owned();
    let _ = Client::new(server.address, &key).get("/v1/projects").await.expect(200);
    server.stop().await;
    let server = launch.start().await;
    let _ = Client::new(server.address, &key).get("/v1/projects").await.expect(200);
    let _ = Client::new(server.address, "rk_other").get("/v1/projects").await.expect(401);
    assert_eq!(launch.log().matches("rk_").count(), 1);
    server.stop().await;
}
