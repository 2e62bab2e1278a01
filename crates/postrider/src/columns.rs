//! Answers for people: rows in columns, fields under each other.

use std::fmt;

use serde_json::Value;

/// What stands for nothing.
const NOTHING: &str = "–";

/// Rows under a head, every column as wide as its widest text.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these column names.
    pub(crate) fn new<const N: usize>(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(str::to_owned).to_vec()] }
    }

    /// One more row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| wide(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - wide(cell) + 2));
            }
            f.write_str(line.trim_end())?;
        }
        Ok(())
    }
}

/// Names and values under each other.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    fields: Vec<(String, String)>,
}

impl Sheet {
    /// One more field.
    pub(crate) fn field(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    /// One more field, if there is something to show.
    pub(crate) fn maybe(self, name: &str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.fields.iter().map(|(name, _)| wide(name)).max().unwrap_or(0) + 2;
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let start = if index > 0 { "\n" } else { "" };
            // What has several lines goes on under its first.
            let value = value.replace('\n', &format!("\n{}", " ".repeat(width)));
            let line = format!("{name}{}{value}", " ".repeat(width - wide(name)));
            write!(f, "{start}{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn wide(text: &str) -> usize {
    text.chars().count()
}

/// A text from outside: what would steer the terminal is shown as a mark.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A value for people: texts as they are, lists by commas, the rest as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => NOTHING.to_owned(),
        Value::String(text) => clean(text),
        Value::Number(number) => match number.as_f64() {
            // The API writes 20.0 where 20 was given.
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{whole}"),
            _ => number.to_string(),
        },
        Value::Array(items) if items.is_empty() => NOTHING.to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(shown).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) if fields.is_empty() => NOTHING.to_owned(),
        other => clean(&other.to_string()),
    }
}

/// As [`shown`], or nothing where there is nothing to show.
pub(crate) fn some(value: &Value) -> Option<String> {
    let text = shown(value);
    (text != NOTHING).then_some(text)
}

/// A time for people, in UTC, to the second.
pub(crate) fn time(value: &Value) -> String {
    match value.as_str() {
        // 2026-01-02T03:04:05.678Z
        Some(text) if text.len() >= 19 && text.is_ascii() => {
            clean(&format!("{}Z", text[..19].replacen('T', " ", 1)))
        }
        _ => shown(value),
    }
}

/// A count with its noun: `1 event`, `2 events`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_have_no_spaces_at_their_end() {
        let mut table = Table::new(["ID", "NAME", "NOTE"]);
        table.row(["a".into(), "grün".into(), String::new()]);
        table.row(["longer".into(), "x".into(), "y".into()]);
        assert_eq!(table.to_string(), "ID      NAME  NOTE\na       grün\nlonger  x     y");
    }

    #[test]
    fn fields_stand_under_each_other() {
        let sheet = Sheet::default().field("id", "a").field("description", "b\nc").maybe("x", None);
        assert_eq!(sheet.to_string(), "id           a\ndescription  b\n             c");
    }

    #[test]
    fn what_comes_from_outside_cannot_steer_the_terminal() {
        assert_eq!(shown(&json!("a\u{1b}[2Jb")), "a\u{fffd}[2Jb");
        assert_eq!(shown(&json!(["a", 1, 20.0, 0.5])), "a, 1, 20, 0.5");
        assert_eq!(shown(&json!({"a": null})), "{\"a\":null}");
        assert_eq!(shown(&json!([])), "–");
    }

    #[test]
    fn times_are_shown_to_the_second() {
        assert_eq!(time(&json!("2026-01-02T03:04:05.678Z")), "2026-01-02 03:04:05Z");
        assert_eq!(time(&json!(null)), "–");
    }
}
