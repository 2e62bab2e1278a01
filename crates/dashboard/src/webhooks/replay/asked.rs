//! What is asked for, in a form or in the page's address.

use std::time::Duration;

use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::endpoint::{ReplayEndpoint, StartedReplay};
use postrider_service::{Fault, ServiceError};

use super::super::Place;
use crate::form::Fields;
use crate::view::field::Faults;
use crate::view::time;
use crate::visit::Visit;

const HOUR: Duration = Duration::from_secs(3_600);

/// Spans up to now that one often wants: (name, words, length).
pub(super) const SPANS: [(&str, &str, Duration); 3] = [
    ("1h", "Last hour", HOUR),
    ("24h", "Last 24 hours", Duration::from_secs(24 * 3_600)),
    ("7d", "Last 7 days", Duration::from_secs(7 * 24 * 3_600)),
];

/// What is asked for, as it was entered.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) since: String,
    pub(super) until: String,
    pub(super) states: Vec<String>,
    pub(super) types: String,
    pub(super) per_second: String,
    pub(super) faults: Faults,
}

impl Asked {
    /// What a form or an address says.
    pub(super) fn read(fields: &Fields, now: Millis) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        let span = SPANS.iter().find(|(name, ..)| *name == fields.text("span"));
        let since = span.map_or_else(|| text("since"), |(.., length)| time::for_field(Some(now - *length)));
        let mut states: Vec<_> = fields.all("status").map(str::to_owned).collect();
        if states.is_empty() && !fields.checked("asked") {
            states = ["failed", "held"].map(str::to_owned).to_vec();
        }
        Self {
            since,
            until: text("until"),
            states,
            types: text("types").replace("\r\n", "\n"),
            per_second: text("per_second"),
            faults: Faults::default(),
        }
    }

    /// Counts it or, unless it is a dry run, starts it.
    ///
    /// # Errors
    /// Of [`ReplayEndpoint::run`], with what is no time or number told beside it.
    pub(super) async fn run(
        &self,
        app: &App,
        visit: &Visit,
        place: &Place,
        dry_run: bool,
    ) -> Result<StartedReplay, ServiceError> {
        let mut faults = Vec::new();
        let mut at = |name: &str, text: &str| {
            let time = time::entered(text);
            if time.is_none() && !text.is_empty() {
                faults.push(Fault::at(format!("/{name}"), "This is not a date and time."));
            }
            time
        };
        let (since, until) = (at("since", &self.since), at("until", &self.until));
        let per_second = self.per_second.parse().ok();
        if per_second.is_none() && !self.per_second.is_empty() {
            faults.push(Fault::at("/per_second", "This must be a whole number."));
        }
        let lines = self.types.lines().map(str::trim).filter(|line| !line.is_empty());
        let replay = ReplayEndpoint {
            caller: &visit.caller,
            tenant: &place.tenant,
            id: &place.id,
            since,
            until,
            status: Some(self.states.clone()),
            types: lines.map(str::to_owned).collect(),
            dry_run: dry_run || !faults.is_empty(),
            per_second,
        };
        match replay.run(&app.engine).await {
            Err(ServiceError::Invalid(more)) => {
                faults.extend(more);
                Err(ServiceError::Invalid(faults))
            }
            _ if !faults.is_empty() => Err(ServiceError::Invalid(faults)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_one_up_to_now() {
        let now = Millis(1_769_077_800_000);
        let asked = Asked::read(&Fields::from([("span", "1h")]), now);
        assert_eq!(asked.since, "2026-01-22T09:30:00");
        assert_eq!(asked.states, ["failed", "held"]);
        let none = Asked::read(&Fields::from([("asked", "1")]), now);
        assert!(none.states.is_empty(), "whoever unchecks all is told so");
    }
}
