//! `POST /v1/tenants/{tenant}/portal`

use std::time::Duration;

use http::Method;
use postrider_model::id::Mode;
use postrider_service::session::{OpenPortal, OpenRefused, Who};
use postrider_service::{Authenticator, Caller, Sessions};
use serde_json::{Value, json};

use postrider_api::router;
use postrider_world::{Answer, World};

const PORTAL: &str = "/v1/tenants/t1/portal";

fn token(answer: &Answer) -> String {
    let url = answer.json["url"].as_str().unwrap();
    let token = url.strip_prefix("http://localhost/portal/").unwrap();
    assert!(token.starts_with("pl_") && token.len() == 46, "{token}");
    token.to_owned()
}

/// As whom a link lets its customer in.
async fn opened(world: &World, token: &str) -> Caller {
    let opened = OpenPortal { token }.run(&world.engine).await.unwrap();
    let (sessions, authenticator) = (Sessions::new(), Authenticator::new([0; 32]));
    let visitor = sessions.visitor(&world.engine, &authenticator, &opened.token).await.unwrap().unwrap();
    assert!(matches!(visitor.who, Who::Customer(_)), "{visitor:?}");
    visitor.caller().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_link_opens_the_tenants_pages_once_and_the_tenant_is_made() {
    let world = World::new(router).await;
    let made = world.post(PORTAL, Value::Null).await.expect(201);
    assert_eq!(made.headers["cache-control"], "no-store");
    assert_eq!(made.json["expires_at"], json!(world.engine.now() + Duration::from_secs(300)));
    assert_eq!(made.json.as_object().unwrap().len(), 2);
    assert_eq!(world.get("/v1/tenants/t1").await.expect(200).json["id"], "t1");
    let token = token(&made);
    let customer = opened(&world, &token).await;
    assert_eq!((customer.mode, customer.actor.as_str()), (Mode::Live, "portal:t1"));
    assert_eq!(customer.tenant.unwrap().1, "t1");
    let again = OpenPortal { token: &token }.run(&world.engine).await;
    assert!(matches!(again, Err(OpenRefused::Used)));
}

#[tokio::test(start_paused = true)]
async fn a_link_opens_the_mode_of_its_key() {
    let world = World::new(router).await;
    world.key("sk_test_all", Mode::Test, None, &["*"]).await;
    let made = world.call_as("sk_test_all", Method::POST, PORTAL, Value::Null).await.expect(201);
    assert_eq!(opened(&world, &token(&made)).await.mode, Mode::Test);
}

#[tokio::test(start_paused = true)]
async fn links_are_made_with_the_scope_webhooks_admin_only() {
    let world = World::new(router).await;
    for (scope, status) in [
        ("events:write", 403),
        ("webhooks:read", 403),
        ("webhooks:write", 403),
        ("project:admin", 403),
        ("webhooks:admin", 201),
    ] {
        for tenant in [None, Some("t1")] {
            let key = format!("sk_live_{scope}_{tenant:?}");
            world.key(&key, Mode::Live, tenant, &[scope]).await;
            world.call_as(&key, Method::POST, PORTAL, Value::Null).await.expect(status);
        }
    }
    world.root(Method::POST, PORTAL, Value::Null).await.expect(403);
    world.call_as("sk_live_nobody", Method::POST, PORTAL, Value::Null).await.expect(401);
}

#[tokio::test(start_paused = true)]
async fn a_tenants_key_makes_links_for_itself_and_for_nobody_else() {
    let world = World::new(router).await;
    world.key("sk_live_t1", Mode::Live, Some("t1"), &["webhooks:admin"]).await;
    let made = world.call_as("sk_live_t1", Method::POST, PORTAL, Value::Null).await.expect(201);
    assert_eq!(opened(&world, &token(&made)).await.tenant.unwrap().1, "t1");
    for other in ["t2", "T1", "t1.", "t1%2F..%2Ft2"] {
        let path = format!("/v1/tenants/{other}/portal");
        world.call_as("sk_live_t1", Method::POST, &path, Value::Null).await.expect(404);
        world.get(&format!("/v1/tenants/{other}")).await.expect(404);
    }
    world.delete("/v1/tenants/t1").await.expect(204);
    world.call_as("sk_live_t1", Method::POST, PORTAL, Value::Null).await.expect(401);
    world.get("/v1/tenants/t1").await.expect(404);
}

#[tokio::test(start_paused = true)]
async fn what_can_be_no_tenant_gets_no_link() {
    let world = World::new(router).await;
    let answer = world.post("/v1/tenants/a%20b/portal", Value::Null).await.expect(422);
    assert_eq!(answer.pointers(), ["/tenant"]);
    world.post(PORTAL, json!({"expires_in": 1})).await.expect(422);
    world.post(PORTAL, json!({})).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn the_audit_log_says_who_made_a_link_and_never_the_link() {
    let world = World::new(router).await;
    let made = world.post(PORTAL, Value::Null).await.expect(201);
    let audit = world.get("/v1/audit?tenant=t1").await.expect(200);
    let entry = &audit.json["data"][0];
    assert_eq!((&entry["action"], &entry["target"]), (&json!("portal.link"), &json!("t1")));
    assert!(entry["actor"].as_str().unwrap().starts_with("key:"));
    assert_eq!(entry["detail"]["mode"], "live");
    assert!(!audit.text.contains(&token(&made)[3..]));
}
