//! Reading TOML with the place of every key at hand, so that every fault can point to it.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::duration;
use crate::ContractError;

type Result<T> = std::result::Result<T, ContractError>;

/// The keys that stand above the first table: written below it they would belong to that.
const TOP: [&str; 4] = ["name", "title", "dialect", "catalogue"];

/// A table of the file. Its keys were checked when it was opened.
pub(super) struct Section<'t, 'i> {
    source: &'t str,
    path: String,
    span: Range<usize>,
    table: &'t DeTable<'i>,
}

/// A value of the file and its key.
pub(super) struct Entry<'t, 'i> {
    source: &'t str,
    path: String,
    span: Range<usize>,
    pub(super) value: &'t DeValue<'i>,
}

impl<'t, 'i> Section<'t, 'i> {
    /// The whole file.
    pub(super) fn root(source: &'t str, table: &'t DeTable<'i>, keys: &[&str]) -> Result<Self> {
        Self::open(source, String::new(), 0..0, table, keys)
    }

    fn open(
        source: &'t str,
        path: String,
        span: Range<usize>,
        table: &'t DeTable<'i>,
        keys: &[&str],
    ) -> Result<Self> {
        let section = Self { source, path, span, table };
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !keys.contains(&name) {
                let mut detail = format!("unknown key; known here are {}", keys.join(", "));
                if !section.path.is_empty() && TOP.contains(&name) {
                    detail.push_str(
                        " (the key of that name stands at the top of the file, above the first table)",
                    );
                }
                return Err(ContractError::at(source, key.span().start, &section.key(name), detail));
            }
        }
        Ok(section)
    }

    fn key(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The value of `name`, if it is there.
    pub(super) fn entry(&self, name: &str) -> Option<Entry<'t, 'i>> {
        let value = self.table.get(name)?;
        Some(Entry { source: self.source, path: self.key(name), span: value.span(), value: value.get_ref() })
    }

    /// The value of `name`, which must be there.
    pub(super) fn required(&self, name: &str) -> Result<Entry<'t, 'i>> {
        self.entry(name).ok_or_else(|| {
            let is_table = self.path.is_empty() && !TOP.contains(&name);
            let detail = if is_table {
                format!("the table [{name}] is missing")
            } else {
                "this key is missing".to_owned()
            };
            ContractError::at(self.source, self.span.start, &self.key(name), detail)
        })
    }

    /// The table `name`, if it is there.
    pub(super) fn section(&self, name: &str, keys: &[&str]) -> Result<Option<Self>> {
        self.entry(name).map(|entry| entry.section(keys)).transpose()
    }

    /// The tables `[[name]]`, in their order.
    pub(super) fn sections(&self, name: &str, keys: &[&str]) -> Result<Vec<Self>> {
        let Some(entry) = self.entry(name) else { return Ok(Vec::new()) };
        if entry.value.is_table() {
            let key = self.key(name);
            return Err(entry.fault(format!("this must be a list of tables: write [[{key}]] for each")));
        }
        entry.list()?.iter().map(|item| item.section(keys)).collect()
    }

    /// The flag `name`, false where it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        self.entry(name).map_or(Ok(false), |entry| entry.flag())
    }

    /// A fault of the whole table.
    pub(super) fn fault(&self, detail: impl Into<String>) -> ContractError {
        ContractError::at(self.source, self.span.start, &self.path, detail)
    }
}

impl<'t, 'i> Entry<'t, 'i> {
    /// A fault of this value.
    pub(super) fn fault(&self, detail: impl Into<String>) -> ContractError {
        ContractError::at(self.source, self.span.start, &self.path, detail)
    }

    /// A fault `offset` bytes into this text: there, where the file has the text as it is, else at its beginning.
    pub(super) fn fault_within(&self, offset: usize, detail: impl Into<String>) -> ContractError {
        let written = self.source.get(self.span.clone()).unwrap_or_default();
        let text = self.value.as_str().unwrap_or_default();
        let within = written.find(text).map_or(0, |before| before + offset);
        ContractError::at(self.source, self.span.start + within, &self.path, detail)
    }

    fn expected(&self, what: &str) -> ContractError {
        self.fault(format!("this must be {what}, and is {}", kind(self.value)))
    }

    pub(super) fn text(&self) -> Result<&'t str> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    pub(super) fn flag(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Result<u64> {
        let what = || self.expected(&format!("a whole number from {} to {}", range.start(), range.end()));
        let number = self.value.as_integer().ok_or_else(what)?;
        let number = u64::from_str_radix(number.as_str(), number.radix()).map_err(|_| what())?;
        if range.contains(&number) {
            Ok(number)
        } else {
            Err(self.fault(format!("this must lie between {} and {}", range.start(), range.end())))
        }
    }

    /// A number within `range`, with or without a fraction.
    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Result<f64> {
        let digits = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(self.expected("a number")),
        };
        match digits.parse::<f64>() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(self.fault(format!("this must lie between {} and {}", range.start(), range.end()))),
        }
    }

    /// A duration within `range`.
    pub(super) fn duration(&self, range: RangeInclusive<Duration>) -> Result<Duration> {
        let text = self.value.as_str().ok_or_else(|| self.expected("a duration such as \"5s\""))?;
        let duration = duration::parse(text).ok_or_else(|| {
            self.fault(format!(
                "{text:?} is not a duration: write \"500ms\", \"5s\", \"2m\", \"1h30m\" or \"5d\""
            ))
        })?;
        if range.contains(&duration) {
            Ok(duration)
        } else {
            Err(self.fault(format!("this must lie between {:?} and {:?}", range.start(), range.end())))
        }
    }

    pub(super) fn list(&self) -> Result<Vec<Self>> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        let entry = |(index, item): (usize, &'t toml::Spanned<DeValue<'i>>)| Entry {
            source: self.source,
            path: format!("{}[{index}]", self.path),
            span: item.span(),
            value: item.get_ref(),
        };
        Ok(items.iter().enumerate().map(entry).collect())
    }

    pub(super) fn section(&self, keys: &[&str]) -> Result<Section<'t, 'i>> {
        let table = self.value.as_table().ok_or_else(|| self.expected("a table"))?;
        Section::open(self.source, self.path.clone(), self.span.clone(), table, keys)
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let text = self.text()?;
        choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("{word:?}")).collect();
            self.fault(format!("{text:?} is unknown; this must be {}", words.join(" or ")))
        })
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
