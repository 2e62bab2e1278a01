//! `postrider project` and `postrider key`.

use postrider_tests::{Cli, Launch, ROOT_KEY, Server};
use serde_json::json;

fn root(server: &Server) -> Cli {
    Cli::default()
        .env("POSTRIDER_SERVER", &format!("http://{}", server.address))
        .env("POSTRIDER_ROOT_KEY", ROOT_KEY)
}

#[tokio::test]
async fn a_project_is_made_changed_listed_and_deleted_by_commands() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = root(&server);
    assert!(cli.run(&["project", "list"]).await.expect(0).out.contains("no projects yet"));
    let create =
        ["project", "create", "acme", "--name", "Acme GmbH", "--retry", "1,2.5", "--timeout", "3", "--json"];
    let made = cli.run(&create).await.expect(0).document();
    assert_eq!(made["name"], "Acme GmbH");
    assert_eq!(made["settings"]["retry"]["schedule_seconds"], json!([1, 2.5]));
    assert_eq!(made["settings"]["timeout_seconds"], 3);

    let disable = r#"{"consecutive_failures": 7}"#;
    let update =
        ["project", "update", "acme", "--name", "Acme", "--unset", "timeout_seconds", "--disable", disable];
    let told = cli.run(&update).await.expect(0).out;
    assert!(told.lines().any(|line| line == "name      Acme"), "{told}");
    let shown = cli.run(&["project", "show", "acme", "--json"]).await.expect(0).document();
    assert_eq!(shown["settings"]["disable"], json!({"consecutive_failures": 7}));
    assert!(shown["settings"].get("timeout_seconds").is_none_or(serde_json::Value::is_null), "{shown}");
    assert_eq!(shown["settings"]["retry"]["schedule_seconds"], json!([1, 2.5]), "what is not named stays");

    let table = cli.run(&["project", "list"]).await.expect(0).out;
    assert!(table.starts_with("ID ") && table.contains("acme  Acme  standard"), "{table}");

    let unsure = cli.run(&["project", "delete", "acme"]).await.expect(2);
    assert!(unsure.err.contains("--yes"), "{unsure:?}");
    let _ = cli.run(&["project", "delete", "acme", "--yes"]).await.expect(0);
    let gone = cli.run(&["project", "show", "acme"]).await.expect(1);
    assert!(gone.err.contains("404"), "{gone:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_portals_name_logo_and_colour_are_set_by_flags_a_logo_from_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = root(&server);
    let picture = dir.path().join("logo.SVG");
    std::fs::write(&picture, "<svg/>").unwrap();
    let picture = picture.to_str().unwrap();
    let create = ["project", "create", "acme", "--portal-name", "Acme", "--portal-logo", picture, "--json"];
    let made = cli.run(&create).await.expect(0).document();
    let branding = json!({"name": "Acme", "logo": "data:image/svg+xml;base64,PHN2Zy8+"});
    assert_eq!(made["settings"]["branding"], branding);
    let logo = "https://acme.example/logo.svg";
    let update = ["project", "update", "acme", "--portal-colour", "#0a7f5b", "--portal-logo", logo, "--json"];
    let changed = cli.run(&update).await.expect(0).document();
    assert_eq!(changed["settings"]["branding"], json!({"name": "Acme", "logo": logo, "colour": "#0a7f5b"}));
    let red = cli.run(&["project", "update", "acme", "--portal-colour", "red"]).await.expect(1);
    assert!(red.err.contains("/settings/branding/colour"), "{red:?}");
    for (file, told) in [("logo.gif", ".webp or .svg"), ("missing.png", "cannot be read")] {
        let wrong = cli.run(&["project", "update", "acme", "--portal-logo", file]).await.expect(2);
        assert!(wrong.err.contains(told), "{wrong:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_whole_body_is_read_from_standard_input_and_flags_go_over_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let body = r#"{"id": "acme", "name": "From the file", "settings": {"retention_days": 7}}"#;
    let create = ["project", "create", "--from-json", "-", "--name", "From the flag", "--json"];
    let made = root(&server).run_with(&create, body).await.expect(0).document();
    assert_eq!((&made["id"], &made["name"]), (&json!("acme"), &json!("From the flag")));
    assert_eq!(made["settings"]["retention_days"], 7);
    let wrong = root(&server).run_with(&create, "[1]").await.expect(2);
    assert!(wrong.err.contains("not a JSON object"), "{wrong:?}");
    let unknown = root(&server).run_with(&create, r#"{"id": "b", "colour": "red"}"#).await.expect(1);
    assert!(unknown.err.contains("colour"), "the field is named: {unknown:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_key_is_shown_once_listed_by_its_beginning_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let cli = root(&server);
    let _ = cli.run(&["project", "create", "acme"]).await.expect(0);
    let create = ["key", "create", "acme", "--name", "ci", "--scope", "webhooks:read,events:write", "--json"];
    let made = cli.run(&create).await.expect(0).document();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(made["scopes"], json!(["webhooks:read", "events:write"]));

    let list = cli.run(&["key", "list", "acme"]).await.expect(0).out;
    assert!(list.contains(id) && list.contains(made["prefix"].as_str().unwrap()), "{list}");
    assert!(!list.contains(key), "a key is shown once");

    let project = cli.clone().env("POSTRIDER_KEY", key).env("POSTRIDER_TENANT", "t1");
    let _ = project.run(&["endpoint", "list"]).await.expect(0);
    let forbidden = project.run(&["endpoint", "create", "--url", "http://127.0.0.1:1/"]).await.expect(1);
    assert!(forbidden.err.contains("403"), "{forbidden:?}");

    let _ = cli.run(&["key", "revoke", "acme", id]).await.expect(0);
    let refused = project.run(&["endpoint", "list"]).await.expect(1);
    assert!(refused.err.contains("401") && !refused.err.contains(key), "{refused:?}");
    server.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_request_is_told_with_its_pointer() {
    let dir = tempfile::tempdir().unwrap();
    let server = Launch::new(dir.path()).start().await;
    let bad = ["project", "create", "Not_An_Id", "--retention-days", "3"];
    let refused = root(&server).run(&bad).await.expect(1);
    assert!(refused.out.is_empty());
    assert!(refused.err.starts_with("postrider: Not valid (422)\n"), "{refused:?}");
    assert!(refused.err.contains("\n  /id "), "{refused:?}");
    assert!(refused.err.contains("\n  /settings/retention_days  "), "{refused:?}");

    let refused = root(&server).run(&[&bad[..], &["--json"]].concat()).await.expect(1);
    let problem: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!((&problem["code"], &problem["status"]), (&json!("invalid"), &json!(422)));
    server.stop().await;
}

#[tokio::test]
async fn exit_codes_tell_usage_from_refusal_from_no_answer() {
    let nobody = Cli::default().env("POSTRIDER_SERVER", "http://127.0.0.1:1");
    let keyless = nobody.run(&["project", "list"]).await.expect(2);
    assert!(keyless.err.contains("POSTRIDER_ROOT_KEY"), "{keyless:?}");
    let empty = nobody.clone().env("POSTRIDER_ROOT_KEY", "");
    let _ = empty.run(&["project", "list"]).await.expect(2);
    let cli = nobody.env("POSTRIDER_ROOT_KEY", ROOT_KEY);
    let unreachable = cli.run(&["project", "list"]).await.expect(3);
    assert!(unreachable.err.contains("http://127.0.0.1:1 does not answer"), "{unreachable:?}");
    let _ = cli.run(&["project", "list", "--server", "gopher://example.com"]).await.expect(2);
    let _ = cli.run(&["project", "list", "--colour"]).await.expect(2);
    let _ = cli.run(&["project", "paint"]).await.expect(2);
    let _ = cli.run(&["project", "update", "acme"]).await.expect(2);
    let broken = cli.run(&["project", "list", "--key", "line\nbreak"]).await.expect(2);
    assert!(!broken.err.contains("break\n"), "{broken:?}");
}
