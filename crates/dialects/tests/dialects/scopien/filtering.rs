//! "Event Filtering".

use serde_json::{Value, json};

use super::{WEBHOOKS, arrived, bodies, created, customer, path, request, request_with, shown};
use crate::{Customer, refused};

/// The document's example.
fn example() -> Value {
    json!({
        "event": "opportunity.updated",
        "filters": {"amount_greater_than": 50000, "stage": ["Negotiation", "Closed Won"]},
    })
}

async fn deals(customer: &Customer) {
    for (name, amount, stage) in
        [("large", 100_000, "Closed Won"), ("small", 50_000, "Closed Won"), ("lost", 100_000, "Lost")]
    {
        let data = json!({"name": name, "amount": amount, "stage": stage});
        customer.world.event("opportunity.updated", data).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_documents_example_lets_the_right_events_pass() {
    let customer = customer().await;
    created(&customer, request_with(json!({"filters": example()}))).await;
    deals(&customer).await;
    let names: Vec<_> = bodies(&customer).await.iter().map(|body| body["data"]["name"].clone()).collect();
    assert_eq!(names, ["large"]);
    customer.world.event("lead.created", json!({"amount": 1})).await;
    assert_eq!(
        arrived(&customer).await,
        ["lead.created", "opportunity.updated"],
        "another type has no filter"
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_is_shown_as_it_was_given_alone_or_in_a_list() {
    let customer = customer().await;
    let several = json!([example(), {"event": "lead.*", "filters": {"owner.email_contains": "@acme.com"}}]);
    for given in [example(), several, json!([example()])] {
        let made = created(&customer, request_with(json!({"filters": given}))).await;
        assert_eq!(made["filters"].to_string(), given.to_string());
        assert_eq!(shown(&customer, &made).await["filters"].to_string(), given.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn all_filters_of_a_type_must_hold() {
    let customer = customer().await;
    let filters = json!([
        example(),
        {"event": "opportunity.*", "filters": {"name_not": ["large", "huge"]}},
        {"event": "lead.created", "filters": {"score_less_than_or_equal": 5, "source_contains": "Web"}},
    ]);
    let events = json!(["opportunity.*", "lead.created"]);
    created(&customer, request_with(json!({"filters": filters, "events": events}))).await;
    deals(&customer).await;
    let data = json!({"name": "wide", "amount": 60_000, "stage": "Negotiation"});
    customer.world.event("opportunity.updated", data).await;
    customer.world.event("opportunity.closed", json!({"name": "large"})).await;
    customer.world.event("opportunity.created", json!({"name": "new"})).await;
    customer.world.event("lead.created", json!({"score": 5, "source": "Website"})).await;
    customer.world.event("lead.created", json!({"score": 6, "source": "Website"})).await;
    assert_eq!(arrived(&customer).await, ["lead.created", "opportunity.created", "opportunity.updated"]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_does_not_parse_is_refused_with_its_place() {
    let customer = customer().await;
    let one = |filters: Value| json!({"event": "lead.created", "filters": filters});
    for (filters, told) in [
        (json!("amount > 5"), "filters: A filter looks like"),
        (json!([]), "filters: "),
        (json!([example(), {"event": "lead.created"}]), "filters[1].filters: "),
        (
            json!({"event": "lead.lost", "filters": {"x": 1}}),
            "filters.event: There is no event type \"lead.lost\"",
        ),
        (json!([{"event": "deal.*", "filters": {"x": 1}}]), "filters[0].event: "),
        (one(json!({})), "filters.filters: "),
        (one(json!({"amount_greater_than": true})), "filters.filters.amount_greater_than: "),
        (one(json!({"owner": {"name": "x"}})), "filters.filters.owner: Conditions do not nest"),
        (one(json!({"_contains": "x"})), "filters.filters._contains: The name of a field is missing"),
        (one(json!({"stage": []})), "filters.filters.stage: "),
    ] {
        let answer = customer.post(WEBHOOKS, request_with(json!({"filters": filters}))).await;
        let message = refused(answer, 422);
        assert!(message.starts_with(told), "{filters}: {message}");
    }
    let unknown = request_with(json!({"filters": {"event": "lead.lost", "filters": {"x": 1}}}));
    let message = refused(customer.post(WEBHOOKS, unknown).await, 422);
    assert!(super::EVENTS.iter().all(|event| message.contains(event)), "{message}");
    let long = request_with(json!({"filters": one(json!({"x": "y".repeat(20_000)}))}));
    assert!(refused(customer.post(WEBHOOKS, long).await, 422).starts_with("filters: "));
    assert_eq!(customer.get(WEBHOOKS).await.json["data"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn null_is_no_filter() {
    let customer = customer().await;
    let made = created(&customer, request_with(json!({"filters": null}))).await;
    assert_eq!(made.get("filters"), None);
    assert_eq!(created(&customer, request()).await.get("filters"), None);
}

#[tokio::test(start_paused = true)]
async fn under_a_contract_whose_filters_are_ours_they_are_given_and_shown_in_our_grammar() {
    let customer = Customer::of("scopien-native").await;
    let ours = json!({"data": {"amount": {"$gt": 50000}}});
    let made = created(&customer, request_with(json!({"filters": ours}))).await;
    assert_eq!(made["filters"], ours);
    deals(&customer).await;
    assert_eq!(arrived(&customer).await.len(), 2);
    let patch = json!({"filters": {"data": {"stage": "Lost"}}});
    let now = customer.patch(&path(&made), patch).await.expect(200).json;
    assert_eq!(now["data"]["filters"], json!({"data": {"amount": {"$gt": 50000}, "stage": "Lost"}}));
    for (filters, told) in
        [(example(), "filters.event: "), (json!([ours]), "filters: "), (json!(5), "filters: ")]
    {
        let message = refused(customer.post(WEBHOOKS, request_with(json!({"filters": filters}))).await, 422);
        assert!(message.starts_with(told), "{filters}: {message}");
    }
}
