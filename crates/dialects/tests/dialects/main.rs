//! The documented routes in-process: the real routers, engine and store, and virtual time. Each module quotes its document.

#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

mod backend;
mod dispatch;
mod lead_intake;
mod scendcore;
mod scopien;

use axum::Router;
use http::Method;
use postrider_http::App;
use postrider_model::id::Mode;
use postrider_world::{Answer, World};
use serde_json::Value;

/// The native API and the documented routes, as the binary has them.
fn surfaces(app: App) -> Router {
    postrider_api::router(app.clone()).merge(postrider_dialects::router(app))
}

/// A customer of a product whose project has this contract: a key that may do everything in tenant `t1`.
struct Customer {
    world: World,
}

/// The customer's key.
const KEY: &str = "sk_live_customer_t1";

impl Customer {
    async fn of(contract: &str) -> Self {
        Self::in_world(World::under(surfaces, contract).await).await
    }

    /// One whose calls meet each other, in real time.
    async fn on_threads(contract: &str) -> Self {
        Self::in_world(World::on_threads(surfaces, contract).await).await
    }

    async fn in_world(world: World) -> Self {
        world.key(KEY, Mode::Live, Some("t1"), &["*"]).await;
        Self { world }
    }

    /// A key of the customer with these scopes only.
    async fn key(&self, scopes: &[&str]) -> String {
        let key = format!("sk_live_{}", scopes.join("_"));
        self.world.key(&key, Mode::Live, Some("t1"), scopes).await;
        key
    }

    /// A key of another customer.
    async fn stranger(&self) -> &'static str {
        self.world.key("sk_live_customer_t2", Mode::Live, Some("t2"), &["*"]).await;
        "sk_live_customer_t2"
    }

    async fn get(&self, path: &str) -> Answer {
        self.world.call_as(KEY, Method::GET, path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.world.call_as(KEY, Method::POST, path, body).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.world.call_as(KEY, Method::PATCH, path, body).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.world.call_as(KEY, Method::DELETE, path, Value::Null).await
    }
}

/// The names of an object's members, in their order.
fn members(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap_or_else(|| panic!("not an object: {object}"))
        .keys()
        .map(String::as_str)
        .collect()
}

/// The message of a refusal, after its shape was checked: `{"error": {"code", "message"}}` and nothing else.
#[track_caller]
fn refused(answer: Answer, status: u16) -> String {
    let answer = answer.expect(status);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(members(&answer.json), ["error"]);
    assert_eq!(members(&answer.json["error"]), ["code", "message"]);
    answer.json["error"]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("no message: {}", answer.text))
        .to_owned()
}
