//! What was found.

use std::fmt::{Display, Write as _};

use serde::Serialize;
use serde_json::{Value, json};

use crate::columns::{Table, clean, shown};
use crate::config::Setting;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    level: Level,
    /// What was looked at.
    check: &'static str,
    /// What was seen.
    told: String,
    /// What to do.
    advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub(super) fn ok(check: &'static str, told: impl Display) -> Self {
        Self { level: Level::Ok, check, told: told.to_string(), advice: None }
    }

    /// Somebody should look.
    pub(super) fn warn(check: &'static str, told: impl Display, advice: impl Display) -> Self {
        Self { level: Level::Warn, check, told: told.to_string(), advice: Some(advice.to_string()) }
    }

    /// It does not work.
    pub(super) fn fail(check: &'static str, told: impl Display, advice: impl Display) -> Self {
        Self { level: Level::Fail, check, told: told.to_string(), advice: Some(advice.to_string()) }
    }
}

#[cfg(test)]
impl Finding {
    /// How bad it is.
    pub(super) fn level(&self) -> Level {
        self.level
    }
}

/// Everything that was found.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The options in force.
    pub(super) settings: Vec<Setting>,
    findings: Vec<Finding>,
}

impl Report {
    /// One more.
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Some more.
    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    /// How many checks failed.
    pub(super) fn failures(&self) -> usize {
        self.count(Level::Fail)
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({"ok": self.failures() == 0, "checks": self.findings, "settings": self.settings})
    }

    /// For people.
    pub(super) fn text(&self, all: bool) -> String {
        let mut text = String::new();
        let width = self.findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
        for Finding { level, check, told, advice } in &self.findings {
            let mark = match level {
                Level::Ok => "✓ ok  ",
                Level::Warn => "! warn",
                Level::Fail => "✗ FAIL",
            };
            let under = " ".repeat(width + 10);
            let told = told.lines().map(clean).collect::<Vec<_>>().join(&format!("\n{under}"));
            let _ = writeln!(text, "{mark}  {check:<width$}  {told}");
            if let Some(advice) = advice {
                let _ = writeln!(text, "{under}→ {}", clean(advice));
            }
        }
        let mut table = Table::new(["OPTION", "VALUE", "FROM"]);
        let shown_settings = self.settings.iter().filter(|setting| all || !setting.is_default);
        let mut is_empty = true;
        for setting in shown_settings {
            is_empty = false;
            table.row([setting.key.clone(), shown(&setting.value), clean(&setting.source)]);
        }
        if !is_empty {
            let _ = writeln!(text, "\n{table}");
        }
        let (ok, warnings, failures) = (self.count(Level::Ok), self.count(Level::Warn), self.failures());
        let _ = write!(text, "\n{ok} ok, {warnings} to look at, {failures} failed");
        text
    }
}
