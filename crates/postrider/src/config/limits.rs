//! The section `[limits]`: every limit of the model by its name, held to its range.

use figment::Figment;
use figment::value::{Num, Value};
use postrider_model::limits::{Limit, Limits};

use super::ConfigError;
use super::options::PREFIX;

/// Its name in the file.
pub(super) const SECTION: &str = "limits";

/// The limit that is an option of its own, at the top of the file and with a flag: it was there first.
pub(super) const OPTION: &str = "max_event_bytes";

/// The environment variable of a limit.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}LIMITS_{}", key.to_uppercase())
}

/// Those that are set in the section, in the order of the reference.
pub(super) fn settable() -> impl Iterator<Item = &'static Limit> {
    Limits::TABLE.iter().filter(|limit| limit.key != OPTION)
}

/// That the section, put together from all layers, holds nothing but limits in their ranges.
///
/// # Errors
/// [`ConfigError`] with everything that is wrong, each with its name, its range and where it stands.
pub(super) fn check(figment: &Figment) -> Result<(), ConfigError> {
    let Ok(section) = figment.find_value(SECTION) else { return Ok(()) };
    let Value::Dict(_, set) = &section else {
        return Err(ConfigError::Value(format!("{SECTION} is a section of names and numbers: [{SECTION}]")));
    };
    let place = |value: &Value| {
        let metadata = figment.get_metadata(value.tag());
        let source = |metadata: &figment::Metadata| {
            let file = metadata.source.as_ref().map(|source| format!(" {source}")).unwrap_or_default();
            format!(" (in {}{file})", metadata.name)
        };
        metadata.map(source).unwrap_or_default()
    };
    let wrong = set.iter().filter_map(|(key, value)| {
        let detail = judge(key, value)?;
        Some(format!("{SECTION}.{key}{}: {detail}", place(value)))
    });
    none(wrong.collect())
}

/// The bounds of the one limit that is not in the section.
pub(super) fn check_event_bytes(bytes: usize) -> Result<(), ConfigError> {
    let wrong = Limit::named(OPTION).filter(|limit| !holds(limit, bytes as f64));
    none(
        wrong
            .map(|limit| format!("{OPTION}: {}", not_wanted(limit, &bytes.to_string())))
            .into_iter()
            .collect(),
    )
}

/// That the limits leave room between them.
pub(super) fn check_pairs(limits: &Limits) -> Result<(), ConfigError> {
    none(limits.contradictions().iter().map(|told| format!("{SECTION}: {told}")).collect())
}

fn none(wrong: Vec<String>) -> Result<(), ConfigError> {
    if wrong.is_empty() { Ok(()) } else { Err(ConfigError::Value(wrong.join("\n"))) }
}

/// What is wrong with one entry.
fn judge(key: &str, value: &Value) -> Option<String> {
    if key == OPTION {
        return Some(format!(
            "this is an option: set {OPTION} at the top of the file, {PREFIX}{} or --{}",
            OPTION.to_uppercase(),
            OPTION.replace('_', "-")
        ));
    }
    let Some(limit) = Limit::named(key) else {
        return Some("there is no such limit; docs/configuration.md lists all of them".to_owned());
    };
    let fits = match value {
        Value::Num(_, number @ (Num::F32(_) | Num::F64(_))) => {
            !counts(limit) && holds(limit, as_f64(*number))
        }
        Value::Num(_, number) => holds(limit, as_f64(*number)),
        _ => false,
    };
    (!fits).then(|| not_wanted(limit, &serde_json::to_string(value).unwrap_or_default()))
}

fn holds(limit: &Limit, number: f64) -> bool {
    limit.range.contains(&number)
}

fn not_wanted(limit: &Limit, found: &str) -> String {
    let kind = if counts(limit) { "a whole number" } else { "a number" };
    format!("this is {kind} from {} to {}, not {found}", limit.range.start(), limit.range.end())
}

fn as_f64(number: Num) -> f64 {
    number.to_f64().unwrap_or_else(|| match number.to_i128() {
        Some(whole) => whole as f64,
        None => number.to_u128().unwrap_or_default() as f64,
    })
}

/// Whether the limit is a whole number: its default is one, then, as lengths of time and rates are not.
fn counts(limit: &Limit) -> bool {
    default(limit).is_u64()
}

/// The default, as the file would say it.
pub(super) fn default(limit: &Limit) -> serde_json::Value {
    let defaults = serde_json::to_value(Limits::default()).unwrap_or_default();
    defaults.get(limit.key).cloned().unwrap_or_default()
}
