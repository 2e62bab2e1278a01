//! Filters of lists: read from the page's address, shown as a form, carried from page to page.

use std::time::Duration;

use postrider_model::delivery::DeliveryState;
use postrider_model::name;
use postrider_model::time::Millis;
use postrider_service::Fault;

use crate::form::Fields;
use crate::view::field::Faults;
use crate::view::time;
use crate::visit::{Face, Visit};

/// What a list is narrowed to. What was entered is kept as it was, so that a value that is wrong can be put right.
#[derive(Debug, Clone, Default)]
pub(super) struct Filters {
    /// Of this tenant; operators only.
    pub(super) tenant: String,
    /// Of this endpoint, by its public id.
    pub(super) endpoint: String,
    /// Of this type.
    pub(super) kind: String,
    /// In these states, by name.
    pub(super) states: Vec<String>,
    /// Within this span before now.
    pub(super) last: Option<Span>,
    /// Accepted at or after.
    pub(super) since: String,
    /// Accepted before.
    pub(super) until: String,
    /// From the page before.
    pub(super) cursor: Option<String>,
    /// What is wrong with it.
    pub(super) faults: Faults,
}

/// A span of time up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// In addresses.
    pub(super) name: &'static str,
    /// For people.
    pub(super) title: &'static str,
    length: Duration,
}

/// The spans that are offered.
pub(super) const SPANS: [Span; 3] = [
    Span { name: "1h", title: "Last hour", length: Duration::from_secs(3_600) },
    Span { name: "24h", title: "24 hours", length: Duration::from_secs(86_400) },
    Span { name: "7d", title: "7 days", length: Duration::from_secs(7 * 86_400) },
];

