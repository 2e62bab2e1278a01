//! Events and calls with placeholders: `{n}` is a running number, `{port}` one of the project's values of that name.

use serde_json::{Map, Value};

use super::dice::Dice;

/// What placeholders are filled with.
pub(super) struct Fill<'a> {
    pub values: &'a Map<String, Value>,
    pub dice: &'a mut Dice,
    pub number: u64,
}

impl Fill<'_> {
    /// The value with its placeholders filled. A text that is nothing but a placeholder becomes what it stands for, of
    /// whatever type.
    pub(super) fn fill(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(list) => list.iter().map(|one| self.fill(one)).collect(),
            Value::Object(map) => {
                Value::Object(map.iter().map(|(name, one)| (name.clone(), self.fill(one))).collect())
            }
            plain => plain.clone(),
        }
    }

    fn text(&mut self, text: &str) -> Value {
        let Some((before, rest)) = text.split_once('{') else { return text.into() };
        let (name, after) = rest.split_once('}').expect("a placeholder ends");
        let chosen = match name {
            "n" => self.number.into(),
            name => {
                let values = self.values[name].as_array().expect("a list of values");
                self.dice.pick(values, |_| 1).clone()
            }
        };
        if before.is_empty() && after.is_empty() {
            return chosen;
        }
        let chosen = chosen.as_str().map_or_else(|| chosen.to_string(), str::to_owned);
        format!("{before}{chosen}{after}").into()
    }
}
