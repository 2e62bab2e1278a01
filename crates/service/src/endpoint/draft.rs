//! An endpoint as somebody wants it: read from its document, not yet checked against the contract.

use postrider_model::endpoint::{
    BatchSetting, EndpointConfig, Ordering, RateLimit, RetrySetting, SignatureKind,
};
use serde_json::{Map, Value};

use super::document::SETTABLE;
use super::fields::Fields;
use crate::Fault;

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Everything that is not secret.
    pub(super) config: EndpointConfig,
    /// Custom headers, values in full.
    pub(super) headers: Vec<(String, String)>,
    /// Whether it gets events.
    pub(super) enabled: bool,
    /// The secret that was given.
    pub(super) secret: Option<String>,
}

/// Reads a document. What is not of its type is left at its default and noted.
pub(super) fn read(document: &Map<String, Value>, faults: &mut Vec<Fault>) -> Draft {
    let mut fields = Fields::open(document, "", &SETTABLE, faults);
    let url = fields.text("url");
    if url.as_deref() == Some("") || fields.value("url").is_none() {
        fields.fault("url", "An endpoint needs a URL.");
    }
    let config = EndpointConfig {
        url: url.unwrap_or_default(),
        name: fields.text("name"),
        description: fields.text("description"),
        event_types: fields.texts("event_types").unwrap_or_default(),
        filter: fields.object("filter").cloned().map(Value::Object),
        signature: signature(&mut fields),
        rate_limit: rate_limit(&mut fields),
        batch: batch(&mut fields),
        ordering: ordering(&mut fields),
        max_in_flight: fields.whole("max_in_flight"),
        timeout_seconds: fields.number("timeout_seconds"),
        retry: retry(&mut fields),
        metadata: fields.object("metadata").cloned().unwrap_or_default(),
        dialect: None,
    };
    let enabled = fields.flag("enabled").unwrap_or(true);
    let secret = fields.text("secret");
    Draft { config, headers: headers(&mut fields), enabled, secret }
}

fn signature(fields: &mut Fields<'_, '_>) -> SignatureKind {
    match fields.text("signature").as_deref() {
        None | Some("hmac") => SignatureKind::Hmac,
        Some("ed25519") => SignatureKind::Ed25519,
        Some(_) => {
            fields.fault("signature", "This must be hmac or ed25519.");
            SignatureKind::Hmac
        }
    }
}

fn ordering(fields: &mut Fields<'_, '_>) -> Option<Ordering> {
    match fields.text("ordering")?.as_str() {
        "none" => Some(Ordering::None),
        "key" => Some(Ordering::Key),
        "endpoint" => Some(Ordering::Endpoint),
        _ => {
            fields.fault("ordering", "This must be none, key or endpoint.");
            None
        }
    }
}

fn rate_limit(fields: &mut Fields<'_, '_>) -> Option<RateLimit> {
    let mut inside = fields.inside("rate_limit", &["per_second"])?;
    let per_second = inside.number("per_second");
    if inside.value("per_second").is_none() {
        inside.fault("per_second", "A rate limit needs it.");
    }
    per_second.map(|per_second| RateLimit { per_second })
}

fn batch(fields: &mut Fields<'_, '_>) -> Option<BatchSetting> {
    let mut inside = fields.inside("batch", &["max_size", "max_wait_seconds"])?;
    let (max_size, max_wait_seconds) = (inside.whole("max_size"), inside.number("max_wait_seconds"));
    for name in ["max_size", "max_wait_seconds"] {
        if inside.value(name).is_none() {
            inside.fault(name, "A batch needs it.");
        }
    }
    Some(BatchSetting { max_size: max_size?, max_wait_seconds: max_wait_seconds? })
}

fn retry(fields: &mut Fields<'_, '_>) -> Option<RetrySetting> {
    let mut inside = fields.inside("retry", &["schedule_seconds"])?;
    let schedule_seconds = inside.numbers("schedule_seconds");
    if inside.value("schedule_seconds").is_none() {
        inside.fault("schedule_seconds", "A timetable needs it; an empty list means one attempt.");
    }
    schedule_seconds.map(|schedule_seconds| RetrySetting { schedule_seconds })
}

fn headers(fields: &mut Fields<'_, '_>) -> Vec<(String, String)> {
    let Some(given) = fields.object("headers") else { return Vec::new() };
    let mut headers = Vec::with_capacity(given.len());
    for (name, value) in given {
        match value.as_str() {
            Some(text) => headers.push((name.clone(), text.to_owned())),
            None => fields.fault_within("headers", name, "This must be a string."),
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::document;
    use super::*;

    fn read_value(value: Value) -> (Draft, Vec<String>) {
        let mut faults = Vec::new();
        let draft = read(value.as_object().unwrap(), &mut faults);
        (draft, faults.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn what_a_document_says_comes_back_as_the_same_document() {
        let given = json!({
            "url": "https://a.example/x", "name": "n", "description": "d", "event_types": ["a.*"],
            "filter": {"data": {"x": 1}}, "enabled": false, "headers": {"X-B": "1", "X-A": "2"}, "signature": "ed25519",
            "rate_limit": {"per_second": 2.5}, "batch": {"max_size": 10, "max_wait_seconds": 1.5}, "ordering": "key",
            "max_in_flight": 3, "timeout_seconds": 4.0, "retry": {"schedule_seconds": [1.0, 2.0]}, "metadata": {"a": [1]},
        });
        let (draft, faults) = read_value(given.clone());
        assert!(faults.is_empty(), "{faults:?}");
        let again = document::of(&draft.config, &draft.headers, draft.enabled);
        assert_eq!(Value::Object(again), given);
    }

    #[test]
    fn every_fault_of_type_is_told_with_its_pointer() {
        let (_, faults) = read_value(json!({
            "id": "ep_1", "url": 1, "event_types": ["a", 2], "filter": [], "signature": "rsa", "headers": {"a/b": 1},
            "rate_limit": {}, "batch": {"max_size": -1, "max_wait_seconds": "1", "x": 1}, "ordering": "fifo",
            "max_in_flight": 1.5, "retry": {"schedule_seconds": [1, "2"]}, "metadata": "m", "enabled": "yes",
        }));
        let expected = [
            "/id",
            "/url",
            "/event_types/1",
            "/filter",
            "/signature",
            "/rate_limit/per_second",
            "/batch/x",
            "/batch/max_size",
            "/batch/max_wait_seconds",
            "/ordering",
            "/max_in_flight",
            "/retry/schedule_seconds/1",
            "/metadata",
            "/enabled",
            "/headers/a~1b",
        ];
        assert_eq!(faults, expected);
    }

    #[test]
    fn an_endpoint_without_a_url_is_refused() {
        assert_eq!(read_value(json!({})).1, ["/url"]);
        assert_eq!(read_value(json!({"url": null})).1, ["/url"]);
        assert_eq!(read_value(json!({"url": ""})).1, ["/url"]);
    }
}
