//! What holds, option by option, and where each comes from (`postrider doctor`).

use std::path::Path;

use figment::Figment;
use serde::Serialize;
use serde_json::Value;

use super::limits;
use super::options::{OPTIONS, Opt};
use super::{ConfigError, Layer, layered};

/// One option as it is in force.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    /// Its key.
    pub(crate) key: String,
    /// Its value; hidden where it is or may hold a secret. The default is told in words.
    pub(crate) value: Value,
    /// A flag, a variable, a file, or the default.
    pub(crate) source: String,
    /// Whether nobody set it.
    pub(crate) is_default: bool,
}

/// The options in the order of the reference, then the limits that are set.
///
/// # Errors
/// [`ConfigError`], for a file that cannot be read.
pub(crate) fn effective(
    file: Option<&Path>,
    environment: Layer,
    flags: Layer,
) -> Result<Vec<Setting>, ConfigError> {
    let figment = layered(file, environment, flags)?;
    let setting = |opt: &'static Opt| {
        let key = opt.key.to_owned();
        let Some(value) = figment.find_value(opt.key).ok() else {
            let (value, source) = (Value::from(opt.default), "the default".to_owned());
            return Setting { key, value, source, is_default: true };
        };
        let source = source(&figment, &value, &opt.variable(), &opt.flag());
        let value = match opt.is_hidden() {
            true => Value::from("(set)"),
            false => serde_json::to_value(&value).unwrap_or_default(),
        };
        Setting { key, value, source, is_default: false }
    };
    // Of the many limits only those that somebody set.
    let limits = limits::settable().filter_map(|limit| {
        let key = format!("{}.{}", limits::SECTION, limit.key);
        let value = figment.find_value(&key).ok()?;
        let source = source(&figment, &value, &limits::variable(limit.key), limit.key);
        let value = serde_json::to_value(&value).unwrap_or_default();
        Some(Setting { key, value, source, is_default: false })
    });
    Ok(OPTIONS.iter().map(setting).chain(limits).collect())
}

/// Which layer a value is from.
fn source(figment: &Figment, value: &figment::value::Value, variable: &str, flag: &str) -> String {
    let Some(metadata) = figment.get_metadata(value.tag()) else { return String::new() };
    match metadata.name.as_ref() {
        "the environment" => variable.to_owned(),
        "the command line" => format!("--{flag}"),
        _ => metadata.source.as_ref().map_or_else(|| "the file".to_owned(), source_name),
    }
}

fn source_name(source: &figment::Source) -> String {
    match source.file_path() {
        Some(path) => path.display().to_string(),
        None => source.to_string(),
    }
}
