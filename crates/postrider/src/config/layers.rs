//! The layers of a configuration: what the environment and the command line say, as figment reads it.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};
use postrider_model::limits::Limits;

use super::limits::{SECTION, variable};
use super::options::{Kind, OPTIONS, OTHER_VARIABLES, Opt, PREFIX};

/// Texts by option key, from one place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    name: &'static str,
    texts: BTreeMap<&'static str, Vec<String>>,
    limits: BTreeMap<&'static str, String>,
}

impl Layer {
    /// An empty layer; `name` says in error messages where its values come from.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    /// Adds an option's value or values.
    pub(crate) fn add(&mut self, opt: &Opt, texts: impl IntoIterator<Item = String>) {
        self.texts.entry(opt.key).or_default().extend(texts);
    }

    /// Takes an option's values out.
    pub(super) fn forget(&mut self, key: &str) {
        self.texts.remove(key);
    }

    /// Sets a limit.
    pub(crate) fn limit(&mut self, key: &'static str, text: String) {
        self.limits.insert(key, text);
    }
}

/// What the variables say, and the names of those that begin with `POSTRIDER_` and mean nothing.
pub(crate) fn environment(variables: impl IntoIterator<Item = (String, String)>) -> (Layer, Vec<String>) {
    let mut layer = Layer::new("the environment");
    let mut unknown = Vec::new();
    for (name, value) in variables {
        if !name.starts_with(PREFIX) {
            continue;
        }
        if let Some(limit) = Limits::TABLE.iter().find(|limit| variable(limit.key) == name) {
            if !value.is_empty() {
                layer.limit(limit.key, value);
            }
            continue;
        }
        match OPTIONS.iter().find(|opt| opt.variable() == name) {
            // Compose files and unit files leave variables empty to say "none".
            Some(opt) if !value.is_empty() => layer.add(opt, [value]),
            Some(_) => {}
            None if OTHER_VARIABLES.contains(&name.as_str()) => {}
            None => unknown.push(name),
        }
    }
    unknown.sort_unstable();
    (layer, unknown)
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut dict = Dict::new();
        for (key, texts) in &self.texts {
            let Some(opt) = OPTIONS.iter().find(|opt| opt.key == *key) else { continue };
            dict.insert((*key).to_owned(), value(opt, texts)?);
        }
        if !self.limits.is_empty() {
            let limits = self.limits.iter().map(|(key, text)| ((*key).to_owned(), number(text)));
            dict.insert(SECTION.to_owned(), Value::from(limits.collect::<Dict>()));
        }
        Ok(Profile::Default.collect(dict))
    }
}

/// A text as the number it stands for; what is none is told with its name and range later.
fn number(text: &str) -> Value {
    let plain = text.trim().replace('_', "");
    let whole = plain.parse::<u64>().map(Value::from);
    whole.or_else(|_| plain.parse::<f64>().map(Value::from)).unwrap_or_else(|_| Value::from(text))
}

fn value(opt: &Opt, texts: &[String]) -> Result<Value, String> {
    let last = texts.last().map(String::as_str).unwrap_or_default();
    match opt.kind {
        Kind::Text | Kind::Secret => Ok(Value::from(last)),
        Kind::Switch => match last {
            "true" | "1" | "yes" | "on" => Ok(Value::from(true)),
            "false" | "0" | "no" | "off" => Ok(Value::from(false)),
            _ => Err(format!("{} is true or false, not {last:?}", opt.key)),
        },
        Kind::Number => last
            .replace('_', "")
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| format!("{} is a whole number, not {last:?}", opt.key)),
        Kind::List => {
            let items = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
            Ok(Value::from(items.filter(|item| !item.is_empty()).map(Value::from).collect::<Vec<_>>()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_variables_of_ours_are_named_and_others_left_alone() {
        let variables =
            [("POSTRIDER_LISTN", "x"), ("PATH", "/bin"), ("POSTRIDER_SERVER", "u"), ("POSTRIDER_DEV", "1")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (layer, unknown) = environment(variables);
        assert_eq!(unknown, ["POSTRIDER_LISTN"]);
        assert_eq!(layer.texts.keys().copied().collect::<Vec<_>>(), ["dev"]);
    }

    #[test]
    fn every_option_has_a_name_of_its_own_and_a_description() {
        for (index, opt) in OPTIONS.iter().enumerate() {
            assert!(
                OPTIONS[index + 1..].iter().all(|other| other.key != opt.key),
                "{} is there twice",
                opt.key
            );
            assert!(opt.help.ends_with('.') && !opt.default.is_empty(), "{}", opt.key);
        }
    }
}
