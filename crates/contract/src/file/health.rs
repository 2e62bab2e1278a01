//! `[health]`.

use std::time::Duration;

use postrider_model::health::DisableRule;

use super::payload::split;
use super::section::{Entry, Section};
use super::{Result, event_type};
use crate::contract::HealthTerms;
use crate::notice::{NOTICE_SOURCES, Notice, NoticeSource};

pub(super) const KEYS: [&str; 3] = ["disable", "notice", "notice_fields"];

pub(super) fn read(root: &Section<'_, '_>) -> Result<HealthTerms> {
    let Some(section) = root.section("health", &KEYS)? else {
        return Ok(HealthTerms { disable: DisableRule::Never, notice: None });
    };
    let fields = section.entry("notice_fields");
    let notice = match section.entry("notice") {
        Some(entry) => Some(Notice {
            event_type: event_type(&entry)?,
            fields: fields.map(|entry| notice_fields(&entry)).transpose()?,
        }),
        None => {
            if let Some(entry) = fields {
                return Err(entry.fault("there is no notice whose fields these could be"));
            }
            None
        }
    };
    let disable = section.entry("disable").map_or(Ok(DisableRule::Never), |entry| disable(&entry))?;
    Ok(HealthTerms { disable, notice })
}

fn disable(entry: &Entry<'_, '_>) -> Result<DisableRule> {
    if entry.value.is_str() {
        return match entry.text()? {
            "never" => Ok(DisableRule::Never),
            "delivery-exhausted" => Ok(DisableRule::DeliveryExhausted),
            text => Err(entry.fault(format!("{text:?} is unknown; {EXPECTED}"))),
        };
    }
    let section = entry.section(&["consecutive_failures", "failing_for"])?;
    match (section.entry("consecutive_failures"), section.entry("failing_for")) {
        (Some(count), None) => {
            let count = count.whole(1..=1_000_000)?;
            Ok(DisableRule::ConsecutiveFailures(u32::try_from(count).unwrap_or(u32::MAX)))
        }
        (None, Some(time)) => {
            let year = Duration::from_secs(366 * 24 * 3600);
            time.duration(Duration::from_secs(1)..=year).map(DisableRule::FailingFor)
        }
        _ => Err(entry.fault(EXPECTED)),
    }
}

const EXPECTED: &str = "the rule is \"never\", \"delivery-exhausted\", { consecutive_failures = 10 } or { failing_for = \"5d\" }";

/// The fields of a notice that is the whole body of its request: `["webhookId=endpoint.id"]`.
fn notice_fields(entry: &Entry<'_, '_>) -> Result<Vec<(String, NoticeSource)>> {
    let fields = entry.list()?.iter().map(notice_field).collect::<Result<Vec<_>>>()?;
    if fields.is_empty() { Err(entry.fault("a notice needs at least one field")) } else { Ok(fields) }
}

fn notice_field(entry: &Entry<'_, '_>) -> Result<(String, NoticeSource)> {
    let (name, source) = split(entry)?;
    let known = NOTICE_SOURCES.iter().find(|(known, _)| *known == source).map(|(_, source)| *source);
    let source = known.ok_or_else(|| {
        let names: Vec<_> = NOTICE_SOURCES.iter().map(|(name, _)| *name).collect();
        entry.fault(format!("unknown source {source:?}; known are {}", names.join(", ")))
    })?;
    Ok((name.to_owned(), source))
}
