//! `/v1/verification-code`

use http::Method;
use postrider_model::id::Mode;
use serde_json::Value;

use postrider_api::router;
use postrider_world::World;

#[tokio::test(start_paused = true)]
async fn a_customers_key_sees_the_code_for_its_projects_contract_in_every_language() {
    let world = World::under(router, "scopien").await;
    world.key("sk_live_customer", Mode::Live, Some("t1"), &["webhooks:read"]).await;
    let answer = world
        .call_as("sk_live_customer", Method::GET, "/v1/verification-code", Value::Null)
        .await
        .expect(200);
    assert_eq!(answer.json["next_cursor"], Value::Null);
    let rows = answer.json["data"].as_array().unwrap();
    let names: Vec<_> = rows.iter().map(|row| row["language"].as_str().unwrap()).collect();
    assert_eq!(names, postrider_service::verification::Language::ALL.map(|language| language.name()));
    for row in rows {
        let code = row["code"].as_str().unwrap();
        assert!(code.to_lowercase().contains("x-scopien-signature"), "{row}");
        assert!(!code.contains("whsec_"), "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_language_can_be_asked_for_and_another_is_refused_with_those_there_are() {
    let world = World::under(router, "call-center").await;
    let one = world.get("/v1/verification-code?language=python").await.expect(200).json;
    let [row] = one["data"].as_array().unwrap().as_slice() else { panic!("{one}") };
    assert_eq!((&row["title"], &row["file_name"]), (&"Python".into(), &"receiver.py".into()));
    assert!(row["note"].as_str().unwrap().contains("not signed"), "{row}");
    let refused = world.get("/v1/verification-code?language=perl").await.expect(422);
    assert_eq!(refused.pointers(), ["/language"]);
    assert!(refused.text.contains("node, python, php"), "{}", refused.text);
}
