//! From an id to its page.

use postrider_model::id::Mode;
use serde_json::json;

use super::{delivered, endpoint_of};
use crate::browser::{Browser, location};
use crate::world;

#[tokio::test(start_paused = true)]
async fn an_id_leads_to_its_page() {
    let world = world("standard").await;
    let (event, delivery) = delivered(&world, 500, b"").await;
    let base = "/dashboard/p/acme/live";
    let endpoint = endpoint_of(&delivery);
    let webhook = endpoint.rsplit('/').next().unwrap().to_owned();
    let attempt = world.get(&format!("/v1{delivery}")).await.json["attempts"][0]["id"].clone();
    let replay = json!({"status": ["failed"]});
    let replay = world.post(&format!("{endpoint}/replay"), replay).await.expect(202).id();
    let operator = Browser::operator(&world, "sk_live_all").await;
    for (id, page) in [
        (event.rsplit('/').next().unwrap(), event.clone()),
        (webhook.as_str(), format!("/tenants/t1/webhooks/{webhook}")),
        (replay.as_str(), format!("/replays/{replay}")),
        ("t1", "/tenants/t1".to_owned()),
        (attempt.as_str().unwrap(), delivery.clone()),
    ] {
        let answer = operator.open(&format!("{base}/search?q=%20{id}%20")).await.expect(303);
        assert_eq!(location(&answer), format!("{base}{page}"));
    }
    for nothing in ["t2", "evt_1", "whd_1", "a%2F..", "%00", &"x".repeat(300)] {
        let answer = operator.open(&format!("{base}/search?q={nothing}")).await.expect(404);
        assert!(answer.text.contains("Nothing found"), "{}", answer.text);
    }
    operator.see(&format!("{base}/search")).await.shows("These lead to their page");
    // An operator of the other mode finds none of it.
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let other = Browser::operator(&world, "sk_test_all").await;
    other.open(&format!("/dashboard/p/acme/test/search?q={webhook}")).await.expect(404);
    Browser::customer(&world, "t1").await.open("/portal/search?q=t1").await.expect(404);
}
