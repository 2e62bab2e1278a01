//! Declaring event types.

use postrider_model::id::Mode;
use serde_json::json;

use super::LIVE;
use crate::browser::{Browser, Form, location};
use crate::world;

async fn new_form(browser: &Browser<'_>) -> Form {
    browser.see(&format!("{LIVE}/catalogue/new")).await.form(&format!("{LIVE}/catalogue/new"))
}

#[tokio::test(start_paused = true)]
async fn a_declared_type_holds_events_to_its_schema_until_it_is_archived() {
    let world = world("standard").await;
    let admin = Browser::operator(&world, "sk_live_all").await;
    let form = new_form(&admin).await.with("name", "order paid").with("description", "Paid.");
    let form = form.with("schema", r#"{"required": ["id"]}"#).with("example", "{\n  \"id\": 1.5\n}");
    let created = admin.send(&form).await.expect(303);
    assert_eq!(location(&created), format!("{LIVE}/catalogue/order%20paid?done=created"));
    let event = json!({"tenant": "t1", "type": "order paid", "data": {}});
    world.post("/v1/events", event.clone()).await.expect(422);

    let edit = format!("{LIVE}/catalogue/order%20paid/edit");
    let page = admin.see(&edit).await;
    let kept = page.form(&edit);
    assert_eq!(kept.value("example"), Some("{\n  \"id\": 1.5\n}"));
    admin.send(&kept.clone().with("schema", "")).await.expect(303);
    world.post("/v1/events", event).await.expect(202);

    let archive = page.form(&format!("{LIVE}/catalogue/order%20paid/archive"));
    admin.send(&archive).await.expect(303);
    let shown = world.get("/v1/event-types/order%20paid").await.expect(200);
    assert!(shown.json["archived_at"].is_string(), "{}", shown.text);
    admin.see(&edit).await.shows("This type is archived.");
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_type_is_told_at_its_field_and_nothing_is_lost() {
    let world = world("standard").await;
    let admin = Browser::operator(&world, "sk_live_all").await;
    let form = new_form(&admin).await.with("name", "a/b").with("schema", "{\n \"type\": 1,\n}");
    let refused = admin.send(&form).await.expect(422);
    assert!(
        refused.text.contains("This is not JSON: trailing comma at line 3 column 1."),
        "{}",
        refused.text
    );
    assert!(refused.text.contains("value=\"a/b\""), "{}", refused.text);
    let form = form.with("schema", r#"{"type": "number"}"#).with("example", "\"text\"");
    let refused = admin.send(&form).await.expect(422);
    assert!(refused.text.contains("<a href=\"#name\">Name</a>"), "{}", refused.text);
    assert!(refused.text.contains("<a href=\"#example\">Example</a>"), "{}", refused.text);
    let form = form.with("name", "a.b").with("schema", r#"{"properties": {"a": {"type": "none"}}}"#);
    let refused = admin.send(&form).await.expect(422);
    assert!(refused.text.contains("At /properties/a"), "{}", refused.text);
}

#[tokio::test(start_paused = true)]
async fn a_type_that_somebody_else_changed_is_not_written_over() {
    let world = world("standard").await;
    world.call(http::Method::PUT, "/v1/event-types/a.b", json!({"description": "old"})).await.expect(201);
    let admin = Browser::operator(&world, "sk_live_all").await;
    let edit = format!("{LIVE}/catalogue/a.b/edit");
    let stale = admin.see(&edit).await.form(&edit).with("description", "mine");
    world.pass(std::time::Duration::from_millis(5)).await;
    world.call(http::Method::PUT, "/v1/event-types/a.b", json!({"description": "theirs"})).await.expect(200);
    let refused = admin.send(&stale).await.expect(409);
    assert!(refused.text.contains("Changed meanwhile"), "{}", refused.text);
    assert_eq!(world.get("/v1/event-types/a.b").await.json["description"], "theirs");
    let taken = admin.send(&new_form(&admin).await.with("name", "a.b")).await.expect(422);
    assert!(taken.text.contains("is declared already"), "{}", taken.text);
}

#[tokio::test(start_paused = true)]
async fn a_type_of_the_contract_is_declared_anew_and_not_archived() {
    let world = world("scopien").await;
    let admin = Browser::operator(&world, "sk_live_all").await;
    let edit = format!("{LIVE}/catalogue/opportunity.created/edit");
    let page = admin.see(&edit).await;
    page.shows("This type is the contract's.");
    let archive = format!("{LIVE}/catalogue/opportunity.created/archive");
    assert!(!page.has_form(&archive), "{}", page.html());
    admin.send(&page.form(&edit).with("description", "Ours.")).await.expect(303);
    let shown = world.get("/v1/event-types/opportunity.created").await.expect(200);
    assert_eq!((&shown.json["description"], &shown.json["from_contract"]), (&json!("Ours."), &json!(false)));
    assert!(admin.see(&edit).await.has_form(&archive));
}

#[tokio::test(start_paused = true)]
async fn a_type_may_be_called_new() {
    let world = world("standard").await;
    world.key("sk_live_read", Mode::Live, None, &["webhooks:read"]).await;
    let admin = Browser::operator(&world, "sk_live_all").await;
    let created = admin.send(&new_form(&admin).await.with("name", "new")).await.expect(303);
    assert_eq!(location(&created), format!("{LIVE}/catalogue/%6Eew?done=created"));
    let edit = format!("{LIVE}/catalogue/%6Eew/edit");
    admin.send(&admin.see(&edit).await.form(&edit).with("description", "Yes.")).await.expect(303);
    assert_eq!(world.get("/v1/event-types/new").await.json["description"], "Yes.");
}
