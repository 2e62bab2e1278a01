//! The commands of an operator, on PostgreSQL.

use std::process::Command;
use std::sync::Arc;

use postrider_postgres::{Database, Pooler, programs};
use postrider_tests::{Act, Cli, Launch, MASTER_KEY, Product, ROOT_KEY, Receiver, Said, until};
use serde_json::json;

const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const HEADER: &str = "header-value-that-nobody-may-read";

async fn doctor(cli: &Cli, args: &[&str]) -> Said {
    cli.run(&[&["doctor", "--json", "--resolve", "localhost"], args].concat()).await
}

fn told(said: &Said, check: &str, level: &str, needle: &str) {
    let report = said.document();
    let checks = report["checks"].as_array().unwrap();
    let is_told = checks.iter().any(|found| {
        found["check"] == check && found["level"] == level && found["told"].as_str().unwrap().contains(needle)
    });
    assert!(is_told, "{check} does not {level} with {needle:?}: {report}");
}

#[tokio::test]
async fn the_doctor_finds_a_database_in_order_and_changes_nothing_in_it() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::node(dir.path(), &database);
    let said = doctor(&launch.cli(), &["--listen=127.0.0.1:1"]).await.expect(0);
    told(&said, "database", "ok", "PostgreSQL");
    told(&said, "store", "ok", "none yet");
    told(&said, "doorbell", "ok", "come through");
    told(&said, "master key", "ok", "can be read");
    told(&said, "connections", "ok", "up to 18");
    told(&said, "clock", "ok", "agrees");
    assert!(!said.out.contains(database.url()) && !said.out.contains(MASTER_KEY), "{said:?}");
    assert_eq!(database.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'postrider'"), ["0"]);

    let server = launch.start().await;
    let at = format!("http://{}", server.address);
    let said = doctor(&launch.cli(), &["--server", &at]).await.expect(0);
    told(&said, "store", "ok", "schema version");
    told(&said, "master key", "ok", "opens the store's secrets");
    told(&said, "server", "ok", "accepts events");
    let other = launch.cli().env("POSTRIDER_MASTER_KEY", NEW_KEY);
    told(&doctor(&other, &["--server", &at]).await.expect(1), "master key", "fail", "does not open");
    let nowhere = launch.cli().env("POSTRIDER_DATABASE_URL", "postgres://u:hunter22@127.0.0.1:1/d");
    let said = doctor(&nowhere, &["--listen=127.0.0.1:1"]).await.expect(1);
    told(&said, "database", "fail", "cannot connect");
    assert!(!said.out.contains("hunter22"), "{said:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_doctor_notices_a_pooler_that_no_option_tells_of() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let port = database.url().rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()?.parse().ok());
    let Some(pooler) = Pooler::before(port.unwrap()) else { return };
    let dir = tempfile::tempdir().unwrap();
    let cli = Launch::node(dir.path(), &database).cli();
    let cli = cli.env("POSTRIDER_DATABASE_URL", &pooler.url(database.name()));
    told(&doctor(&cli, &["--listen=127.0.0.1:1"]).await, "doorbell", "warn", "do not come through");
}

#[tokio::test]
async fn a_backup_is_left_to_the_servers_own_means() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("copy.db");
    let cli = Cli::default().env("POSTRIDER_DATABASE_URL", "postgres://u:hunter22@db.example/x");
    let said = cli.run(&["backup", "--to", target.to_str().unwrap()]).await.expect(2);
    assert!(said.err.contains("pg_dump") && !said.err.contains("hunter22"), "{said:?}");
    // Who names a directory means an embedded store.
    let args = ["backup", "--data-dir", dir.path().to_str().unwrap(), "--to", target.to_str().unwrap()];
    let said = cli.run(&args).await.expect(2);
    assert!(said.err.contains("there is no store in"), "{said:?}");
    assert!(!target.exists());
}

/// As docs/postgresql.md tells it: every node knows both keys before anything is sealed with the new one.
#[tokio::test]
async fn the_master_key_is_rotated_while_a_node_goes_on() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::node(dir.path(), &database);
    let none = launch.cli().run(&["keys", "rotate"]).await.expect(2);
    assert!(none.err.contains("no store"), "{none:?}");
    let server = launch.start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    server.stop().await;
    let both = |first: &str, second: &str| format!("{first},{second}");
    let server = launch.clone().env("POSTRIDER_MASTER_KEY", &both(NEW_KEY, MASTER_KEY)).start().await;
    let cli = launch.cli().env("POSTRIDER_MASTER_KEY", &both(NEW_KEY, MASTER_KEY));
    let told = cli.run(&["keys", "rotate"]).await.expect(0);
    assert!(told.out.contains("take the old key out"), "{told:?}");
    product.at(&server).send(json!({"n": 1})).await;
    receiver.wait_for(1).await;
    server.stop().await;
    let server = launch.env("POSTRIDER_MASTER_KEY", NEW_KEY).start().await;
    product.at(&server).send(json!({"n": 2})).await;
    receiver.wait_for(2).await;
    server.stop().await;
}

/// All that the database holds, as text; bytes are in hexadecimal digits in it.
fn dump(database: &Database) -> String {
    let program = programs().unwrap().join("pg_dump");
    let output = Command::new(program).arg("--dbname").arg(database.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn no_secret_and_no_key_is_readable_in_a_dump_or_the_log() {
    let Some(database) = Database::new().map(Arc::new) else { return };
    let dir = tempfile::tempdir().unwrap();
    let launch = Launch::node(dir.path(), &database).arg("--log-level=trace");
    let server = launch.start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": [1]}})).await;
    let receiver = Receiver::acting(|_, number| Act::Answer(if number == 0 { 500 } else { 204 })).await;
    let body = json!({"url": receiver.url(), "headers": {"X-Token": HEADER}});
    let endpoint = product.endpoint_with(body).await;
    let event = product.send(json!({"a": "word-of-the-event"})).await;
    receiver.wait_for(2).await;
    until("the delivery is settled", || async {
        (product.delivery(&event, &endpoint).await["status"] == "delivered").then_some(())
    })
    .await;
    server.stop().await;
    let (dump, log) = (dump(&database), launch.log());
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let holds = |text: &str| dump.contains(text) || dump.contains(&hex(text));
    assert!(holds("word-of-the-event"), "what is searched is what was stored");
    let secrets = [ROOT_KEY, &product.client.key, HEADER, &endpoint.secret, MASTER_KEY];
    for secret in secrets {
        assert!(!holds(secret), "{secret} is in the database");
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    assert!(!log.contains(database.url()), "the database's URL may hold a password");
}
