//! `postrider doctor`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::SystemTime;

use postrider_tests::{Cli, Launch, OnlyEmbedded, Product, Said, left_out};
use serde_json::{Value, json};

/// Every machine has this name.
const NAME: [&str; 2] = ["--resolve", "localhost"];

async fn doctor(cli: &Cli, args: &[&str]) -> Said {
    cli.run(&[&["doctor", "--json"], &NAME[..], args].concat()).await
}

/// The levels and texts of a check.
fn of(said: &Said, check: &str) -> Vec<(String, String)> {
    let report = said.document();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter().filter(|found| found["check"] == check);
    checks.map(|found| (text(&found["level"]), text(&found["told"]))).collect()
}

fn told(said: &Said, check: &str, level: &str, needle: &str) {
    let found = of(said, check);
    let is_told = found.iter().any(|(found, text)| found == level && text.contains(needle));
    assert!(is_told, "{check} does not {level} with {needle:?}: {found:?}");
}

/// Every file with its size and its last change.
fn snapshot(dir: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| {
        let (name, data) = (entry.as_ref().unwrap().file_name(), entry.unwrap().metadata().unwrap());
        (name.into_string().unwrap(), (data.len(), data.modified().unwrap()))
    });
    entries.collect()
}

#[tokio::test]
async fn a_running_server_and_its_directory_are_found_in_order() {
    if left_out(OnlyEmbedded::Doctor) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let data = launch.data().to_str().unwrap();
    let said = doctor(&product.cli(), &["--data-dir", data, "--min-free-bytes", "0"]).await.expect(0);
    assert_eq!(said.document()["ok"], true);
    told(&said, "store", "ok", "in use by a running server");
    told(&said, "master key", "ok", "can be read");
    told(&said, "data directory", "ok", "0700");
    told(&said, "server", "ok", "answers");
    told(&said, "server", "ok", "accepts events");
    told(&said, "server", "ok", "as this is");
    told(&said, "names", "ok", "127.0.0.1");
    let keyless = Cli::default().env("POSTRIDER_SERVER", &format!("http://{}", server.address));
    told(&doctor(&keyless, &["--data-dir", data]).await, "server", "ok", "takes a key");
    let wrong = keyless.env("POSTRIDER_KEY", "sk_live_wrong");
    told(&doctor(&wrong, &["--data-dir", data]).await, "server", "warn", "401");
    server.stop().await;
}

#[tokio::test]
async fn a_stopped_store_is_opened_and_left_as_it_was() {
    if left_out(OnlyEmbedded::Doctor) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    launch.start().await.stop().await;
    let before = snapshot(launch.data());
    let args = ["--data-dir", launch.data().to_str().unwrap(), "--listen", "127.0.0.1:1"];
    let said = doctor(&Cli::default(), &args).await;
    told(&said, "store", "ok", "opens, schema version ");
    told(&said, "store", "ok", "every page in order");
    told(&said, "master key", "ok", "opens the store's secrets");
    told(&said, "server", "ok", "none answers");
    assert_eq!(snapshot(launch.data()), before, "nothing is changed");
    launch.start().await.stop().await;
}

#[tokio::test]
async fn a_store_that_was_killed_is_left_to_the_next_start() {
    if left_out(OnlyEmbedded::Doctor) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    product.send(json!({})).await;
    server.kill().await;
    let before = snapshot(launch.data());
    let args = ["--data-dir", launch.data().to_str().unwrap(), "--listen", "127.0.0.1:1"];
    told(&doctor(&Cli::default(), &args).await, "store", "ok", "the next start recovers it");
    assert_eq!(snapshot(launch.data()), before, "nothing is changed");
}

