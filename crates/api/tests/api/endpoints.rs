//! `/v1/tenants/{tenant}/endpoints` and one of them: its settings, who may see and change them, how many there may be.

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::World;

const HOOK: &str = "https://hooks.example.com/in";

#[tokio::test(start_paused = true)]
async fn a_created_endpoint_shows_its_settings_and_this_once_its_secret() {
    let world = World::new(router).await;
    let body = json!({
        "url": HOOK, "name": "Main", "description": "CRM", "event_types": ["contact.*"],
        "filter": {"data": {"amount": {"$gt": 5}}}, "headers": {"X-Trace": "on", "Authorization": "Bearer abc"},
        "rate_limit": {"per_second": 5}, "batch": {"max_size": 10, "max_wait_seconds": 2}, "ordering": "key",
        "max_in_flight": 4, "timeout_seconds": 3, "retry": {"schedule_seconds": [1, 2]}, "metadata": {"plan": "pro"},
    });
    let created = world.post("/v1/tenants/t1/endpoints", body).await.expect(201);
    assert!(created.json["secret"].as_str().unwrap().starts_with("whsec_"));
    let shown = world.get(&format!("/v1/tenants/t1/endpoints/{}", created.id())).await.expect(200).json;
    assert!(created.id().starts_with("ep_"));
    let expected = [
        ("url", json!(HOOK)),
        ("name", json!("Main")),
        ("event_types", json!(["contact.*"])),
        ("filter", json!({"data": {"amount": {"$gt": 5}}})),
        ("enabled", json!(true)),
        ("disabled_at", Value::Null),
        ("headers", json!({"X-Trace": "on", "Authorization": "***"})),
        ("signature", json!("hmac")),
        ("rate_limit", json!({"per_second": 5.0})),
        ("batch", json!({"max_size": 10, "max_wait_seconds": 2.0})),
        ("ordering", json!("key")),
        ("max_in_flight", json!(4)),
        ("timeout_seconds", json!(3.0)),
        ("retry", json!({"schedule_seconds": [1.0, 2.0]})),
        ("metadata", json!({"plan": "pro"})),
        ("failure_count", json!(0)),
        ("created_at", json!("2026-01-22T10:30:00.000Z")),
    ];
    for (name, value) in expected {
        assert_eq!(shown[name], value, "{name}");
    }
    assert!(shown.get("secret").is_none());
}

