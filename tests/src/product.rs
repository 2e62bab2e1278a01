//! What a product does before it sends: a project, a key, endpoints.

use serde_json::{Value, json};

use crate::{Cli, Client, ROOT_KEY, Server};

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
    /// What it is signed with.
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
    /// Makes it, with these settings.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn create(server: &Server, settings: Value) -> Self {
        let root = Client::new(server.address, ROOT_KEY);
        let project = json!({"id": "acme", "name": "Acme", "contract": "standard", "settings": settings});
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
        let text = |field: &str| made[field].as_str().expect("it is shown when it is made").to_owned();
        Endpoint { id: text("id"), tenant: "t1".to_owned(), secret: text("secret") }
    }

    /// Sends an event of type `thing.happened` for `t1`; its id.
    ///
    /// # Panics
    /// When it is not accepted.
    pub async fn send(&self, data: Value) -> String {
        let event = json!({"tenant": "t1", "type": "thing.happened", "data": data});
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

    /// A delivery as the API shows it.
    pub async fn delivery(&self, event: &str, endpoint: &Endpoint) -> Value {
        self.client.get(&format!("/v1/events/{event}/deliveries/{}", endpoint.id)).await.json()
    }
}