impl Filters {
    /// Reads them from the query of an address; what it holds beside them is left alone.
    pub(super) fn read(query: Option<&str>, visit: &Visit) -> Self {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes());
        let span = fields.text("last");
        let mut filters = Self {
            tenant: match visit.face {
                Face::Operator => fields.text("tenant").to_owned(),
                // A customer sees its own in any case.
                Face::Customer => String::new(),
            },
            endpoint: fields.text("endpoint").to_owned(),
            kind: fields.text("type").to_owned(),
            states: fields.all("status").flat_map(|value| value.split(',')).map(str::to_owned).collect(),
            last: SPANS.into_iter().find(|known| known.name == span),
            since: fields.text("since").to_owned(),
            until: fields.text("until").to_owned(),
            cursor: fields.given("cursor").map(str::to_owned),
            faults: Faults::default(),
        };
        if filters.last.is_none() && !span.is_empty() {
            filters.since = span.to_owned();
        }
        filters.faults = Faults::new(filters.wrong(visit));
        filters
    }

    fn wrong(&self, visit: &Visit) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.tenant.is_empty() && name::tenant_id(&self.tenant).is_err() {
            faults.push(Fault::at("/tenant", "This cannot be a tenant's id."));
        }
        if !self.endpoint.is_empty() && visit.contract.endpoint_id_form().read(&self.endpoint).is_none() {
            faults.push(Fault::at("/endpoint", "This is not the id of a webhook."));
        }
        for state in self.states.iter().filter(|state| DeliveryState::from_name(state).is_none()) {
            let names = DeliveryState::ALL.map(DeliveryState::name).join(", ");
            faults.push(Fault::at("/status", format!("There is no status {state:?}; there are {names}.")));
        }
        let (since, until) = (time::entered(&self.since), time::entered(&self.until));
        for (pointer, text, time) in [("/since", &self.since, since), ("/until", &self.until, until)] {
            if !text.is_empty() && time.is_none() {
                faults.push(Fault::at(pointer, "This is not a time, such as 2026-01-22T10:30."));
            }
        }
        if let (Some(since), Some(until)) = (since, until)
            && until <= since
        {
            faults.push(Fault::at("/until", "This must be later than the time in From."));
        }
        faults
    }

    /// The place in the list was refused.
    pub(super) fn misplaced(&mut self) {
        self.faults =
            Faults::new(vec![Fault::at("/cursor", "The address does not name a place in this list.")]);
    }

    /// Accepted at or after.
    pub(super) fn since(&self, now: Millis) -> Option<Millis> {
        let entered = time::entered(&self.since);
        entered.or_else(|| self.last.map(|span| Millis(now.0 - span.length.as_millis() as i64)))
    }

    /// Accepted before.
    pub(super) fn until(&self) -> Option<Millis> {
        time::entered(&self.until)
    }

    /// In these states.
    pub(super) fn states(&self) -> Vec<DeliveryState> {
        self.states.iter().filter_map(|name| DeliveryState::from_name(name)).collect()
    }

    /// Whether the list is narrowed at all.
    pub(super) fn are_any(&self) -> bool {
        !self.pairs().is_empty()
    }

    /// Whether the list is narrowed by more than presets do.
    pub(super) fn are_special(&self) -> bool {
        self.states.len() > 1
            || [&self.tenant, &self.endpoint, &self.kind, &self.since, &self.until]
                .iter()
                .any(|text| !text.is_empty())
    }

    /// They as the query of an address, without the place in the list.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let span = self.last.map_or("", |span| span.name);
        let states = self.states.iter().map(|state| ("status", state.as_str()));
        let texts = [
            ("tenant", self.tenant.as_str()),
            ("endpoint", self.endpoint.as_str()),
            ("type", self.kind.as_str()),
            ("last", span),
            ("since", self.since.as_str()),
            ("until", self.until.as_str()),
        ];
        texts.into_iter().chain(states).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The same with one state only, or with all for an empty name.
    pub(super) fn with_state(&self, state: &str) -> Self {
        let states = if state.is_empty() { Vec::new() } else { vec![state.to_owned()] };
        Self { states, cursor: None, ..self.clone() }
    }

    /// The same with a span up to now instead of other times.
    pub(super) fn within(&self, span: Option<Span>) -> Self {
        Self { last: span, since: String::new(), until: String::new(), cursor: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::visit;

    fn read(query: &str) -> Filters {
        Filters::read(Some(query), &visit(Face::Operator, "standard"))
    }

    fn wrong(query: &str, pointer: &str) -> usize {
        read(query).faults.at(pointer).count()
    }

    #[test]
    fn several_states_are_told_one_by_one_or_by_comma() {
        let filters = read("status=failed&status=held,pending&other=x");
        assert_eq!(filters.states(), [DeliveryState::Failed, DeliveryState::Held, DeliveryState::Pending]);
        assert!(filters.faults.is_empty());
        let carried: Vec<_> = filters.pairs();
        assert_eq!(carried, [("status", "failed"), ("status", "held"), ("status", "pending")]);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_field() {
        assert_eq!(wrong("status=lost", "/status"), 1);
        assert_eq!(wrong("since=yesterday", "/since"), 1);
        assert_eq!(wrong("since=2026-01-22T10:30&until=2026-01-22T10:30", "/until"), 1);
        assert_eq!(wrong("endpoint=ep_", "/endpoint"), 1);
        assert_eq!(wrong("tenant=a/b", "/tenant"), 1);
        assert_eq!(wrong("last=1y", "/since"), 1);
        assert!(read("since=2026-01-22T10:30&until=2026-01-22T10:31&type=x&tenant=t1").faults.is_empty());
    }

    #[test]
    fn a_customer_cannot_ask_for_a_tenant() {
        let filters = Filters::read(Some("tenant=t2"), &visit(Face::Customer, "standard"));
        assert!(!filters.are_any());
    }

    #[test]
    fn a_span_ends_now() {
        let now = Millis(1_769_077_800_000);
        assert_eq!(read("last=1h").since(now), Some(Millis(now.0 - 3_600_000)));
        assert_eq!(read("last=1h&since=2026-01-22T00:00").since(now), time::entered("2026-01-22T00:00"));
        assert_eq!(read("").since(now), None);
    }
}
