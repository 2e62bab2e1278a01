//! Endpoints for people.

use serde_json::Value;

use crate::client::Document;
use crate::columns::{Sheet, Table, shown, some, time};

/// One endpoint with everything that is set.
pub(super) fn sheet(endpoint: &Value) -> String {
    let when = |field: &str| some(&endpoint[field]).map(|_| time(&endpoint[field]));
    let types = some(&endpoint["event_types"]).unwrap_or_else(|| "every type".to_owned());
    let plain = |name: &str, ordinary: &str| some(&endpoint[name]).filter(|value| value != ordinary);
    Sheet::default()
        .field("id", shown(&endpoint["id"]))
        .field("tenant", shown(&endpoint["tenant"]))
        .field("url", shown(&endpoint["url"]))
        .maybe("name", some(&endpoint["name"]))
        .maybe("description", some(&endpoint["description"]))
        .field("wants", types)
        .maybe("filter", some(&endpoint["filter"]))
        .field("state", state(endpoint))
        .maybe("headers", some(&endpoint["headers"]))
        .maybe("signature", plain("signature", "hmac"))
        .maybe("rate", some(&endpoint["rate_limit"]["per_second"]).map(|rate| format!("{rate} a second")))
        .maybe("batch", batch(&endpoint["batch"]))
        .maybe("ordering", plain("ordering", "none"))
        .maybe("max in flight", some(&endpoint["max_in_flight"]))
        .maybe("timeout", some(&endpoint["timeout_seconds"]).map(|seconds| format!("{seconds} s")))
        .maybe(
            "retries after",
            some(&endpoint["retry"]["schedule_seconds"]).map(|steps| format!("{steps} s")),
        )
        .maybe("metadata", some(&endpoint["metadata"]))
        .maybe("last attempt", last_attempt(endpoint))
        .maybe("last success", when("last_success_at"))
        .maybe("failing since", when("failing_since"))
        .field("created", time(&endpoint["created_at"]))
        .field("changed", time(&endpoint["updated_at"]))
        .maybe("secret", some(&endpoint["secret"]))
        .to_string()
}

/// Endpoints in columns.
pub(super) fn table(endpoints: &[Document]) -> String {
    if endpoints.is_empty() {
        return "no endpoints; postrider endpoint create makes one".to_owned();
    }
    let mut table = Table::new(["ID", "STATE", "WANTS", "LAST", "URL"]);
    for endpoint in endpoints.iter().map(Document::value) {
        table.row([
            shown(&endpoint["id"]),
            state(endpoint),
            some(&endpoint["event_types"]).unwrap_or_else(|| "every type".to_owned()),
            shown(&endpoint["last_status"]),
            shown(&endpoint["url"]),
        ]);
    }
    table.to_string()
}

fn state(endpoint: &Value) -> String {
    let failures = endpoint["failure_count"].as_u64().unwrap_or(0);
    match (endpoint["enabled"].as_bool(), failures) {
        (Some(true), 0) => "enabled".to_owned(),
        (Some(true), 1) => "enabled, 1 failure".to_owned(),
        (Some(true), count) => format!("enabled, {count} failures in a row"),
        _ => match some(&endpoint["disabled_reason"]).as_deref() {
            Some("manual") | None => "disabled".to_owned(),
            Some(reason) => format!("disabled ({reason})"),
        },
    }
}

fn batch(batch: &Value) -> Option<String> {
    let size = some(&batch["max_size"])?;
    Some(format!("up to {size} events, waiting at most {} s", shown(&batch["max_wait_seconds"])))
}

fn last_attempt(endpoint: &Value) -> Option<String> {
    some(&endpoint["last_attempt_at"])?;
    let answer = some(&endpoint["last_status"]).unwrap_or_else(|| "no answer".to_owned());
    Some(format!("{} ({answer})", time(&endpoint["last_attempt_at"])))
}
