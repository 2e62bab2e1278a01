//! A contract for people.

use std::time::Duration;

use postrider_contract::{Catalogue, Contract, SecretSource, SecretTerms, StatusSet};
use postrider_model::endpoint::Ordering;
use postrider_model::health::DisableRule;
use postrider_model::id::IdForm;

use super::example::Example;
use super::words::{SOURCES, Words};
use crate::columns::{Sheet, Table};
use crate::times::for_people;

/// The whole explanation.
pub(super) fn of(contract: &Contract, words: &Words, example: &Example) -> String {
    let mut parts = vec![
        format!("{} ({})", contract.title, contract.name),
        format!("ROUTES AND TYPES\n{}", indented(&routes(contract).to_string())),
        format!("BODY\n{}", indented(&body(contract, words, example))),
        format!("HEADERS\n{}", indented(&headers(words, example))),
        format!("SIGNATURE\n{}", indented(&signature(contract, words, example))),
        format!("TIMETABLE\n{}", indented(&timetable(&contract.delivery.schedule, contract.delivery.jitter))),
        format!("DELIVERY\n{}", indented(&delivery(contract).to_string())),
        format!("ENDPOINTS\n{}", indented(&endpoints(contract).to_string())),
    ];
    if !contract.event_types.is_empty() {
        parts.push(format!("EVENT TYPES\n{}", indented(&types(contract))));
    }
    parts.join("\n\n")
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

fn routes(contract: &Contract) -> Sheet {
    let dialect = match contract.dialect.as_str() {
        "none" => "the native API only".to_owned(),
        dialect => format!("the native API, and those of the dialect {dialect} at their documented paths"),
    };
    let catalogue = match contract.catalogue {
        Catalogue::Open => "open: types that nobody declared are accepted too",
        Catalogue::Closed => "closed: an event or a subscription of an undeclared type is refused",
    };
    Sheet::default().field("routes", dialect).field("catalogue", catalogue)
}

fn body(contract: &Contract, words: &Words, example: &Example) -> String {
    let mut sheet = Sheet::default();
    for field in &words.payload.fields {
        let (name, source) = field.split_once('=').unwrap_or((field, ""));
        sheet = sheet.field(name, field_told(source));
    }
    let fields = match words.payload.fields.is_empty() {
        true => "the event's data alone, byte for byte as the product sent it".to_owned(),
        false => sheet.to_string(),
    };
    let mut parts = vec![fields, format!("as sent:\n{}", example.body)];
    if contract.endpoint.batch.is_some() {
        let batch = match &words.payload.batch_field {
            Some(field) => format!("{{\"{field}\":[…]}}"),
            None => "[…]".to_owned(),
        };
        parts.push(format!("several in one request:\n{batch}"));
    }
    if let Some(notice) = &example.notice {
        let whole = contract.health.notice.as_ref().is_some_and(postrider_contract::Notice::is_whole_body);
        let what = if whole { "the body" } else { "the data" };
        parts.push(format!("{what} of the notice that an endpoint was disabled:\n{notice}"));
    }
    parts.join("\n\n")
}

/// What a field shows; JSON is the same in every body.
fn field_told(source: &str) -> String {
    let (name, optional) = source.strip_suffix('?').map_or((source, false), |name| (name, true));
    let told = SOURCES.iter().find(|(known, _)| *known == name).map(|(_, told)| *told);
    match (told, optional) {
        (Some(told), true) => format!("{told}; left out where there are none"),
        (Some(told), false) => told.to_owned(),
        (None, _) => format!("always {source}"),
    }
}

fn headers(words: &Words, example: &Example) -> String {
    if example.headers.is_empty() {
        return "none of its own".to_owned();
    }
    let mut table = Table::new(["HEADER", "IS", "FOR EXAMPLE"]);
    for (name, value) in &example.headers {
        let is = words.header.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        let is = is.map_or("the signature", |header| header.value.as_str());
        table.row([name.clone(), is.to_owned(), value.clone()]);
    }
    table.to_string()
}

fn signature(contract: &Contract, words: &Words, example: &Example) -> String {
    if words.signature.is_empty() {
        return "none: requests are not signed".to_owned();
    }
    let mut parts = Vec::new();
    for signature in &words.signature {
        let prefix = contract.endpoint.secret.as_ref().map_or("", |terms| terms.prefix.as_str());
        let made = match signature.key.as_str() {
            "utf8" => "HMAC-SHA256; the key is the secret's characters".to_owned(),
            "base64" => {
                format!("HMAC-SHA256; the key is the bytes whose base64 follows {prefix} in the secret")
            }
            _ => "ed25519; receivers verify with the public key".to_owned(),
        };
        let sheet = Sheet::default()
            .field("header", &signature.header)
            .maybe("begins with", signature.before.clone())
            .field("value", &signature.value)
            .field("made by", made)
            .field("over", &signature.content);
        parts.push(sheet.to_string());
    }
    for signed in &example.signed {
        parts.push(format!("signed in the example:\n{signed}"));
    }
    if let Some(secret) = &example.secret {
        parts.push(format!("with the secret:\n{secret}"));
    }
    parts.push(rotation(contract, words));
    parts.join("\n\n")
}

/// What a rotation does to the header.
fn rotation(contract: &Contract, words: &Words) -> String {
    if !contract.secrets_overlap() {
        return "The header holds one signature: after a rotation the new secret signs at once.".to_owned();
    }
    let between = words.signature.iter().find_map(|signature| signature.joined.as_ref()?.as_str());
    let between =
        between.filter(|between| *between != " ").map_or("a space".to_owned(), |text| format!("{text:?}"));
    format!(
        "After a rotation the old secret signs beside the new one, joined by {between}, until it expires."
    )
}

fn timetable(schedule: &[Duration], jitter: f64) -> String {
    let mut table = Table::new(["ATTEMPT", "AFTER THE ONE BEFORE", "SINCE THE FIRST"]);
    table.row(["1".to_owned(), "at once".to_owned(), String::new()]);
    let mut since = Duration::ZERO;
    for (number, step) in (2..).zip(schedule) {
        since += *step;
        table.row([number.to_string(), for_people(*step), for_people(since)]);
    }
    let told = match jitter {
        _ if schedule.is_empty() => "One attempt: what fails is not tried again by itself.".to_owned(),
        0.0 => "Earliest times: a later one is never brought forward.".to_owned(),
        _ => format!("Earliest times; up to {:.0} % is added to each step, by chance.", jitter * 100.0),
    };
    format!("{table}\n\n{told}")
}

fn delivery(contract: &Contract) -> Sheet {
    let terms = &contract.delivery;
    let statuses = |list: &[u16]| {
        (!list.is_empty()).then(|| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    };
    let mut retried = Vec::new();
    retried.extend(terms.retry_on.connection.then(|| "no connection".to_owned()));
    retried.extend(terms.retry_on.timeout.then(|| "a timeout".to_owned()));
    retried.extend(Some(ranges(&terms.retry_on.statuses)).filter(|ranges| !ranges.is_empty()));
    let none = retried.is_empty() || terms.schedule.is_empty();
    let retried = if none { "nothing".to_owned() } else { retried.join(", ") };
    let ordering = match terms.ordering {
        Ordering::None => "none".to_owned(),
        Ordering::Key => {
            format!("by key ({}), of which the first present counts", terms.ordering_paths.join(", "))
        }
        Ordering::Endpoint => "all events of the endpoint, one after the other".to_owned(),
    };
    let rate = |rate: Option<f64>| rate.map(|rate| format!("at most {rate} requests a second"));
    Sheet::default()
        .field("deadline", for_people(terms.timeout))
        .field("success", ranges(&terms.success))
        .field("retried", retried)
        .maybe("rate", rate(terms.per_second))
        .maybe("rate of batches", rate(terms.batches_per_second))
        .field("order", ordering)
        .field("Retry-After", if terms.retry_after { "heeded" } else { "not heeded" })
        .maybe("disables at once", statuses(&terms.disable_on))
        .maybe("slows down", statuses(&terms.slow_on))
        .maybe(
            "breaker",
            terms.breaker.then(|| "opens after five timeouts or connection errors in a row".to_owned()),
        )
        .field("disabled", disabled(contract.health.disable))
        .maybe(
            "and told by",
            contract
                .health
                .notice
                .as_ref()
                .map(|notice| format!("{} to the tenant's other endpoints that name it", notice.event_type)),
        )
}

/// When an endpoint is disabled by itself.
pub(super) fn disabled(rule: DisableRule) -> String {
    match rule {
        DisableRule::Never => "never".to_owned(),
        DisableRule::DeliveryExhausted => {
            "when a delivery used up its attempts and nothing was delivered since its first".to_owned()
        }
        DisableRule::ConsecutiveFailures(count) => format!("after {count} failed attempts in a row"),
        DisableRule::FailingFor(span) => format!("after {} of nothing but failures", for_people(span)),
    }
}

/// `200–299, 410`.
pub(super) fn ranges(set: &StatusSet) -> String {
    let told = set.ranges().map(|range| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}–{last}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

fn endpoints(contract: &Contract) -> Sheet {
    let terms = &contract.endpoint;
    let yes = |is: bool| if is { "yes" } else { "no" };
    let batch = terms.batch.map_or("no: each event travels alone".to_owned(), |batch| {
        format!("up to {} events, waiting at most {}", batch.max_size, for_people(batch.max_wait))
    });
    let limit = contract.limits.active_endpoints_per_tenant;
    let fields: Vec<_> = terms.filter_fields.iter().map(|field| field.title.as_str()).collect();
    Sheet::default()
        .field(
            "id",
            match &terms.id {
                IdForm::Prefix(prefix) => format!("{prefix}…"),
                IdForm::Uuid => "a UUID".to_owned(),
            },
        )
        .field("secret", terms.secret.as_ref().map_or("none".to_owned(), secret))
        .field("patterns", format!("{} (contact.*)", yes(terms.wildcards)))
        .field("own headers", yes(terms.headers))
        .field("filter", if terms.filter == "native" { "Postrider's" } else { &terms.filter })
        .maybe("filter fields", (!fields.is_empty()).then(|| fields.join(", ")))
        .field("batches", batch)
        .maybe("most enabled", limit.map(|limit| format!("{limit} of a tenant")))
}

fn secret(terms: &SecretTerms) -> String {
    let source = match terms.source {
        SecretSource::Given => "given by the customer, or none: then nothing is signed".to_owned(),
        SecretSource::GivenOrGenerated => {
            format!("given, or generated ({}… of {} bytes)", terms.prefix, terms.bytes)
        }
        SecretSource::Generated => format!("generated ({}… of {} bytes)", terms.prefix, terms.bytes),
    };
    format!("{source}; {}", if terms.retrievable { "can be read back" } else { "shown once" })
}

fn types(contract: &Contract) -> String {
    let mut sheet = Sheet::default();
    for known in &contract.event_types {
        sheet = sheet.field(&known.name, known.description.clone().unwrap_or_default());
    }
    sheet.to_string()
}
