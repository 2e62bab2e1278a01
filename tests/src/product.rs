//! What a product does before it sends: a project, a key, endpoints.

use http::Method;
use serde_json::{Value, json};

use crate::{Cli, Client, ROOT_KEY, Server, until};

/// A project with a key that may do everything in it.
#[derive(Debug, Clone)]
pub struct Product {
    /// Calls with the root key.
    pub root: Client,
    /// Calls with the project's key.
    pub client: Client,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// What it is signed with; empty where its requests are not signed.
    pub secret: String,
}

impl Endpoint {
    /// Its path.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/v1/tenants/{}/endpoints/{}", self.tenant, self.id)
    }
}

impl Product {
    /// Makes it under the contract `standard`, with these settings.
    pub async fn create(server: &Server, settings: Value) -> Self {
        Self::create_under(server, "standard", settings).await
    }

    /// Makes it under this contract, with these settings.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn create_under(server: &Server, contract: &str, settings: Value) -> Self {
        let root = Client::new(server.address, ROOT_KEY);
        let project = json!({"id": "acme", "name": "Acme", "contract": contract, "settings": settings});
        let _ = root.post("/v1/projects", project).await.expect(201);
        let key = json!({"name": "tests", "mode": "live", "scopes": ["*"]});
        let made = root.post("/v1/projects/acme/keys", key).await.expect(201);
        let client = Client::new(server.address, made["key"].as_str().expect("a new key is shown"));
        Self { root, client }
    }

    /// The same product at a server that was started anew.
    #[must_use]
    pub fn at(&self, server: &Server) -> Self {
        let moved = |client: &Client| Client::new(server.address, &client.key);
        Self { root: moved(&self.root), client: moved(&self.client) }
    }

    /// An endpoint of tenant `t1` for every event.
    pub async fn endpoint(&self, url: &str) -> Endpoint {
        self.endpoint_with(json!({"url": url})).await
    }

    /// An endpoint of tenant `t1`.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn endpoint_with(&self, body: Value) -> Endpoint {
        let made = self.client.post("/v1/tenants/t1/endpoints", body).await.expect(201);
        let id = made["id"].as_str().expect("an endpoint has an id").to_owned();
        let secret = made["secret"].as_str().unwrap_or_default().to_owned();
        Endpoint { id, tenant: "t1".to_owned(), secret }
    }

    /// Sends an event of type `thing.happened` for `t1`; its id.
    pub async fn send(&self, data: Value) -> String {
        self.post(json!({"type": "thing.happened", "data": data})).await
    }

    /// Sends an event for `t1`; its id.
    ///
    /// # Panics
    /// When it is not accepted.
    pub async fn post(&self, mut event: Value) -> String {
        event["tenant"] = json!("t1");
        let accepted = self.client.post("/v1/events", event).await.expect(202);
        accepted["id"].as_str().expect("an accepted event has an id").to_owned()
    }

    /// The commands, for this server with the keys of this product, and `t1` as their tenant.
    #[must_use]
    pub fn cli(&self) -> Cli {
        Cli::default()
            .env("POSTRIDER_SERVER", &format!("http://{}", self.client.address))
            .env("POSTRIDER_KEY", &self.client.key)
            .env("POSTRIDER_ROOT_KEY", ROOT_KEY)
            .env("POSTRIDER_TENANT", "t1")
    }

    /// Changes an endpoint.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn patch(&self, endpoint: &Endpoint, change: Value) -> Value {
        self.client.call(Method::PATCH, &endpoint.path(), change.to_string()).await.expect(200)
    }

    /// Waits until a delivery has so many attempts; it, as the API shows it.
    pub async fn attempted(&self, event: &str, endpoint: &Endpoint, attempts: usize) -> Value {
        until("the attempts", async || {
            let shown = self.delivery(event, endpoint).await;
            shown["attempts"].as_array().is_some_and(|made| made.len() >= attempts).then_some(shown)
        })
        .await
    }

    /// A delivery as the API shows it.
    pub async fn delivery(&self, event: &str, endpoint: &Endpoint) -> Value {
        self.client.get(&format!("/v1/events/{event}/deliveries/{}", endpoint.id)).await.json()
    }
}