#[tokio::test(start_paused = true)]
async fn every_fault_is_answered_with_its_pointer() {
    let world = World::new(router).await;
    let body = json!({
        "url": "http://localhost/", "event_types": ["a*b"], "filter": {"$nope": 1}, "headers": {"Host": "x", "A": "b\r\nc"},
        "secret": "short", "max_in_flight": 0, "colour": "red",
    });
    let answer = world.post("/v1/tenants/t1/endpoints", body).await.expect(422);
    let pointers = answer.pointers();
    for pointer in
        ["/colour", "/url", "/event_types/0", "/headers/Host", "/headers/A", "/secret", "/max_in_flight"]
    {
        assert!(pointers.contains(&pointer), "{pointer} in {}", answer.text);
    }
    assert!(pointers.iter().any(|pointer| pointer.starts_with("/filter")), "{}", answer.text);
    assert_eq!(answer.json["code"], "invalid");
    assert_eq!(world.get("/v1/tenants/t1/endpoints").await.expect(200).json["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn addresses_of_our_own_network_are_refused_when_saved() {
    let world = World::new(router).await;
    for url in [
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://localhost/",
        "http://example.com/",
        "ftp://example.com/",
        "not a url",
        "https://user:pw@example.com/",
        "https://2130706433/",
    ] {
        let answer = world.post("/v1/tenants/t1/endpoints", json!({"url": url})).await.expect(422);
        assert_eq!(answer.pointers(), ["/url"], "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json_object_is_refused() {
    let world = World::new(router).await;
    let path = "/v1/tenants/t1/endpoints";
    let send = |body: &'static [u8]| world.send("sk_live_all", Method::POST, path, &[], body.to_vec());
    send(b"{").await.expect(400);
    send(b"{\"url\": \"\xff\"}").await.expect(400);
    send(b"[]").await.expect(422);
    let bare =
        world.send("sk_live_all", Method::POST, path, &[("content-type", "text/plain")], Vec::new()).await;
    bare.expect(415);
}

#[tokio::test(start_paused = true)]
async fn a_patch_merges_and_null_goes_back_to_the_default() {
    let world = World::new(router).await;
    let path = world
        .endpoint(json!({"url": HOOK, "name": "n", "max_in_flight": 3, "metadata": {"a": 1, "b": 2}, "event_types": ["a"]}))
        .await;
    let patch =
        json!({"name": null, "max_in_flight": null, "metadata": {"a": null, "c": 3}, "ordering": "endpoint"});
    let changed = world.patch(&path, patch).await.expect(200).json;
    assert_eq!(changed["name"], Value::Null);
    assert_eq!(changed["max_in_flight"], Value::Null);
    assert_eq!(changed["metadata"], json!({"b": 2, "c": 3}));
    assert_eq!(changed["ordering"], "endpoint");
    assert_eq!(changed["event_types"], json!(["a"]));
    assert_eq!(world.patch(&path, json!({"url": null})).await.expect(422).pointers(), ["/url"]);
    assert_eq!(world.patch(&path, json!({"id": "x"})).await.expect(422).pointers(), ["/id"]);
    assert_eq!(world.patch(&path, json!({"secret": "x"})).await.expect(422).pointers(), ["/secret"]);
}

#[tokio::test(start_paused = true)]
async fn a_redacted_header_sent_back_keeps_its_value_in_what_is_sent() {
    let world = World::new(router).await;
    let path =
        world.endpoint(json!({"url": HOOK, "headers": {"Authorization": "Bearer abc", "X-A": "1"}})).await;
    let shown = world.get(&path).await.expect(200).json["headers"].clone();
    assert_eq!(shown, json!({"Authorization": "***", "X-A": "1"}));
    let patch = json!({"headers": {"Authorization": "***", "x-a": "2"}});
    world.patch(&path, patch).await.expect(200);
    world.event("a.b", json!({})).await;
    let sent = world.receivers.wait_for(1).await;
    assert_eq!(sent[0].headers["authorization"], "Bearer abc");
    assert_eq!(sent[0].headers["x-a"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_endpoint_is_gone_and_its_history_stays() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let event = world.event("a.b", json!({})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(1)).await;
    world.delete(&path).await.expect(204);
    world.get(&path).await.expect(404);
    world.delete(&path).await.expect(404);
    world.patch(&path, json!({"name": "x"})).await.expect(404);
    let delivery = world.get(&format!("/v1/events/{event}/deliveries/{id}")).await.expect(200).json;
    assert_eq!(delivery["status"], "delivered");
    let listed = world.get(&format!("/v1/deliveries?endpoint={id}")).await.expect(200).json;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    let resend = world.post(&format!("/v1/events/{event}/deliveries/{id}/resend"), Value::Null).await;
    assert_eq!(resend.expect(409).json["code"], "endpoint_disabled");
}

#[tokio::test(start_paused = true)]
async fn ids_that_are_ill_formed_of_the_other_mode_or_another_tenant_are_not_found() {
    let world = World::new(router).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    world.key("sk_live_t2", Mode::Live, Some("t2"), &["*"]).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    let id = path.rsplit('/').next().unwrap();
    world.get("/v1/tenants/t1/endpoints/ep_nonsense").await.expect(404);
    world.get("/v1/tenants/t1/endpoints/f4e9c2a8-7d31-4b6f-9c83-21e5d4a07b14").await.expect(404);
    world.get(&format!("/v1/tenants/t2/endpoints/{id}")).await.expect(404);
    world.call_as("sk_test_all", Method::GET, &path, Value::Null).await.expect(404);
    let routes = [
        (Method::GET, String::new()),
        (Method::PATCH, String::new()),
        (Method::DELETE, String::new()),
        (Method::POST, "/enable".to_owned()),
        (Method::POST, "/disable".to_owned()),
        (Method::POST, "/rotate-secret".to_owned()),
        (Method::GET, "/secret".to_owned()),
        (Method::GET, "/stats".to_owned()),
        (Method::POST, "/test".to_owned()),
        (Method::POST, "/replay".to_owned()),
    ];
    for (method, action) in routes {
        let body = if method == Method::GET || method == Method::DELETE { Value::Null } else { json!({}) };
        for tenant in ["t1", "t2"] {
            let path = format!("/v1/tenants/{tenant}/endpoints/{id}{action}");
            world.call_as("sk_live_t2", method.clone(), &path, body.clone()).await.expect(404);
        }
    }
    world.call_as("sk_live_t2", Method::GET, "/v1/tenants/t1/endpoints", Value::Null).await.expect(404);
    let create =
        world.call_as("sk_live_t2", Method::POST, "/v1/tenants/t1/endpoints", json!({"url": HOOK})).await;
    create.expect(404);
    world.get(&path).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_tenants_key_may_not_change_the_timetable() {
    let world = World::new(router).await;
    world.key("sk_live_t1", Mode::Live, Some("t1"), &["*"]).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    for body in [json!({"timeout_seconds": 1}), json!({"retry": {"schedule_seconds": []}})] {
        world.call_as("sk_live_t1", Method::PATCH, &path, body).await.expect(403);
    }
    let named = world.call_as("sk_live_t1", Method::PATCH, &path, json!({"name": "mine"})).await.expect(200);
    assert_eq!(named.json["name"], "mine");
}

#[tokio::test(start_paused = true)]
async fn a_key_without_the_scope_is_refused() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": HOOK})).await;
    world.key("sk_live_read", Mode::Live, None, &["webhooks:read"]).await;
    world.key("sk_live_write", Mode::Live, None, &["webhooks:write"]).await;
    world.key("sk_live_events", Mode::Live, None, &["events:write"]).await;
    world.call_as("sk_live_read", Method::GET, &path, Value::Null).await.expect(200);
    world.call_as("sk_live_read", Method::PATCH, &path, json!({})).await.expect(403);
    world.call_as("sk_live_write", Method::GET, &format!("{path}/secret"), Value::Null).await.expect(403);
    world
        .call_as("sk_live_write", Method::POST, &format!("{path}/rotate-secret"), Value::Null)
        .await
        .expect(403);
    world.call_as("sk_live_events", Method::GET, &path, Value::Null).await.expect(403);
    world.call_as("sk_live_unknown", Method::GET, &path, Value::Null).await.expect(401);
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_listed_newest_first_in_pages() {
    let world = World::new(router).await;
    for name in ["one", "two", "three"] {
        world.endpoint(json!({"url": HOOK, "name": name})).await;
    }
    let first = world.get("/v1/tenants/t1/endpoints?limit=2").await.expect(200).json;
    assert_eq!((&first["data"][0]["name"], &first["data"][1]["name"]), (&json!("three"), &json!("two")));
    let cursor = first["next_cursor"].as_str().unwrap();
    let second =
        world.get(&format!("/v1/tenants/t1/endpoints?limit=2&cursor={cursor}")).await.expect(200).json;
    assert_eq!(second["data"][0]["name"], "one");
    assert_eq!(second["next_cursor"], Value::Null);
    assert_eq!(world.get("/v1/tenants/t1/endpoints?cursor=%21").await.expect(422).pointers(), ["/cursor"]);
    assert_eq!(world.get("/v1/tenants/t1/endpoints?colour=1").await.expect(422).pointers(), ["/colour"]);
    assert_eq!(world.get("/v1/tenants/nobody/endpoints").await.expect(200).json["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_strict_contracts_terms_hold() {
    let world = World::under(router, "strict").await;
    let path = "/v1/tenants/t1/endpoints";
    let body = json!({
        "url": HOOK, "event_types": ["lead.*", "deal.won"], "headers": {"X-A": "1"}, "signature": "ed25519",
        "batch": {"max_size": 2, "max_wait_seconds": 1}, "rate_limit": {"per_second": 101},
    });
    let answer = world.post(path, body).await.expect(422);
    let pointers =
        ["/event_types/0", "/event_types/1", "/headers", "/signature", "/rate_limit/per_second", "/batch"];
    assert_eq!(answer.pointers(), pointers, "{}", answer.text);
    assert!(answer.text.contains("lead.created, lead.lost"));

    let first = world.post(path, json!({"url": HOOK, "secret": "any text"})).await.expect(201);
    assert_eq!(first.json["secret"], "any text");
    assert_eq!(first.id().len(), 36);
    let secret = world.get(&format!("{path}/{}/secret", first.id())).await;
    secret.expect(403);
    let rotate = format!("{path}/{}/rotate-secret", first.id());
    assert_eq!(
        world.post(&rotate, json!({"overlap_seconds": 1})).await.expect(422).pointers(),
        ["/overlap_seconds"]
    );
    assert_eq!(world.post(&rotate, Value::Null).await.expect(200).json["previous_expires_at"], Value::Null);
    let given = world.post(&rotate, json!({"secret": "another"})).await.expect(200);
    assert_eq!(given.json["secret"], "another");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_above_the_limit_is_neither_created_nor_enabled() {
    let world = World::under(router, "strict").await;
    let path = "/v1/tenants/t1/endpoints";
    let body = json!({"url": HOOK});
    let first = world.post(path, body.clone()).await.expect(201).id();
    world.post(path, body.clone()).await.expect(201);
    let third = world.post(path, json!({"url": HOOK, "enabled": false})).await.expect(201).id();
    for refused in [
        world.post(path, body.clone()).await,
        world.post(&format!("{path}/{third}/enable"), Value::Null).await,
        world.patch(&format!("{path}/{third}"), json!({"enabled": true})).await,
    ] {
        let refused = refused.expect(422);
        assert_eq!(refused.pointers(), ["/enabled"]);
        assert_eq!(
            refused.json["errors"][0]["detail"],
            "The contract strict allows a tenant 2 active endpoints at most, and there are as many already: \
             disable or delete one first."
        );
    }
    world.delete(&format!("{path}/{first}")).await.expect(204);
    world.post(&format!("{path}/{third}/enable"), Value::Null).await.expect(200);
    world.post("/v1/tenants/t2/endpoints", body).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn the_projects_endpoints_are_listed_by_tenant_and_state() {
    let world = World::new(router).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    world.key("sk_live_t1", Mode::Live, Some("t1"), &["webhooks:read"]).await;
    let failing = world.endpoint(json!({"url": HOOK, "name": "failing"})).await;
    world.receivers.answer(HOOK, 500, b"");
    world.event("a.b", json!({})).await;
    world.receivers.wait_for(1).await;
    world.pass(Duration::from_secs(1)).await;
    world.endpoint(json!({"url": "https://hooks.example.com/off", "name": "off", "enabled": false})).await;
    world.post("/v1/tenants/t2/endpoints", json!({"url": HOOK, "name": "other"})).await.expect(201);
    let listed = async |key, query: &str| {
        let page = world.call_as(key, Method::GET, &format!("/v1/endpoints{query}"), Value::Null).await;
        let rows = page.expect(200).json["data"].as_array().unwrap().clone();
        let shown = rows.iter().map(|row| format!("{} of {}", row["name"], row["tenant"]).replace('"', ""));
        shown.collect::<Vec<_>>()
    };
    let (fails, off, other) = ("failing of t1", "off of t1", "other of t2");
    for (query, expected) in [
        ("", &[other, off, fails][..]),
        ("?tenant=t1", &[off, fails]),
        ("?tenant=t9", &[]),
        ("?tenant=not%20one", &[]),
        ("?enabled=true", &[other, fails]),
        ("?enabled=false", &[off]),
        ("?failing=true", &[fails]),
        ("?failing=false&tenant=t1", &[off]),
    ] {
        assert_eq!(listed("sk_live_all", query).await, expected, "{query}");
    }
    assert_eq!(listed("sk_live_t1", "").await, [off, fails]);
    assert_eq!(listed("sk_live_t1", "?tenant=t2").await, [""; 0]);
    assert_eq!(listed("sk_test_all", "").await, [""; 0]);
    let first = world.get("/v1/endpoints?limit=2").await.expect(200).json;
    let next = format!("?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(listed("sk_live_all", &next).await, [fails]);
    // Enabled anew it begins without failures.
    world.post(&format!("{failing}/disable"), Value::Null).await.expect(200);
    world.post(&format!("{failing}/enable"), Value::Null).await.expect(200);
    assert_eq!(listed("sk_live_all", "?failing=true").await, [""; 0]);
    assert_eq!(world.get("/v1/endpoints?failing=1").await.expect(422).pointers(), ["/failing"]);
    assert_eq!(world.get("/v1/endpoints?cursor=x").await.expect(422).pointers(), ["/cursor"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_made_from_another_revision_is_refused() {
    let world = World::new(router).await;
    let path = world.endpoint(json!({"url": "https://a.example/x"})).await;
    let revision = world.get(&path).await.json["revision"].as_u64().unwrap();
    let patch = async |condition: &str, name: &str| {
        let body = serde_json::to_vec(&json!({ "name": name })).unwrap();
        world.send("sk_live_all", Method::PATCH, &path, &[("if-match", condition)], body).await
    };
    let current = format!("\"{revision}\"");
    let changed = patch(&current, "a").await.expect(200);
    assert_eq!(changed.json["revision"].as_u64(), Some(revision + 1));
    let stale = patch(&current, "b").await.expect(412);
    assert_eq!(stale.json["code"], "precondition_failed");
    assert_eq!(world.get(&path).await.json["name"], "a");
    patch("*", "c").await.expect(200);
    for bad in ["7", "\"x\"", "W/\"1\"", ""] {
        patch(bad, "d").await.expect(400);
    }
    assert_eq!(world.get(&path).await.json["name"], "c");
}
