//! The code that a server shows to its customers, run as they would run it: it takes that server's deliveries.

use postrider_tests::{Endpoint, Language, Launch, Product, Program, repository};
use serde_json::{Value, json};

/// Nobody listens there: an endpoint is made with it, because its receiver must know its secret first.
const NOWHERE: &str = "http://127.0.0.1:9/hook";

/// The code for this language, saved in the folder.
async fn saved(product: &Product, language: &str, folder: &std::path::Path) -> std::path::PathBuf {
    let path = format!("/v1/verification-code?language={language}");
    let shown = product.client.get(&path).await.expect(200);
    let row = &shown["data"][0];
    let file = folder.join(row["file_name"].as_str().unwrap());
    std::fs::write(&file, row["code"].as_str().unwrap()).unwrap();
    file
}

/// What came of the first attempt.
async fn first_attempt(product: &Product, endpoint: &Endpoint, event: &Value) -> (Value, Value) {
    let id = product.post(event.clone()).await;
    let shown = product.attempted(&id, endpoint, 1).await;
    (shown["attempts"][0]["response_status"].clone(), shown["status"].clone())
}

async fn takes_its_deliveries(contract: &'static str, endpoint: Value, kind: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut launch = Launch::new(dir.path());
    let example = repository().join(format!("contracts/examples/{contract}.toml"));
    if example.exists() {
        launch = launch.arg("--contract-file").arg(example.to_str().unwrap());
    }
    let server = launch.start().await;
    let product = Product::create_under(&server, contract, json!({})).await;
    let mut body = json!({"url": NOWHERE});
    body.as_object_mut().unwrap().extend(endpoint.as_object().unwrap().clone());
    let endpoint = product.endpoint_with(body).await;
    let event = json!({"type": kind, "data": {"name": "Zoë", "amount": 1.50}});
    for (language, name) in [(Language::Node, "node"), (Language::Python, "python")] {
        let file = saved(&product, name, dir.path()).await;
        let Some(mut good) = Program::start_written(language, &file, &endpoint.secret).await else {
            continue;
        };
        product.patch(&endpoint, json!({"url": good.url()})).await;
        assert_eq!(
            first_attempt(&product, &endpoint, &event).await,
            (200.into(), "delivered".into()),
            "{name}"
        );
        assert!(good.line().await.starts_with(kind), "{name}");
        drop(good);
        let another = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
        let Some(wrong) = Program::start_written(language, &file, another).await else { continue };
        product.patch(&endpoint, json!({"url": wrong.url()})).await;
        let (status, state) = first_attempt(&product, &endpoint, &event).await;
        assert_eq!(status, 401, "{name} has another secret");
        assert_ne!(state, "delivered", "{name} has another secret");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_code_shown_under_standard_takes_its_deliveries() {
    takes_its_deliveries("standard", json!({}), "thing.happened").await;
}

#[tokio::test]
async fn the_code_shown_under_scopien_takes_its_deliveries() {
    takes_its_deliveries("scopien", json!({}), "lead.created").await;
}

#[tokio::test]
async fn the_code_shown_under_scendcore_takes_its_deliveries() {
    takes_its_deliveries("scendcore", json!({"secret": "your-webhook-secret"}), "contact.created").await;
}

#[tokio::test]
async fn the_code_shown_under_lead_intake_takes_its_deliveries() {
    takes_its_deliveries("lead-intake", json!({}), "call.qualified").await;
}

#[tokio::test]
async fn the_code_shown_under_backend_takes_its_deliveries() {
    takes_its_deliveries("backend", json!({}), "conversation.completed").await;
}

#[tokio::test]
async fn the_code_shown_under_a_contract_of_ones_own_takes_its_deliveries() {
    takes_its_deliveries("stripe", json!({}), "invoice.paid").await;
}
