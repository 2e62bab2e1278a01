//! An endpoint as the JSON document its owner writes, and RFC 7396 on it.
//!
//! Creating reads a document; changing writes the current document, merges the patch into it and reads the result
//! with the same rules. So a field means the same in both, and `null` takes it back to its default.

use postrider_model::endpoint::EndpointConfig;
use serde_json::{Map, Value, json};

use super::header::REDACTED;
use crate::Fault;

/// The fields a request may set.
pub(super) const SETTABLE: [&str; 16] = [
    "url",
    "name",
    "description",
    "event_types",
    "filter",
    "enabled",
    "headers",
    "secret",
    "signature",
    "rate_limit",
    "batch",
    "ordering",
    "max_in_flight",
    "timeout_seconds",
    "retry",
    "metadata",
];

/// What a tenant's own key must not change (DESIGN 4.4).
pub(super) const NOT_FOR_TENANTS: [&str; 2] = ["retry", "timeout_seconds"];

/// The document of an endpoint as it is. Header values are there in full: it never leaves the use case.
pub(super) fn of(config: &EndpointConfig, headers: &[(String, String)], enabled: bool) -> Map<String, Value> {
    let mut document = Map::new();
    let mut set = |name: &str, value: Value| {
        if !value.is_null() {
            document.insert(name.to_owned(), value);
        }
    };
    set("url", json!(config.url));
    set("name", json!(config.name));
    set("description", json!(config.description));
    set("event_types", json!(config.event_types));
    set("filter", json!(config.filter));
    set("enabled", json!(enabled));
    set(
        "headers",
        headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into(),
    );
    set("signature", json!(config.signature));
    set("rate_limit", json!(config.rate_limit));
    set("batch", json!(config.batch));
    set("ordering", json!(config.ordering));
    set("max_in_flight", json!(config.max_in_flight));
    set("timeout_seconds", json!(config.timeout_seconds));
    set("retry", json!(config.retry));
    set("metadata", Value::Object(config.metadata.clone()));
    document
}

/// Makes a patch ready for the merge: header names are matched whatever their case, and a value shown redacted that
/// comes back unchanged keeps the old one.
pub(super) fn settle_headers(
    document: &Map<String, Value>,
    patch: &mut Map<String, Value>,
    faults: &mut Vec<Fault>,
) {
    let Some(Value::Object(changes)) = patch.get_mut("headers") else { return };
    let current = document.get("headers").and_then(Value::as_object);
    let mut settled = Map::new();
    for (name, value) in std::mem::take(changes) {
        let held = current.and_then(|held| held.iter().find(|(other, _)| other.eq_ignore_ascii_case(&name)));
        if value == REDACTED {
            if held.is_none() {
                faults.push(Fault::at(
                    format!("/headers/{}", escape(&name)),
                    "The value is a redacted one and there is no such header whose value it could keep.",
                ));
            }
            continue;
        }
        if let Some((other, _)) = held.filter(|(other, _)| **other != name) {
            settled.insert(other.clone(), Value::Null);
        }
        settled.insert(name, value);
    }
    *changes = settled;
}

/// Puts a member in place of the one that is there, without merging; `None` takes it away.
pub(super) fn replace(document: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => document.insert(name.to_owned(), value),
        None => document.shift_remove(name),
    };
}

/// A name as a part of a JSON Pointer (RFC 6901, 3).
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge_patch::merge;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    /// The examples of RFC 7396, appendix A, whose target and patch are objects.
    #[test]
    fn the_examples_of_rfc_7396_come_out_as_written() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = map(target);
            merge(&mut merged, map(patch.clone()));
            assert_eq!(Value::Object(merged), result, "{patch}");
        }
    }

    #[test]
    fn a_redacted_value_that_comes_back_keeps_the_old_one() {
        let document = map(json!({"headers": {"Authorization": "Bearer x", "X-A": "1"}}));
        let mut patch = map(json!({"headers": {"authorization": "***", "x-a": "2", "X-New": "3"}}));
        let mut faults = Vec::new();
        settle_headers(&document, &mut patch, &mut faults);
        let mut merged = document;
        merge(&mut merged, patch);
        assert_eq!(merged["headers"], json!({"Authorization": "Bearer x", "x-a": "2", "X-New": "3"}));
        assert!(faults.is_empty());
    }

    #[test]
    fn a_redacted_value_of_no_header_is_a_fault() {
        let mut faults = Vec::new();
        let mut patch = map(json!({"headers": {"X-Token": "***"}}));
        settle_headers(&Map::new(), &mut patch, &mut faults);
        assert_eq!(faults[0].pointer, "/headers/X-Token");
    }

    #[test]
    fn a_header_is_removed_whatever_the_case_of_its_name() {
        let document = map(json!({"headers": {"X-Trace": "1"}}));
        let mut patch = map(json!({"headers": {"x-trace": null}}));
        settle_headers(&document, &mut patch, &mut Vec::new());
        let mut merged = document;
        merge(&mut merged, patch);
        assert_eq!(merged["headers"], json!({}));
    }
}
