//! Changing a webhook.

use http::Method;
use postrider_model::id::{Mode, ProjectKey};
use postrider_service::Caller;
use postrider_service::endpoint::{ChangeEndpoint, Changes, EndpointFields, FoundEndpoint, GivenFilter};
use serde_json::{Value, json};

use crate::browser::{Browser, location};
use crate::world;

async fn made(world: &postrider_world::World, body: Value) -> (String, String) {
    let path = world.endpoint(body).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    (path, format!("/portal/webhooks/{id}/edit"))
}

#[tokio::test(start_paused = true)]
async fn only_what_was_changed_is_changed() {
    let world = world("standard").await;
    let body = json!({
        "url": "https://a.example/x", "name": "Main", "event_types": ["b.c", "a.*"], "metadata": {"a": 1},
        "filter": {"data": {"amount": {"$gt": 1}, "$or": [{"b": 1}, {"b": 2}]}}, "ordering": "key", "max_in_flight": 3,
        "headers": {"Authorization": "Bearer abc", "X-Trace": "on"}, "rate_limit": {"per_second": 2.5},
    });
    let (path, edit) = made(&world, body).await;
    let before = world.get(&path).await.json;
    let browser = Browser::customer(&world, "t1").await;
    let page = browser.see(&edit).await;
    page.hides("Bearer abc");
    let form = page.form(&edit);
    assert_eq!(location(&browser.send(&form).await.expect(303)), edit.replace("/edit", "?done=unchanged"));
    assert_eq!(world.get(&path).await.json, before);
    let form = browser.see(&edit).await.form(&edit).with("name", "");
    assert_eq!(location(&browser.send(&form).await.expect(303)), edit.replace("/edit", "?done=saved"));
    let after = world.get(&path).await.json;
    assert_eq!(after["name"], Value::Null);
    for same in
        ["url", "event_types", "filter", "headers", "rate_limit", "ordering", "metadata", "max_in_flight"]
    {
        assert_eq!(after[same], before[same], "{same}");
    }
    // The value that no page shows is still sent.
    world.event("b.c", json!({"amount": 2, "b": 1})).await;
    assert_eq!(world.receivers.wait_for(1).await[0].header("authorization"), "Bearer abc");
}

#[tokio::test(start_paused = true)]
async fn a_form_of_something_that_was_changed_since_saves_nothing() {
    let world = world("standard").await;
    let (path, edit) = made(&world, json!({"url": "https://a.example/x", "name": "one"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let form = browser.see(&edit).await.form(&edit).with("name", "mine");
    world.patch(&path, json!({"name": "theirs"})).await.expect(200);
    let refused = browser.send(&form).await.expect(409);
    assert!(refused.text.contains("Somebody changed the same thing"), "{}", refused.text);
    assert!(refused.text.contains(&edit), "{}", refused.text);
    assert_eq!(world.get(&path).await.json["name"], "theirs");
    let again = browser.see(&edit).await.form(&edit).with("name", "mine");
    browser.send(&again).await.expect(303);
    assert_eq!(world.get(&path).await.json["name"], "mine");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_was_disabled_meanwhile_is_not_enabled_by_saving_its_name() {
    let world = world("standard").await;
    let (path, edit) = made(&world, json!({"url": "https://a.example/gone"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let form = browser.see(&edit).await.form(&edit).with("name", "mine");
    world.receivers.answer("https://a.example/gone", 410, b"");
    world.event("a.b", json!({})).await;
    world.pass(std::time::Duration::from_secs(2)).await;
    assert_eq!(world.get(&path).await.json["disabled_reason"], "gone");
    browser.send(&form).await;
    assert_eq!(world.get(&path).await.json["enabled"], false);
}

#[tokio::test(start_paused = true)]
async fn a_filter_of_a_documented_route_is_shown_and_kept_until_it_is_replaced() {
    let world = world("scopien").await;
    let (path, edit) = made(&world, json!({"url": "https://a.example/x"})).await;
    // As the documented route keeps it.
    let (tenant, id) = ("t1", path.rsplit('/').next().unwrap().to_owned());
    let change = Given { filters: json!([{"event": "lead.created", "filters": {"amount_greater_than": 5}}]) };
    let caller = Caller {
        project: ProjectKey(1),
        mode: Mode::Live,
        tenant: None,
        actor: "key:sk_live_all".to_owned(),
    };
    let change = ChangeEndpoint { caller: &caller, tenant, id: &id, patch: &change, expected_revision: None };
    change.run(&world.engine).await.unwrap();
    let browser = Browser::customer(&world, "t1").await;
    let page = browser.see(&edit).await;
    page.shows("amount_greater_than").shows("Keep the filter as it was given by the API");
    let form = page.form(&edit).with("name", "still there");
    browser.send(&form).await.expect(303);
    let kept = world.get(&path).await.json["filter"].clone();
    assert_eq!(kept, json!({"data": {"amount": {"$gt": 5}}}));
    let shown = browser.see(&edit.replace("/edit", "")).await;
    shown.shows("amount_greater_than");
    let form =
        browser.see(&edit).await.form(&edit).with("filter", "replace").with("filter_field", "data.stage");
    browser.send(&form.with("filter_value", "won")).await.expect(303);
    assert_eq!(world.get(&path).await.json["filter"], json!({"data": {"stage": "won"}}));
    browser.see(&edit.replace("/edit", "")).await.shows("data.stage is won").hides("amount_greater_than");
}

/// What the dialect of the documented routes does with a filter.
#[derive(Debug)]
struct Given {
    filters: Value,
}

impl Changes for Given {
    fn of(&self, _: &FoundEndpoint) -> EndpointFields {
        let given = GivenFilter {
            compiled: Some(json!({"data": {"amount": {"$gt": 5}}})),
            dialect: Some(json!({"filters": self.filters})),
        };
        EndpointFields { filter: Some(given), ..Default::default() }
    }
}

#[tokio::test(start_paused = true)]
async fn another_kind_of_signature_shows_its_key_once() {
    let world = world("standard").await;
    let (path, edit) = made(&world, json!({"url": "https://a.example/x"})).await;
    let browser = Browser::customer(&world, "t1").await;
    let form = browser.see(&edit).await.form(&edit).with("signature", "ed25519");
    let shown = browser.send(&form).await.expect(200);
    assert!(shown.text.contains("whpk_"), "{}", shown.text);
    assert_eq!(world.get(&path).await.json["signature"], "ed25519");
}

#[tokio::test(start_paused = true)]
async fn what_one_may_only_read_is_neither_offered_nor_done() {
    let world = world("standard").await;
    world.key("sk_live_reader", Mode::Live, None, &["webhooks:read"]).await;
    let (path, _) = made(&world, json!({"url": "https://a.example/x"})).await;
    let id = path.rsplit('/').next().unwrap();
    let reader = Browser::operator(&world, "sk_live_reader").await;
    let base = format!("/dashboard/p/acme/live/tenants/t1/webhooks/{id}");
    let page = reader.see(&base).await;
    for missing in ["/edit", "/test", "/replay", "/delete", "/disable", "/reveal", "/rotate"] {
        page.hides(&format!("{id}{missing}\""));
    }
    for path in ["/edit", "/rotate"] {
        reader.open(&format!("{base}{path}")).await.expect(403);
    }
    let writer = Browser::operator(&world, "sk_live_all").await;
    let mut form = writer.see(&base).await.form(&format!("{base}/disable"));
    form.fields.clear();
    assert_eq!(reader.send(&form).await.status.as_u16(), 403);
    assert_eq!(world.call(Method::GET, &path, Value::Null).await.json["enabled"], true);
}
