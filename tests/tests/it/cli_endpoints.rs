//! `postrider endpoint`.

use postrider_tests::{Act, Launch, Product, Receiver};
use serde_json::json;

#[tokio::test]
async fn an_endpoint_is_made_shown_changed_and_deleted_by_commands() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = Product::create(&server, json!({})).await.cli();
    assert!(cli.run(&["endpoint", "list"]).await.expect(0).out.contains("no endpoints"));
    let filter = r#"{"data":{"amount":{"$gt":5}}}"#;
    let create = [
        "endpoint",
        "create",
        "--url",
        "http://127.0.0.1:1/hook",
        "--type",
        "contact.*,deal.won",
        "--name",
        "CRM",
        "--filter",
        filter,
        "--header",
        "X-Env=prod",
        "--rate",
        "20",
        "--batch-size",
        "10",
        "--retry",
        "1,2",
        "--metadata",
        "team=blue",
        "--max-in-flight",
        "3",
        "--json",
    ];
    let made = cli.run(&create).await.expect(0).document();
    let id = made["id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["event_types"], json!(["contact.*", "deal.won"]));
    assert_eq!(made["filter"], json!({"data": {"amount": {"$gt": 5}}}));
    assert_eq!(made["headers"], json!({"X-Env": "prod"}));
    assert_eq!(made["batch"]["max_size"], 10);
    assert_eq!(made["metadata"], json!({"team": "blue"}));
    assert_eq!(made["max_in_flight"], 3);

    let sheet = cli.run(&["endpoint", "show", id]).await.expect(0).out;
    for line in
        ["url            http://127.0.0.1:1/hook", "rate           20 a second", "state          enabled"]
    {
        assert!(sheet.lines().any(|told| told == line), "{line:?} is not in\n{sheet}");
    }
    assert!(!sheet.contains("whsec_"), "the secret is shown when it is made, and by endpoint secret");

    let update =
        ["endpoint", "update", id, "--unset", "filter", "--unset", "rate_limit", "--name", "Sales", "--json"];
    let changed = cli.run(&update).await.expect(0).document();
    assert_eq!((&changed["filter"], &changed["rate_limit"]), (&json!(null), &json!(null)));
    assert_eq!((&changed["name"], &changed["max_in_flight"]), (&json!("Sales"), &json!(3)));

    assert!(cli.run(&["endpoint", "disable", id]).await.expect(0).out.contains("gets no events"));
    let table = cli.run(&["endpoint", "list"]).await.expect(0).out;
    assert!(table.contains(&format!("{id}  disabled  contact.*, deal.won")), "{table}");
    let _ = cli.run(&["endpoint", "enable", id]).await.expect(0);

    let _ = cli.run(&["endpoint", "delete", id]).await.expect(0);
    let gone = cli.run(&["endpoint", "show", id]).await.expect(1);
    assert!(gone.err.contains("404"), "{gone:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_and_bounded_by_limit() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let mut wire = product.client.connect().await.unwrap();
    for number in 0..260 {
        let body = json!({"url": format!("http://127.0.0.1:1/{number}")}).to_string();
        let path = "/v1/tenants/t1/endpoints";
        let reply = wire.send(http::Method::POST, path, "application/json", body.into()).await.unwrap();
        let _ = reply.expect(201);
    }
    let all = product.cli().run(&["endpoint", "list", "--json"]).await.expect(0).documents();
    assert_eq!(all.len(), 260, "more than one page");
    assert_eq!(all[0]["url"], "http://127.0.0.1:1/259", "newest first");
    let some = product.cli().run(&["endpoint", "list", "--json", "--limit", "3"]).await.expect(0).documents();
    assert_eq!(some.len(), 3);
    server.stop().await;
}

#[tokio::test]
async fn a_test_send_tells_what_came_back_and_fails_where_the_receiver_did() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::acting(|_, number| Act::Answer(if number == 0 { 204 } else { 500 })).await;
    let endpoint = product.endpoint(&receiver.url()).await;
    let cli = product.cli();
    let test = ["endpoint", "test", &endpoint.id, "--type", "a.b", "--data", r#"{"n": 1.50}"#];
    let told = cli.run(&test).await.expect(0).out;
    assert!(told.starts_with("result  ✓ delivered\nanswer  204\n"), "{told}");
    let body = receiver.wait_for(1).await[0].body.clone();
    assert!(body.ends_with(br#""data":{"n": 1.50}}"#), "the data keeps its bytes: {body:?}");
    let failed = cli.run(&test).await.expect(1);
    assert!(failed.out.starts_with("result  ✗ not delivered\nanswer  500\n"), "{failed:?}");
    let json = cli.run(&["endpoint", "test", &endpoint.id, "--json"]).await.expect(1).document();
    assert_eq!((&json["success"], &json["response_status"]), (&json!(false), &json!(500)));
    let wrong = cli.run(&["endpoint", "test", &endpoint.id, "--data", "{"]).await.expect(2);
    assert!(wrong.err.contains("not JSON"), "{wrong:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_secret_is_rotated_and_both_are_shown_while_both_sign() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let endpoint = product.endpoint("http://127.0.0.1:1/").await;
    let cli = product.cli();
    let rotated = cli.run(&["endpoint", "rotate-secret", &endpoint.id, "--json"]).await.expect(0).document();
    let fresh = rotated["secret"].as_str().unwrap();
    assert_ne!(fresh, endpoint.secret);
    let told = cli.run(&["endpoint", "secret", &endpoint.id]).await.expect(0).out;
    assert!(told.starts_with(&format!("secret       {fresh}\n")), "{told}");
    assert!(told.contains(&format!("the old one  {}   (until 20", endpoint.secret)), "{told}");
    let told = cli.run(&["endpoint", "rotate-secret", &endpoint.id, "--overlap", "0"]).await.expect(0).out;
    assert!(told.contains("the old one  signs no more"), "{told}");
    server.stop().await;
}

#[tokio::test]
async fn counts_are_shown_in_steps_and_together() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let endpoint = product.endpoint("http://127.0.0.1:1/").await;
    let cli = product.cli();
    let told = cli.run(&["endpoint", "stats", &endpoint.id, "--since", "2h"]).await.expect(0).out;
    assert!(told.contains("ATTEMPTS") && told.lines().last().unwrap().starts_with("together"), "{told}");
    let json =
        cli.run(&["endpoint", "stats", &endpoint.id, "--step", "5", "--json"]).await.expect(0).document();
    assert_eq!(json["step_minutes"], 5);
    let wrong = cli.run(&["endpoint", "stats", &endpoint.id, "--since", "yesterday"]).await.expect(2);
    assert!(wrong.err.contains("how long ago"), "{wrong:?}");
    server.stop().await;
}

#[tokio::test]
async fn wrong_flags_are_refused_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = Product::create(&server, json!({})).await.cli();
    for (args, needle) in [
        (&["endpoint", "create"][..], "--url"),
        (&["endpoint", "create", "--url", "http://127.0.0.1:1/", "--filter", "{"], "not JSON"),
        (&["endpoint", "create", "--url", "http://127.0.0.1:1/", "--header", "nothing"], "NAME=VALUE"),
        (&["endpoint", "create", "--url", "http://127.0.0.1:1/", "--retry", "1,soon"], "seconds"),
        (&["endpoint", "create", "--url", "http://127.0.0.1:1/", "--batch-wait", "3"], "--batch-size"),
        (&["endpoint", "update", "ep_x"], "nothing to change"),
        (&["endpoint", "list", "--tenant", ""], "--tenant"),
    ] {
        let refused = cli.run(args).await.expect(2);
        assert!(refused.err.contains(needle), "{needle:?} is not in {refused:?}");
    }
    let bad = ["endpoint", "create", "--url", "nonsense", "--ordering", "sideways"];
    let refused = cli.run(&bad).await.expect(1);
    assert!(refused.err.contains("\n  /url ") && refused.err.contains("\n  /ordering "), "{refused:?}");
    let unknown = cli.run_with(
        &["endpoint", "create", "--from-json", "-"],
        r#"{"url": "http://127.0.0.1:1/", "colour": 1}"#,
    );
    assert!(unknown.await.expect(1).err.contains("colour"));
    assert!(cli.run(&["endpoint", "list", "--json"]).await.expect(0).out.is_empty(), "nothing was made");
    server.stop().await;
}

#[tokio::test]
async fn what_a_customer_named_cannot_steer_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let product = Product::create(&server, json!({})).await;
    let receiver = Receiver::start().await;
    let endpoint =
        product.endpoint_with(json!({"url": receiver.url(), "metadata": {"a": "\u{1b}[2J"}})).await;
    let told = product.cli().run(&["endpoint", "show", &endpoint.id]).await.expect(0).out;
    assert!(!told.contains('\u{1b}'), "{told:?}");
    server.stop().await;
}