#[tokio::test]
async fn what_is_wrong_with_a_directory_is_told_with_what_to_do() {
    if left_out(OnlyEmbedded::Doctor) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::new(dir.path());
    launch.start().await.stop().await;
    let data = launch.data();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let args = ["--data-dir", data.to_str().unwrap(), "--listen", "127.0.0.1:1"];

    mode(data, 0o755);
    mode(&data.join("postrider.db"), 0o644);
    let said = doctor(&Cli::default(), &args).await;
    told(&said, "data directory", "warn", "0755");
    told(&said, "data directory", "warn", "postrider.db (0644)");
    mode(&data.join("master.key"), 0o640);
    let said = doctor(&Cli::default(), &args).await.expect(1);
    told(&said, "data directory", "fail", "master.key (0640)");
    told(&said, "master key", "fail", "chmod 600");
    mode(&data.join("master.key"), 0o600);

    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let said = doctor(&Cli::default().env("POSTRIDER_MASTER_KEY", other), &args).await.expect(1);
    told(&said, "master key", "fail", "does not open the store's secrets");
    let said = doctor(&Cli::default().env("POSTRIDER_MASTER_KEY", "short"), &args).await.expect(1);
    told(&said, "master key", "fail", "32 bytes");
    std::fs::remove_file(data.join("master.key")).unwrap();
    told(&doctor(&Cli::default(), &args).await.expect(1), "master key", "fail", "is not there");

    std::fs::write(data.join("postrider.db"), vec![7; 4096]).unwrap();
    told(&doctor(&Cli::default(), &args).await.expect(1), "store", "fail", "is not a Postrider store");
    let full = [&args[..], &["--min-free-bytes", "9000000000000000000"]].concat();
    told(&doctor(&Cli::default(), &full).await.expect(1), "free disk", "fail", "503");
}

#[tokio::test]
async fn a_wrong_configuration_and_a_missing_server_fail() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("nowhere");
    let nowhere = nowhere.to_str().unwrap();
    let cli = Cli::default().env("POSTRIDER_LISTN", "x");
    let said = doctor(&cli, &["--data-dir", nowhere, "--server", "http://127.0.0.1:1"]).await.expect(1);
    told(&said, "server", "fail", "does not answer");
    told(&said, "environment", "warn", "POSTRIDER_LISTN");
    told(&said, "store", "ok", "none yet");
    told(&said, "data directory", "ok", "not there yet");
    assert!(!Path::new(nowhere).exists(), "nothing is made");

    let said = doctor(&Cli::default(), &["--listen", "nonsense"]).await.expect(1);
    told(&said, "configuration", "fail", "listen");
    let contract = dir.path().join("bad.toml");
    std::fs::write(&contract, "name = 1").unwrap();
    let args =
        ["--data-dir", nowhere, "--listen", "127.0.0.1:1", "--contract-file", contract.to_str().unwrap()];
    told(&doctor(&Cli::default(), &args).await.expect(1), "contract", "fail", "bad.toml");
    let args = ["doctor", "--json", "--data-dir", nowhere, "--resolve", "no-such-name.invalid"];
    told(&Cli::default().run(&args).await.expect(1), "names", "fail", "no-such-name.invalid");
}

#[tokio::test]
async fn each_setting_is_told_with_where_it_comes_from_and_no_secret_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("postrider.toml");
    std::fs::write(&file, "max_event_bytes = 1000\nlog_level = \"warn\"\n").unwrap();
    let cli = Cli::default()
        .env("POSTRIDER_LOG_LEVEL", "debug")
        .env("POSTRIDER_ROOT_KEY", "a-root-key-that-nobody-may-see");
    let data = dir.path().join("data");
    let args = ["doctor", "--config", file.to_str().unwrap(), "--data-dir", data.to_str().unwrap()];
    let said = cli.run(&[&args[..], &NAME, &["--listen", "127.0.0.1:1"]].concat()).await;
    let row = |key: &str| {
        let line = said.out.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("max_event_bytes"), ["1000", file.to_str().unwrap()]);
    assert_eq!(row("log_level"), ["debug", "POSTRIDER_LOG_LEVEL"]);
    assert_eq!(row("listen "), ["127.0.0.1:1", "--listen"]);
    assert_eq!(row("root_key"), ["(set)", "POSTRIDER_ROOT_KEY"]);
    assert!(row("worker_threads").is_empty(), "what has its default is told with --all");
    assert!(!said.out.contains("nobody-may-see"), "{said:?}");
    let all = cli.run(&[&args[..], &NAME, &["--all"]].concat()).await;
    assert!(all.out.contains("worker_threads"), "{all:?}");
}
