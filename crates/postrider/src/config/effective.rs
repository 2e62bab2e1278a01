//! What holds, option by option, and where each comes from (`postrider doctor`).

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::options::{OPTIONS, Opt};
use super::{ConfigError, Layer, layered};

/// One option as it is in force.
#[derive(Debug, Serialize)]
pub(crate) struct Setting {
    /// Its key.
    pub(crate) key: &'static str,
    /// Its value; hidden where it is or may hold a secret. The default is told in words.
    pub(crate) value: Value,
    /// A flag, a variable, a file, or the default.
    pub(crate) source: String,
    /// Whether nobody set it.
    pub(crate) is_default: bool,
}

/// The options in the order of the reference.
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
        let found = figment.find_value(opt.key).ok();
        let Some(value) = found else {
            let (value, source) = (Value::from(opt.default), "the default".to_owned());
            return Setting { key: opt.key, value, source, is_default: true };
        };
        let metadata = figment.get_metadata(value.tag());
        let source = metadata.map(|metadata| match metadata.name.as_ref() {
            "the environment" => opt.variable(),
            "the command line" => format!("--{}", opt.flag()),
            _ => metadata.source.as_ref().map_or_else(|| "the file".to_owned(), source_name),
        });
        let value = match opt.is_hidden() {
            true => Value::from("(set)"),
            false => serde_json::to_value(&value).unwrap_or_default(),
        };
        Setting { key: opt.key, value, source: source.unwrap_or_default(), is_default: false }
    };
    Ok(OPTIONS.iter().map(setting).collect())
}

fn source_name(source: &figment::Source) -> String {
    match source.file_path() {
        Some(path) => path.display().to_string(),
        None => source.to_string(),
    }
}
