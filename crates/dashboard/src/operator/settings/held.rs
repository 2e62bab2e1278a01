//! What holds now, and where it comes from: the project, its contract, or the server.

use postrider_contract::{Contract, Settings};
use postrider_model::limits::Limits;

use super::waits;
use crate::chart::thousands;
use crate::operator::terms;
use crate::view::time;

/// A sentence for each setting.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    pub(super) retry: String,
    pub(super) timeout: String,
    pub(super) disable: String,
    pub(super) retention: String,
    pub(super) largest: String,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Project,
    Contract,
    Server,
}

impl Held {
    /// In a project with these settings under that contract.
    pub(super) fn of(contract: &Contract, settings: &Settings, limits: &Limits, retention_days: u16) -> Self {
        let or = |own: bool, other: Source| if own { Source::Project } else { other };
        let retry = settings.retry.as_ref().map(|retry| waits::spans(&retry.schedule_seconds));
        let timeout = settings.timeout_seconds.map(|seconds| waits::spans(&[seconds]).remove(0));
        let largest = settings.max_event_bytes.unwrap_or(limits.max_event_bytes);
        Self {
            retry: now(
                &terms::timetable(retry.as_ref().unwrap_or(&contract.delivery.schedule)),
                or(retry.is_some(), Source::Contract),
            ),
            timeout: now(
                &time::span(timeout.unwrap_or(contract.delivery.timeout)),
                or(timeout.is_some(), Source::Contract),
            ),
            disable: now(
                &terms::rule(settings.disable.unwrap_or(contract.health.disable)),
                or(settings.disable.is_some(), Source::Contract),
            ),
            retention: now(
                &if retention_days == 1 { "1 day".to_owned() } else { format!("{retention_days} days") },
                or(settings.retention_days.is_some(), Source::Server),
            ),
            largest: now(
                &format!("{} bytes", thousands(largest as u64)),
                or(settings.max_event_bytes.is_some(), Source::Server),
            ),
        }
    }
}

fn now(what: &str, source: Source) -> String {
    let source = match source {
        Source::Project => "set here",
        Source::Contract => "from the contract",
        Source::Server => "from the server",
    };
    format!("Now: {what} ({source}).")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_setting_says_where_it_comes_from() {
        let contract = Contract::builtin("scopien").unwrap();
        let settings: Settings = serde_json::from_value(json!({"timeout_seconds": 2.5})).unwrap();
        let held = Held::of(&contract, &settings, &Limits::default(), 30);
        let plain = |text: &str| text.replace('\u{a0}', " ");
        assert_eq!(plain(&held.timeout), "Now: 2.5 s (set here).");
        assert_eq!(plain(&held.retry), "Now: after 5 s, 30 s, 2 min, 10 min, 1 h (from the contract).");
        assert_eq!(plain(&held.largest), "Now: 262,144 bytes (from the server).");
        assert_eq!(held.retention, "Now: 30 days (from the server).");
    }
}
