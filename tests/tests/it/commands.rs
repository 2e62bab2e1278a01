//! The commands beside `serve`.

use postrider_tests::{Cli, Launch, Product, ROOT_KEY};
use serde_json::{Value, json};

#[tokio::test]
async fn the_demo_shows_every_sample_event_verified_and_stays_up_until_ctrl_c() {
    let mut demo = Cli::default().start(&["demo", "--listen", "127.0.0.1:0"]);
    assert!(demo.line().await.starts_with("postrider ready on http://127.0.0.1:"));
    let (mut verified, mut refused) = (0, 0);
    let key = loop {
        let line = demo.line().await;
        assert!(!line.contains("NOT verified"), "{line}");
        verified += usize::from(line.starts_with("✓ signature verified · answered 204"));
        refused += usize::from(line.starts_with("✓ signature verified · answered 503"));
        if let Some((_, key)) = line.split_once("The key of this demo's project (it ends with the demo): ") {
            break key.to_owned();
        }
    };
    assert_eq!((verified, refused), (5, 1), "five sample events, the first attempt refused");
    assert!(key.starts_with("sk_live_"));
    let mut portal = String::new();
    while !portal.contains("/portal/pl_") {
        portal = demo.line().await;
    }
    let mut curl = String::new();
    while !curl.contains("curl ") {
        curl = demo.line().await;
    }
    assert!(curl.contains("/v1/events") && curl.contains(&key));
    assert_eq!(demo.interrupt().await, Some(0));
}

#[tokio::test]
async fn what_send_sends_listen_receives_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({"retry": {"schedule_seconds": []}})).await;
    // The address of the receiver is needed for the endpoint, the endpoint's secret for the receiver.
    let mut first = Cli::default().start(&["listen", "--listen", "127.0.0.1:0"]);
    let url = first.line().await.strip_prefix("receiving on ").unwrap().to_owned();
    assert_eq!(first.interrupt().await, Some(0));
    let endpoint = product.endpoint(&format!("{url}/hook")).await;
    let address = url.strip_prefix("http://").unwrap();
    let cli = product.cli().env("POSTRIDER_SECRET", &endpoint.secret);
    let mut listen = cli.start(&["listen", "--json", "--listen", address]);

    let data = r#"{"amount": 1.50}"#;
    // The receiver is up when it answers.
    postrider_tests::until("the receiver listens", || async {
        tokio::net::TcpStream::connect(address).await.is_ok().then_some(())
    })
    .await;
    let sent = cli.run(&["send", "--json", "--tenant", "t1", "--type", "a.b", "--data", data]).await;
    let accepted = sent.expect(0).document();
    assert_eq!(accepted["deliveries"], 1);
    let received: Value = serde_json::from_str(&listen.line().await).unwrap();
    assert_eq!(received["verified"], true);
    assert_eq!(received["path"], "/hook");
    assert_eq!(received["headers"]["webhook-id"], accepted["id"]);
    assert!(received["body"].as_str().unwrap().ends_with(r#""data":{"amount": 1.50}}"#));
    assert_eq!(listen.interrupt().await, Some(0));
    server.stop().await;
}

#[tokio::test]
async fn send_says_why_it_was_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = Cli::default().env("POSTRIDER_SERVER", &format!("http://{}", server.address));
    let said = cli.env("POSTRIDER_KEY", ROOT_KEY).run(&["send", "--tenant", "t1", "--type", "a.b"]).await;
    let said = said.expect(1).err;
    assert!(said.contains("403") || said.contains("401"), "{said}");
    assert!(!said.contains(ROOT_KEY));
    server.stop().await;
}

#[tokio::test]
async fn a_contract_file_is_checked_and_its_fault_named() {
    let dir = tempfile::tempdir().unwrap();
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/standard.toml");
    let bad = dir.path().join("bad.toml");
    std::fs::write(&bad, "name = \"bad\"\nnonsense = 1\n").unwrap();
    let check = async |file: &str| {
        let said = Cli::default().run(&["contract", "check", "--json", file]).await;
        (said.code, said.documents().remove(0))
    };
    let (code, told) = check(good).await;
    assert_eq!((code, &told["name"]), (0, &json!("standard")));
    let (code, told) = check(bad.to_str().unwrap()).await;
    assert_eq!((code, &told["ok"]), (1, &json!(false)));
}
