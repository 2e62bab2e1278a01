//! Deliveries of the running binary, verified by receivers that are not ours: in Node.js, Python and PHP by what each
//! contract's document says, and by the published libraries of Stripe and GitHub.

use postrider_tests::{Endpoint, Language, Launch, Product, Program, Receiver, Server, repository, until};
use serde_json::{Value, json};

const LANGUAGES: [Language; 3] = [Language::Node, Language::Python, Language::Php];
/// Nobody listens there: an endpoint is made with it, because its receiver must know its secret first.
const NOWHERE: &str = "http://127.0.0.1:9/hook";
/// The secret of a receiver that was set up wrongly.
const ANOTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A product under one contract, with one endpoint.
struct Site {
    _dir: tempfile::TempDir,
    server: Server,
    product: Product,
    endpoint: Endpoint,
    contract: &'static str,
}

impl Site {
    async fn start(contract: &'static str, endpoint: Value) -> Self {
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
        Self { _dir: dir, server, product, endpoint, contract }
    }

    /// A receiver in this language with this secret, to which the endpoint is turned; `None` where the language is
    /// not installed.
    async fn receiver(&self, language: Language, secret: &str) -> Option<Program> {
        let program = Program::start(language, self.contract, secret).await?;
        self.product.patch(&self.endpoint, json!({"url": program.url()})).await;
        Some(program)
    }

    /// Sends an event; the first attempt's status and what was answered, and the delivery's state.
    async fn first_attempt(&self, event: &Value) -> (u64, String, String) {
        let id = self.product.post(event.clone()).await;
        let shown = self.product.attempted(&id, &self.endpoint, 1).await;
        let attempt = &shown["attempts"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            attempt["response_status"].as_u64().unwrap_or_default(),
            text(&attempt["response_excerpt"]),
            text(&shown["status"]),
        )
    }

    /// In each language: a receiver with the endpoint's secret takes the delivery, one with another refuses it.
    async fn is_verified_in(&self, languages: &[Language], event: &Value) {
        let name = event["type"].as_str().unwrap();
        for language in languages {
            let Some(good) = self.receiver(*language, &self.endpoint.secret).await else { continue };
            let delivered = (200, name.to_owned(), "delivered".to_owned());
            assert_eq!(self.first_attempt(event).await, delivered, "{language:?}");
            drop(good);
            let Some(_bad) = self.receiver(*language, ANOTHER).await else { continue };
            let (status, _, state) = self.first_attempt(event).await;
            assert_eq!(status, 401, "{language:?} has another secret");
            assert_ne!(state, "delivered", "{language:?} has another secret");
        }
    }
}

#[tokio::test]
async fn scendcores_deliveries_are_verified_in_three_languages() {
    let site = Site::start("scendcore", json!({"secret": "your-webhook-secret"})).await;
    let data = json!({"contact_id": "7", "name": "Zoë", "company": "Acme \"Corp\""});
    site.is_verified_in(&LANGUAGES, &json!({"type": "contact.created", "data": data})).await;
    site.server.stop().await;
}

#[tokio::test]
async fn lead_intakes_deliveries_are_verified_in_three_languages() {
    let site = Site::start("lead-intake", json!({})).await;
    let event = json!({"type": "call.qualified", "data": {"call": "Zoë", "score": 0.75}});
    site.is_verified_in(&LANGUAGES, &event).await;
    site.server.stop().await;
}

#[tokio::test]
async fn scopiens_deliveries_are_verified_in_three_languages() {
    let site = Site::start("scopien", json!({"secret": "whsec_abc123def456"})).await;
    let changes = json!({"status": {"old": "New", "new": "In Progress"}});
    let event = json!({"type": "case.updated", "data": {"subject": "Überweisung"}, "changes": changes});
    site.is_verified_in(&LANGUAGES, &event).await;
    site.server.stop().await;
}

#[tokio::test]
async fn backends_deliveries_are_verified_in_three_languages() {
    let site = Site::start("backend", json!({})).await;
    site.is_verified_in(&LANGUAGES, &json!({"type": "conversation.completed", "data": {"turns": []}})).await;
    site.server.stop().await;
}

#[tokio::test]
async fn standards_deliveries_are_verified_in_three_languages() {
    let site = Site::start("standard", json!({})).await;
    site.is_verified_in(&LANGUAGES, &json!({"type": "thing.happened", "data": {"name": "Zoë"}})).await;
    site.server.stop().await;
}

#[tokio::test]
async fn stripes_own_libraries_verify_what_its_contract_file_sends() {
    let site = Site::start("stripe", json!({})).await;
    let event = json!({"type": "invoice.paid", "data": {"object": {"id": "in_1", "customer": "Zoë"}}});
    site.is_verified_in(&[Language::NodeVendor, Language::PythonVendor], &event).await;
    site.server.stop().await;
}

#[tokio::test]
async fn githubs_own_library_verifies_what_its_contract_file_sends() {
    let site = Site::start("github", json!({"secret": "It's a Secret to Everybody"})).await;
    let event = json!({"type": "push", "data": {"ref": "refs/heads/main", "pusher": {"name": "Zoë"}}});
    site.is_verified_in(&[Language::NodeVendor], &event).await;
    site.server.stop().await;
}

