//! The rules an endpoint must keep, on every surface (DESIGN 4.2, 4.4): of the sender and of the project's contract.

use postrider_courier::{GuardPolicy, Target};
use postrider_model::endpoint::{EndpointConfig, SignatureKind};
use postrider_model::filter::Filter;
use postrider_model::limits::Limits;

use super::draft::Draft;
use super::header;
use super::terms::Terms;
use crate::Fault;

/// What the rules are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    /// The contract's.
    pub(super) terms: &'a Terms,
    /// The server's.
    pub(super) limits: &'a Limits,
    /// What may be dialled.
    pub(super) guard: &'a GuardPolicy,
}

/// Checks everything but the secret and notes every fault.
pub(super) fn check(draft: &Draft, rules: Rules<'_>, faults: &mut Vec<Fault>) {
    let Rules { terms, limits, .. } = rules;
    let config = &draft.config;
    url(&config.url, rules, faults);
    words(config, limits, faults);
    event_types(&config.event_types, rules, faults);
    filter(config, limits, faults);
    header::check(&draft.headers, terms, limits, faults);
    signature(config.signature, terms, faults);
    rate(config, rules, faults);
    batch(config, terms, faults);
    pace(config, limits, faults);
    timetable(config, limits, faults);
}

fn url(url: &str, Rules { limits, guard, .. }: Rules<'_>, faults: &mut Vec<Fault>) {
    let most = limits.max_url_bytes;
    if url.len() > most {
        faults.push(Fault::at("/url", format!("A URL has at most {most} bytes.")));
        return;
    }
    // An empty URL was not given, which the draft has noted.
    if !url.is_empty()
        && let Err(error) = Target::parse(url, guard)
    {
        faults.push(Fault::at("/url", sentence(&error.to_string())));
    }
}

fn words(config: &EndpointConfig, limits: &Limits, faults: &mut Vec<Fault>) {
    let lengths = [
        ("/name", config.name.as_deref(), limits.max_name_chars),
        ("/description", config.description.as_deref(), limits.max_description_chars),
    ];
    for (pointer, text, most) in lengths {
        if text.is_some_and(|text| text.chars().count() > most) {
            faults.push(Fault::at(pointer, format!("This has at most {most} characters.")));
        }
    }
    if config.name.as_deref().is_some_and(|name| name.chars().any(char::is_control)) {
        faults.push(Fault::at("/name", "A name has no control characters."));
    }
    let bytes = serde_json::to_vec(&config.metadata).map_or(0, |json| json.len());
    if bytes > limits.max_metadata_bytes {
        let detail = format!("Metadata has at most {} bytes as JSON.", limits.max_metadata_bytes);
        faults.push(Fault::at("/metadata", detail));
    }
}

/// Patterns must be well-formed; under a closed catalogue each must stand for a type there is (DESIGN 4.4).
fn event_types(patterns: &[String], Rules { terms, limits, .. }: Rules<'_>, faults: &mut Vec<Fault>) {
    if patterns.len() > limits.max_event_types {
        faults.push(Fault::at(
            "/event_types",
            format!("An endpoint names at most {} types.", limits.max_event_types),
        ));
        // Each of many may be wrong, and what is said of one names all that are valid.
        return;
    }
    for (index, text) in patterns.iter().enumerate() {
        if let Err(detail) = terms.pattern(text) {
            faults.push(Fault::at(format!("/event_types/{index}"), detail));
        }
    }
}

fn filter(config: &EndpointConfig, limits: &Limits, faults: &mut Vec<Fault>) {
    let Some(filter) = &config.filter else { return };
    if serde_json::to_vec(filter).is_ok_and(|json| json.len() > limits.max_filter_bytes) {
        let detail = format!("A filter has at most {} bytes as JSON.", limits.max_filter_bytes);
        faults.push(Fault::at("/filter", detail));
    } else if let Err(error) = Filter::parse(filter) {
        faults.push(Fault::at(format!("/filter{}", error.pointer), sentence(&error.detail)));
    }
}

fn signature(kind: SignatureKind, terms: &Terms, faults: &mut Vec<Fault>) {
    if kind == SignatureKind::Ed25519 && !terms.ed25519 {
        faults
            .push(Fault::at("/signature", format!("The contract {} signs with hmac only.", terms.contract)));
    }
}

/// The contract's rate is default and ceiling; for batches its rate of batches (DESIGN 4.4).
fn rate(config: &EndpointConfig, Rules { terms, limits, .. }: Rules<'_>, faults: &mut Vec<Fault>) {
    let Some(rate) = config.rate_limit else { return };
    let ceiling = if config.batch.is_some() { terms.batch_rate_ceiling } else { terms.rate_ceiling }
        .unwrap_or(limits.max_rate_per_second);
    let floor = limits.min_rate_per_second;
    if rate.per_second > ceiling || rate.per_second < floor {
        faults.push(Fault::at("/rate_limit/per_second", format!("This lies between {floor} and {ceiling}.")));
    }
}

fn batch(config: &EndpointConfig, terms: &Terms, faults: &mut Vec<Fault>) {
    let Some(batch) = config.batch else { return };
    let Some((max_size, max_wait_seconds)) = terms.batch else {
        faults.push(Fault::at("/batch", format!("The contract {} knows no batches.", terms.contract)));
        return;
    };
    if !(1..=max_size).contains(&batch.max_size) {
        faults.push(Fault::at("/batch/max_size", format!("This lies between 1 and {max_size}.")));
    }
    if batch.max_wait_seconds > max_wait_seconds {
        faults.push(Fault::at(
            "/batch/max_wait_seconds",
            format!("This lies between 0 and {max_wait_seconds}."),
        ));
    }
}

fn pace(config: &EndpointConfig, limits: &Limits, faults: &mut Vec<Fault>) {
    if config.max_in_flight.is_some_and(|most| !(1..=limits.max_in_flight).contains(&most)) {
        faults
            .push(Fault::at("/max_in_flight", format!("This lies between 1 and {}.", limits.max_in_flight)));
    }
    let range = limits.min_timeout.as_secs_f64()..=limits.max_timeout.as_secs_f64();
    if config.timeout_seconds.is_some_and(|seconds| !range.contains(&seconds)) {
        let detail = format!("This lies between {} and {}.", range.start(), range.end());
        faults.push(Fault::at("/timeout_seconds", detail));
    }
}

fn timetable(config: &EndpointConfig, limits: &Limits, faults: &mut Vec<Fault>) {
    let Some(retry) = &config.retry else { return };
    let steps = &retry.schedule_seconds;
    if steps.len() > limits.max_retry_steps {
        let detail = format!("A timetable has at most {} steps.", limits.max_retry_steps);
        faults.push(Fault::at("/retry/schedule_seconds", detail));
    }
    let longest = limits.max_retry_step.as_secs_f64();
    for (index, _) in steps.iter().enumerate().filter(|(_, step)| **step > longest) {
        let pointer = format!("/retry/schedule_seconds/{index}");
        faults.push(Fault::at(pointer, format!("A step has at most {longest} seconds.")));
    }
    let total = limits.max_retry_total.as_secs_f64();
    if steps.iter().sum::<f64>() > total {
        let detail = format!("The whole timetable has at most {total} seconds.");
        faults.push(Fault::at("/retry/schedule_seconds", detail));
    }
}

/// The names, or the first hundred of them.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 100;
    let mut text = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    if names.is_empty() { "none yet".to_owned() } else { text }
}

/// The words of a lower layer as a sentence.
pub(super) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

#[cfg(test)]
mod tests;
