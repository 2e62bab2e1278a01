//! What a product does once: a project, a key, an endpoint.

use serde_json::{Value, json};

use super::RETRY;
use crate::cli::Failed;
use crate::client::{Call, Client};

/// The contract of the demonstration.
pub(crate) const CONTRACT: &str = "standard";
/// The customer of the demonstration, as the sample events name it.
pub(crate) const TENANT: &str = "bluebird";
const PROJECT: &str = "demo";

/// A project with a key.
pub(crate) struct Product {
    /// Calls the API with the key.
    pub(crate) client: Client,
    base: String,
    key: String,
}

/// An endpoint that was made.
pub(crate) struct Made {
    /// Its id.
    pub(crate) id: String,
    /// What it is signed with.
    pub(crate) secret: String,
}

impl Product {
    /// Makes the project and a key that may do everything in it.
    pub(crate) async fn create(base: &str, root_key: &str) -> Result<Self, Failed> {
        let root = Client::new(base, root_key)?;
        let seconds: Vec<u64> = RETRY.iter().map(std::time::Duration::as_secs).collect();
        let project = json!({
            "id": PROJECT, "name": "Demo", "contract": CONTRACT, "settings": {"retry": {"schedule_seconds": seconds}},
        });
        root.call(&Call::post(["v1", "projects"]).json(&project)).await?;
        let key = json!({"name": "demo", "mode": "live", "scopes": ["*"]});
        let made = root.call(&Call::post(["v1", "projects", PROJECT, "keys"]).json(&key)).await?;
        let key = text(made.value(), "key")?;
        let client = Client::new(base, &key)?;
        Ok(Self { client, base: base.to_owned(), key })
    }

    /// Registers a URL for every event of the tenant.
    pub(crate) async fn register(&self, url: &str) -> Result<Made, Failed> {
        let body = json!({"url": url, "description": "the demo's receiver"});
        let made = self.client.call(&Call::post(["v1", "tenants", TENANT, "endpoints"]).json(&body)).await?;
        Ok(Made { id: text(made.value(), "id")?, secret: text(made.value(), "secret")? })
    }

    /// A link to the customer's portal.
    pub(crate) async fn portal(&self) -> Result<String, Failed> {
        let link = self.client.call(&Call::post(["v1", "tenants", TENANT, "portal"])).await?;
        text(link.value(), "url")
    }

    /// What to try next.
    pub(crate) fn invitation(&self, portal: &str) -> String {
        let Self { base, key, .. } = self;
        format!(
            "\
All sample events are delivered. The key of this demo's project (it ends with the demo): {key}

Look at them, signing in with that key:

  {base}/dashboard

See what the customer sees (the link opens once, within five minutes):

  {portal}

Send an event:

  curl {base}/v1/events -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
    -d '{{\"tenant\": \"{TENANT}\", \"type\": \"contact.created\", \"data\": {{\"hello\": \"world\"}}}}'

See what happened:

  curl '{base}/v1/deliveries?tenant={TENANT}' -H 'Authorization: Bearer {key}'

The API is described at {base}/docs. Ctrl-C ends the demo.
"
        )
    }
}

fn text(json: &Value, field: &str) -> Result<String, Failed> {
    let found = json[field].as_str().map(str::to_owned);
    found.ok_or_else(|| Failed::new(format_args!("the server's answer has no {field:?}")))
}
