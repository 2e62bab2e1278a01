//! A contract for programs.

use postrider_contract::{Catalogue, Contract};
use serde_json::{Map, Value, json};

use super::example::Example;
use super::terms::{disabled, ranges};
use super::words::Words;

/// Everything that the explanation for people tells.
pub(super) fn of(contract: &Contract, words: &Words, example: &Example) -> Value {
    let terms = &contract.delivery;
    let seconds = |span: &std::time::Duration| span.as_secs_f64();
    let headers: Map<String, Value> =
        example.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "name": contract.name,
        "title": contract.title,
        "dialect": contract.dialect,
        "catalogue": if contract.catalogue == Catalogue::Open { "open" } else { "closed" },
        "event_types": contract.event_types.iter().map(|known| json!({"name": known.name, "description": known.description, "example": known.example})).collect::<Vec<_>>(),
        "fields": words.payload.fields,
        "batch_field": words.payload.batch_field,
        "signatures": words.signature.iter().map(|signature| json!({
            "header": signature.header, "before": signature.before, "content": signature.content,
            "value": signature.value, "joined": signature.joined, "key": signature.key,
        })).collect::<Vec<_>>(),
        "headers": words.header.iter().map(|header| json!({"name": header.name, "value": header.value})).collect::<Vec<_>>(),
        "timeout_seconds": seconds(&terms.timeout),
        "success": ranges(&terms.success),
        "schedule_seconds": terms.schedule.iter().map(seconds).collect::<Vec<_>>(),
        "jitter": terms.jitter,
        "retry_after": terms.retry_after,
        "disable_on": terms.disable_on,
        "slow_on": terms.slow_on,
        "breaker": terms.breaker,
        "disable": contract.health.disable,
        "disable_told": disabled(contract.health.disable),
        "notice": contract.health.notice.as_ref().map(|notice| &notice.event_type),
        "active_endpoints_per_tenant": contract.limits.active_endpoints_per_tenant,
        "example": {"secret": example.secret, "headers": headers, "body": example.body, "notice": example.notice, "signed": example.signed},
    })
}
