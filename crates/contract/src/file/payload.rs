//! `[payload]`: compiled into the pieces that rendering copies.

use postrider_model::json;
use postrider_model::limits::Limits;

use super::Result;
use super::endpoint::id_form;
use super::section::{Entry, Section};
use crate::envelope::{Envelope, Precision, SOURCES, Segment, Source};

const KEYS: [&str; 5] = ["event_id", "timestamp", "fields", "root", "batch_field"];

const PRECISIONS: [(&str, Precision); 4] = [
    ("seconds", Precision::Seconds),
    ("millis", Precision::Millis),
    ("unix", Precision::Unix),
    ("unix-millis", Precision::UnixMillis),
];

pub(super) fn read(root: &Section<'_, '_>) -> Result<Envelope> {
    let section = root.required("payload")?.section(&KEYS)?;
    let event_id = id_form(section.entry("event_id"), "evt_")?;
    let precision =
        section.entry("timestamp").map_or(Ok(Precision::Millis), |entry| entry.choice(&PRECISIONS))?;
    let (segments, after) = match (section.entry("fields"), section.entry("root")) {
        (Some(fields), None) => (segments(&fields)?, "}"),
        (None, Some(root)) => (vec![whole(&root)?], ""),
        (Some(_), Some(root)) => return Err(root.fault("a body has either fields or a root, not both")),
        (None, None) => return Err(section.fault("a body needs fields, or root = \"event.data\"")),
    };
    let batch_field =
        section.entry("batch_field").map(|entry| field_name(&entry, entry.text()?)).transpose()?;
    Ok(Envelope::new(event_id, precision, segments, after, batch_field))
}

/// `root = "event.data"`: the body is the data alone.
fn whole(entry: &Entry<'_, '_>) -> Result<Segment> {
    let source = entry.choice(&[("event.data", Source::Data)])?;
    Ok(Segment { before: "".into(), source, optional: false })
}

fn segments(entry: &Entry<'_, '_>) -> Result<Vec<Segment>> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for entry in entry.list()? {
        let (name, value) = split(&entry)?;
        if names.iter().any(|known| known == name) {
            return Err(entry.fault(format!("the field {name:?} is there already")));
        }
        let start = if segments.is_empty() { '{' } else { ',' };
        let mut before = format!("{start}{}:", serde_json::Value::from(name));
        let (source, optional) = if is_constant(value) {
            before.push_str(constant(&entry, value)?);
            (Source::Constant, false)
        } else {
            source(&entry, value)?
        };
        if segments.is_empty() && optional {
            return Err(entry.fault("the first field must be one that is always there (without \"?\")"));
        }
        segments.push(Segment { before: before.into(), source, optional });
        names.push(name.to_owned());
    }
    if segments.is_empty() { Err(entry.fault("a body needs at least one field")) } else { Ok(segments) }
}

/// Whether a field is JSON of its own and no source: `"event"`, `1`, `true`.
fn is_constant(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_digit() || "\"-{[".contains(first))
        || ["true", "false", "null"].contains(&value)
}

/// The same in every body: `object="event"`.
fn constant<'t>(entry: &Entry<'_, '_>, value: &'t str) -> Result<&'t str> {
    json::check(value.as_bytes(), Limits::default().json_depth)
        .map_err(|fault| entry.fault(format!("{value} is not JSON: {}", fault.kind)))?;
    Ok(value)
}

/// `event.changes?`.
fn source(entry: &Entry<'_, '_>, text: &str) -> Result<(Source, bool)> {
    let (text, optional) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
    let known = SOURCES.iter().find(|(known, _)| *known == text).map(|(_, source)| *source);
    let source = known.ok_or_else(|| {
        let names: Vec<_> = SOURCES.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        entry.fault(format!("unknown source {text:?}; known are {names}, or JSON for the same in every body"))
    })?;
    if optional && !matches!(source, Source::Changes | Source::Attributes) {
        return Err(
            entry.fault("only event.changes and event.attributes can be missing: leave out the \"?\"")
        );
    }
    Ok((source, optional))
}

/// `name=source`.
pub(super) fn split<'t>(entry: &Entry<'t, '_>) -> Result<(&'t str, &'t str)> {
    let text = entry.text()?;
    let (name, source) =
        text.split_once('=').ok_or_else(|| entry.fault("a field is written \"name=source\""))?;
    Ok((field_name(entry, name)?, source))
}

fn field_name<'t>(entry: &Entry<'_, '_>, name: &'t str) -> Result<&'t str> {
    if (1..=128).contains(&name.len()) && !name.contains(char::is_control) && name.trim() == name {
        Ok(name)
    } else {
        Err(entry.fault(format!(
            "{name:?} cannot name a field: it needs 1 to 128 bytes, without control characters"
        )))
    }
}
