//! `[delivery]`.

use std::ops::RangeInclusive;
use std::time::Duration;

use postrider_model::endpoint::Ordering;
use postrider_model::limits::Limits;
use toml::de::DeValue;

use super::Result;
use super::section::{Entry, Section};
use crate::contract::DeliveryTerms;
use crate::status::{RetryOn, StatusSet};

const KEYS: [&str; 11] = [
    "timeout",
    "success",
    "retry_on",
    "schedule",
    "rate",
    "ordering",
    "retry_after",
    "disable_on",
    "slow_on",
    "jitter",
    "breaker",
];

/// A contract is no tenant's: it is held to the limits as they come, so that the same file is good on every server.
pub(super) fn read(root: &Section<'_, '_>) -> Result<DeliveryTerms> {
    let limits = Limits::default();
    let section = root.required("delivery")?.section(&KEYS)?;
    let (per_second, batches_per_second) = rate(&section)?;
    let (ordering, ordering_paths) = ordering(section.entry("ordering"))?;
    let success = section.entry("success").map_or_else(|| Ok(successful()), |entry| success(&entry))?;
    Ok(DeliveryTerms {
        timeout: section.required("timeout")?.duration(limits.min_timeout..=limits.max_timeout)?,
        success,
        retry_on: retry_on(section.entry("retry_on"))?,
        schedule: schedule(&section.required("schedule")?, &limits)?,
        jitter: section.entry("jitter").map_or(Ok(0.0), |entry| entry.number(0.0..=1.0))?,
        per_second,
        batches_per_second,
        ordering,
        ordering_paths,
        retry_after: section.flag("retry_after")?,
        disable_on: statuses(section.entry("disable_on"))?,
        slow_on: statuses(section.entry("slow_on"))?,
        breaker: section.flag("breaker")?,
    })
}

fn schedule(entry: &Entry<'_, '_>, limits: &Limits) -> Result<Vec<Duration>> {
    let (longest, most) = (limits.max_retry_step, limits.max_retry_steps);
    let steps = entry
        .list()?
        .iter()
        .map(|step| step.duration(Duration::ZERO..=longest))
        .collect::<Result<Vec<_>>>()?;
    if steps.len() > most {
        return Err(entry.fault(format!("a timetable has at most {most} steps")));
    }
    if steps.iter().sum::<Duration>() > limits.max_retry_total {
        let days = limits.max_retry_total.as_secs() / 86_400;
        return Err(entry.fault(format!("the whole timetable has at most {days} days")));
    }
    Ok(steps)
}

fn rate(section: &Section<'_, '_>) -> Result<(Option<f64>, Option<f64>)> {
    let Some(section) = section.section("rate", &["per_second", "batches_per_second"])? else {
        return Ok((None, None));
    };
    let read = |name| section.entry(name).map(|entry| entry.number(0.001..=1_000_000.0)).transpose();
    Ok((read("per_second")?, read("batches_per_second")?))
}

/// `"none"`, `"endpoint"`, `"key"` (only keys given with the event), or `{ key = ["data.call_id"] }`.
fn ordering(entry: Option<Entry<'_, '_>>) -> Result<(Ordering, Vec<String>)> {
    let Some(entry) = entry else { return Ok((Ordering::None, Vec::new())) };
    if entry.value.is_str() {
        let choices = [("none", Ordering::None), ("key", Ordering::Key), ("endpoint", Ordering::Endpoint)];
        return Ok((entry.choice(&choices)?, Vec::new()));
    }
    let paths = entry.section(&["key"])?.required("key")?;
    let paths = paths.list()?.iter().map(path).collect::<Result<Vec<_>>>()?;
    if paths.is_empty() {
        Err(entry.fault("an order by key needs at least one path"))
    } else {
        Ok((Ordering::Key, paths))
    }
}

fn path(entry: &Entry<'_, '_>) -> Result<String> {
    let text = entry.text()?;
    let rest = text.strip_prefix("data.").or_else(|| text.strip_prefix("attributes."));
    if rest.is_some_and(|rest| rest.split('.').all(|segment| !segment.is_empty())) {
        Ok(text.to_owned())
    } else {
        Err(entry.fault(format!("{text:?} is not a path into an event, such as \"data.call_id\"")))
    }
}

fn successful() -> StatusSet {
    let mut set = StatusSet::default();
    set.insert(200..=299);
    set
}

/// `"2xx"`, or a list of classes and statuses.
fn success(entry: &Entry<'_, '_>) -> Result<StatusSet> {
    let mut set = StatusSet::default();
    if entry.value.is_array() {
        for item in entry.list()? {
            set.insert(status_or_class(&item)?);
        }
    } else {
        set.insert(status_or_class(entry)?);
    }
    if set.is_empty() { Err(entry.fault("at least one status must be a success")) } else { Ok(set) }
}

fn retry_on(entry: Option<Entry<'_, '_>>) -> Result<RetryOn> {
    let Some(entry) = entry else {
        let mut statuses = StatusSet::default();
        statuses.insert(300..=599);
        return Ok(RetryOn { connection: true, timeout: true, statuses });
    };
    let mut retry = RetryOn::default();
    for item in entry.list()? {
        match item.value.as_str() {
            Some("connection") => retry.connection = true,
            Some("timeout") => retry.timeout = true,
            _ => retry.statuses.insert(status_or_class(&item)?),
        }
    }
    Ok(retry)
}

/// `"5xx"`, or a status as a number or a string.
fn status_or_class(entry: &Entry<'_, '_>) -> Result<RangeInclusive<u16>> {
    if matches!(entry.value, DeValue::Integer(_)) {
        let status = status(entry)?;
        return Ok(status..=status);
    }
    let text = entry.text()?;
    let range = match text.as_bytes() {
        [digit @ b'1'..=b'5', b'x', b'x'] => {
            let first = u16::from(digit - b'0') * 100;
            Some(first..=first + 99)
        }
        [_, _, _] => {
            text.parse().ok().filter(|status| (100..=599).contains(status)).map(|status| status..=status)
        }
        _ => None,
    };
    range.ok_or_else(|| {
        entry.fault(format!(
            "{text:?} is unknown; write \"connection\" or \"timeout\" (in retry_on), \"5xx\", or 503"
        ))
    })
}

fn statuses(entry: Option<Entry<'_, '_>>) -> Result<Vec<u16>> {
    let Some(entry) = entry else { return Ok(Vec::new()) };
    entry.list()?.iter().map(status).collect()
}

fn status(entry: &Entry<'_, '_>) -> Result<u16> {
    entry.whole(100..=599).map(|status| u16::try_from(status).unwrap_or(599))
}
