//! What pages are shown with.

use std::time::Duration;

use postrider_browser_tests::Town;
use postrider_tests::Client;
use serde_json::json;

#[tokio::test]
async fn the_sample_has_deliveries_of_every_kind_and_its_customers_can_be_reached() {
    let town = Town::with_history(Duration::from_secs(3 * 3_600)).await;
    let client_of = |project: &str| Client::new(town.server.address, &town.lived.projects[project].key);
    for (project, state) in
        [("northwind", "pending"), ("northwind", "held"), ("scopien", "failed"), ("ringdesk", "delivered")]
    {
        let list = client_of(project).get(&format!("/v1/deliveries?status={state}")).await.expect(200);
        assert_ne!(list["data"], json!([]), "{project} has none that are {state}");
    }

    let scopien = client_of("scopien");
    let staging = &town.lived.projects["scopien"].endpoints["larkspur-labs/Staging"];
    let shown = scopien.get(&format!("/v1/tenants/larkspur-labs/endpoints/{staging}")).await.expect(200);
    assert_eq!((&shown["enabled"], &shown["disabled_reason"]), (&json!(false), &json!("failures")));

    let event = json!({"tenant": "larkspur-labs", "type": "opportunity.updated", "data": {"id": "opp_1"}});
    let event = scopien.post("/v1/events", event).await.expect(202);
    let desk = Client::new(town.internet.desk, "");
    let arrived = desk.get("/hosts/app.larkspur.example/arrived/1").await.expect(200);
    let body = arrived[0]["body"].as_str().unwrap();
    assert!(body.contains(event["id"].as_str().unwrap()), "{body}");
    town.server.stop().await;
}
