//! What the API shows.

use std::collections::BTreeMap;

use postrider_tests::{Client, Server};
use serde_json::Value;

use super::stock::Stock;

/// Each path with the bytes of its answer.
pub(super) type Seen = BTreeMap<String, String>;

/// Every list and every detail of the tenants in which nothing moves.
pub(super) async fn all(stock: &Stock, server: &Server) -> Seen {
    let [live, test, root] = stock.clients(server);
    let mut seen = Seen::new();
    for path in ["/v1/projects", "/v1/projects/acme", "/v1/projects/acme/keys"] {
        look(&root, "root", path, &mut seen).await;
    }
    for (mode, client) in [("live", &live), ("test", &test)] {
        for path in ["/v1/event-types", "/v1/tenants", "/v1/tenants/t1", "/v1/tenants/t2", "/v1/meta"] {
            look(client, mode, path, &mut seen).await;
        }
        for tenant in ["t1", "t2"] {
            look_at_tenant(client, mode, tenant, &mut seen).await;
        }
    }
    seen
}

async fn look_at_tenant(client: &Client, mode: &str, tenant: &str, seen: &mut Seen) {
    let endpoints = look(client, mode, &format!("/v1/tenants/{tenant}/endpoints"), seen).await;
    for endpoint in ids(&endpoints) {
        let path = format!("/v1/tenants/{tenant}/endpoints/{endpoint}");
        for part in ["", "/secret"] {
            look(client, mode, &format!("{path}{part}"), seen).await;
        }
        look(client, mode, &format!("/v1/deliveries?endpoint={endpoint}&limit=250"), seen).await;
    }
    let events = look(client, mode, &format!("/v1/events?tenant={tenant}&limit=250"), seen).await;
    for event in ids(&events) {
        let detail = look(client, mode, &format!("/v1/events/{event}"), seen).await;
        for delivery in detail["deliveries"].as_array().into_iter().flatten() {
            let endpoint = delivery["endpoint"].as_str().unwrap_or_default();
            look(client, mode, &format!("/v1/events/{event}/deliveries/{endpoint}"), seen).await;
        }
    }
    for status in ["", "&status=pending", "&status=failed", "&status=held,failed", "&status=delivered"] {
        look(client, mode, &format!("/v1/deliveries?tenant={tenant}&limit=250{status}"), seen).await;
    }
}

fn ids(list: &Value) -> Vec<String> {
    let rows = list["data"].as_array().into_iter().flatten();
    rows.filter_map(|row| row["id"].as_str()).map(str::to_owned).collect()
}

async fn look(client: &Client, who: &str, path: &str, seen: &mut Seen) -> Value {
    let reply = client.get(path).await;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let shown = if path.contains("/endpoints") { without_moments(&text) } else { text.clone() };
    seen.insert(format!("{who} {path}"), format!("{} {shown}", reply.status));
    serde_json::from_str(&text).unwrap_or_default()
}

/// How an endpoint does is written once a second at most while its streak goes on, and once more at a stop.
fn without_moments(text: &str) -> String {
    const NAMES: [&str; 4] = ["last_attempt_at", "last_success_at", "last_status", "failure_count"];
    let is_one = |part: &str| NAMES.iter().any(|name| part.starts_with(&format!("\"{name}\":")));
    text.split(',').filter(|part| !is_one(part)).collect::<Vec<_>>().join(",")
}

/// The same paths, and the same bytes.
pub(super) fn compare(before: &Seen, after: &Seen) {
    assert!(before.len() > 60, "{} answers are few", before.len());
    let paths = |seen: &Seen| seen.keys().cloned().collect::<Vec<_>>();
    for (path, shown) in before {
        assert_eq!(after.get(path), Some(shown), "{path}");
    }
    assert_eq!(paths(before), paths(after));
}
