//! The way to PostgreSQL is encrypted, and the server proves who it is.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use postrider_postgres::{Database, Server as Postgres, ServerOptions};
use postrider_tests::{Launch, Product, Receiver};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

/// A server with a certificate for `localhost`, and in `dir/ca.pem` the authority that vouches for it.
fn vouched(dir: &Path) -> Option<Postgres> {
    let postgres = Postgres::new(ServerOptions::default())?;
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    std::fs::write(dir.join("ca.pem"), authority.pem()).unwrap();
    for (name, pem) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = dir.join(name);
        std::fs::write(&path, pem).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        if let Some(owner) = owner() {
            chown(&path, Some(owner), Some(owner)).unwrap();
        }
    }
    std::fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    for (setting, name) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
        postgres.set(setting, &dir.join(name).display().to_string());
    }
    postgres.set("ssl", "on");
    Some(postgres)
}

/// As root the server runs as `postgres`, whose the key must be.
fn owner() -> Option<u32> {
    let id = |of: &[&str]| {
        let output = Command::new("id").args(of).output().expect("id is there").stdout;
        String::from_utf8_lossy(&output).trim().parse::<u32>().ok()
    };
    if id(&["-u"]) == Some(0) { id(&["-u", "postgres"]) } else { None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_to_postgresql_is_encrypted_and_only_a_server_that_is_vouched_for_is_spoken_to() {
    let dir = tempfile::tempdir().unwrap();
    let Some(postgres) = vouched(dir.path()) else { return };
    let database = Arc::new(Database::on(&postgres.url()));
    let url = |parameters: &str| format!("{}?{parameters}", database.url().replace("127.0.0.1", "localhost"));
    let launch = |url: &str| Launch::node(dir.path(), &database).env("POSTRIDER_DATABASE_URL", url);
    let root = format!("sslrootcert={}", dir.path().join("ca.pem").display());

    let server = launch(&url(&format!("sslmode=verify-full&{root}"))).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    product.endpoint(&receiver.url()).await;
    product.send(json!({"n": 1})).await;
    receiver.wait_for(1).await;
    let sessions = "SELECT count(*) FILTER (WHERE ssl) || ' of ' || count(*) FROM pg_stat_ssl
                    JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()";
    let encrypted = database.ask(sessions).concat();
    let (with, of) = encrypted.split_once(" of ").expect("two counts");
    assert!(with == of && with != "0", "{encrypted} are encrypted");
    server.stop().await;

    let unknown = launch(&url("sslmode=verify-full")).refused().await;
    assert_ne!(unknown.0, 0, "the system's authorities do not know the server: {}", unknown.1);
    let elsewhere = format!("{}?sslmode=verify-full&{root}", database.url());
    let other_name = launch(&elsewhere).refused().await;
    assert_ne!(other_name.0, 0, "the certificate is for another name: {}", other_name.1);
    postgres.set("ssl", "off");
    let plain = launch(&url("sslmode=require")).refused().await;
    assert_ne!(plain.0, 0, "a server without TLS: {}", plain.1);
}