#[tokio::test]
async fn one_signature_covers_a_whole_batch_of_scopien() {
    let batch = json!({"batch": {"max_size": 3, "max_wait_seconds": 60}});
    let site = Site::start("scopien", batch).await;
    let event = |kind: &str| json!({"tenant": "t1", "type": kind, "data": {"name": "Zoë"}});
    let names = ["lead.created", "lead.created", "opportunity.updated"];
    let events = json!({"events": names.map(event)});
    for language in LANGUAGES {
        for secret in [&site.endpoint.secret, ANOTHER] {
            let Some(_receiver) = site.receiver(language, secret).await else { continue };
            let accepted = site.product.client.post("/v1/events/batch", events.clone()).await.expect(202);
            for row in accepted["data"].as_array().unwrap() {
                let shown = site.product.attempted(row["id"].as_str().unwrap(), &site.endpoint, 1).await;
                let attempt = &shown["attempts"][0];
                if secret == ANOTHER {
                    assert_eq!(attempt["response_status"], 401, "{language:?}");
                } else {
                    assert_eq!(attempt["response_excerpt"], names.join(" "), "{language:?}: {shown}");
                    assert_eq!(shown["status"], "delivered", "{language:?}");
                }
            }
        }
    }
    site.server.stop().await;
}

#[tokio::test]
async fn scopiens_notice_of_a_disabled_webhook_is_verified_in_three_languages() {
    let site = Site::start("scopien", json!({"event_types": ["webhook.failed"]})).await;
    let mut notices = 0;
    for language in LANGUAGES {
        let Some(_receiver) = site.receiver(language, &site.endpoint.secret).await else { continue };
        notices += 1;
        // One attempt, and nobody listens: the webhook is disabled by its first event.
        let failing =
            json!({"url": NOWHERE, "event_types": ["lead.created"], "retry": {"schedule_seconds": []}});
        let failing = site.product.endpoint_with(failing).await;
        let event = site.product.post(json!({"type": "lead.created", "data": {}})).await;
        site.product.attempted(&event, &failing, 1).await;
        let list = "/v1/events?type=webhook.failed";
        let notice = until("the notice", async || {
            let rows = site.product.client.get(list).await.expect(200)["data"].clone();
            (rows.as_array().unwrap().len() == notices).then(|| rows[0]["id"].as_str().unwrap().to_owned())
        })
        .await;
        let shown = site.product.attempted(&notice, &site.endpoint, 1).await;
        assert_eq!(shown["status"], "delivered", "{language:?}: {shown}");
        assert_eq!(shown["attempts"][0]["response_excerpt"], "webhook.failed", "{language:?}");
    }
    site.server.stop().await;
}

/// After a rotation with an overlap a receiver with the old secret and one with the new both take deliveries.
async fn both_secrets_verify(contract: &'static str, languages: &[Language], event: &Value) {
    let site = Site::start(contract, json!({})).await;
    let path = format!("{}/rotate-secret", site.endpoint.path());
    let rotated = site.product.client.post(&path, json!({"overlap_seconds": 86_400})).await.expect(200);
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(new, site.endpoint.secret);
    for language in languages {
        for secret in [new, &site.endpoint.secret] {
            let Some(_receiver) = site.receiver(*language, secret).await else { continue };
            let (status, answer, state) = site.first_attempt(event).await;
            assert_eq!((status, state.as_str()), (200, "delivered"), "{language:?}: {answer}");
        }
    }
    site.server.stop().await;
}

#[tokio::test]
async fn in_the_day_after_a_rotation_of_lead_intake_the_old_and_the_new_secret_verify() {
    let event = json!({"type": "lead.created", "data": {"name": "Zoë"}});
    both_secrets_verify("lead-intake", &LANGUAGES, &event).await;
}

#[tokio::test]
async fn stripes_libraries_take_either_secret_while_two_hold() {
    let event = json!({"type": "invoice.paid", "data": {"object": {"id": "in_1"}}});
    both_secrets_verify("stripe", &[Language::NodeVendor, Language::PythonVendor], &event).await;
}

/// The headers of a delivery under this contract, which has no secret.
async fn unsigned_headers(contract: &'static str, event: Value) -> Vec<String> {
    let receiver = Receiver::start().await;
    let site = Site::start(contract, json!({"url": receiver.url()})).await;
    assert_eq!(site.endpoint.secret, "", "no secret is made");
    site.product.post(event).await;
    let delivery = receiver.wait_for(1).await.remove(0);
    site.server.stop().await;
    let mut names: Vec<_> = delivery.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn scendcore_sends_no_signature_where_no_secret_was_given() {
    let names = unsigned_headers("scendcore", json!({"type": "contact.created", "data": {}})).await;
    assert_eq!(names, ["content-length", "content-type", "host", "user-agent"]);
}

#[tokio::test]
async fn the_call_center_sends_no_secret_or_hmac_header() {
    let names = unsigned_headers("call-center", json!({"type": "Call Ended", "data": {}})).await;
    assert_eq!(names, ["content-length", "content-type", "host", "user-agent"]);
}
