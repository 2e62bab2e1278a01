//! What the log is narrowed to.

use maud::{Markup, html};
use postrider_service::Fault;

use crate::form::Fields;
use crate::view::field::{Faults, Select, Text};
use crate::view::time;

/// Everything that is noted in a project's log.
const ACTIONS: [&str; 22] = [
    "delivery.cancel",
    "delivery.resend",
    "endpoint.create",
    "endpoint.delete",
    "endpoint.disable",
    "endpoint.enable",
    "endpoint.read_secret",
    "endpoint.reseal",
    "endpoint.rotate_secret",
    "endpoint.update",
    "event.erase",
    "event_type.archive",
    "event_type.put",
    "key.create",
    "key.revoke",
    "portal.link",
    "project.create",
    "project.update",
    "replay.cancel",
    "replay.create",
    "session.create",
    "tenant.delete",
];

/// Filters as they were entered.
#[derive(Debug, Default)]
pub(super) struct Filters {
    pub(super) action: String,
    pub(super) tenant: String,
    pub(super) since: String,
    pub(super) until: String,
    pub(super) cursor: Option<String>,
    pub(super) faults: Faults,
}

impl Filters {
    /// Reads them from the query of an address.
    pub(super) fn read(query: Option<&str>) -> Self {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes());
        let text = |name| fields.text(name).to_owned();
        let filters = Self {
            action: text("action"),
            tenant: text("tenant"),
            since: text("since"),
            until: text("until"),
            cursor: fields.given("cursor").map(str::to_owned),
            faults: Faults::default(),
        };
        Self { faults: Faults::new(filters.wrong()), ..filters }
    }

    fn wrong(&self) -> Vec<Fault> {
        let times = [("/since", &self.since), ("/until", &self.until)];
        let wrong = times.into_iter().filter(|(_, text)| !text.is_empty() && time::entered(text).is_none());
        wrong.map(|(at, _)| Fault::at(at, "This is not a time, such as 2026-01-22T10:30.")).collect()
    }

    /// The place in the list was refused.
    pub(super) fn misplaced(&mut self) {
        self.faults =
            Faults::new(vec![Fault::at("/cursor", "The address does not name a place in this list.")]);
    }

    /// They as the query of an address, without the place in the list.
    pub(super) fn pairs(&self) -> [(&'static str, &str); 4] {
        [("action", &self.action), ("tenant", &self.tenant), ("since", &self.since), ("until", &self.until)]
    }

    /// Whether the list is narrowed at all.
    pub(super) fn are_any(&self) -> bool {
        self.pairs().iter().any(|(_, value)| !value.is_empty()) || !self.faults.is_empty()
    }

    /// The form above the list.
    pub(super) fn form(&self, path: &str) -> Markup {
        let mut options = vec![("", "All")];
        options.extend(ACTIONS.map(|action| (action, action)));
        if !self.action.is_empty() && !ACTIONS.contains(&self.action.as_str()) {
            options.push((&self.action, &self.action));
        }
        let action =
            Select { name: "action", label: "Action", value: &self.action, options, ..Select::default() };
        let tenant = Text { name: "tenant", label: "Tenant", value: &self.tenant, ..Text::default() };
        html! {
            @for fault in self.faults.at("/cursor") { p.danger-note role="alert" { (fault) " " a href=(path) { "Show the newest" } } }
            form.filters method="get" action=(path) {
                (action.show())
                (tenant.show())
                (self.moment("since", "From (UTC)", &self.since))
                (self.moment("until", "Before (UTC)", &self.until))
                div.buttons {
                    button type="submit" { "Filter" }
                    @if self.are_any() { a.button.quiet href=(path) { "Show all" } }
                }
            }
            (time::zone())
        }
    }

    fn moment(&self, name: &'static str, label: &'static str, value: &str) -> Markup {
        let at = format!("/{name}");
        let value = time::entered(value).map_or_else(|| value.to_owned(), |at| time::for_field(Some(at)));
        let faults = self.faults.at(&at).collect();
        Text { name, label, value: &value, kind: "datetime-local", faults, ..Text::default() }.show()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_carried_from_page_to_page() {
        let filters = Filters::read(Some("action=key.create&tenant=+t1&until=2026-01-22T10:30&cursor=7"));
        assert!(filters.faults.is_empty());
        let carried =
            [("action", "key.create"), ("tenant", "t1"), ("since", ""), ("until", "2026-01-22T10:30")];
        assert_eq!(filters.pairs(), carried);
        assert_eq!(filters.cursor.as_deref(), Some("7"));
    }

    #[test]
    fn a_time_that_is_none_is_told_at_its_field() {
        let filters = Filters::read(Some("since=yesterday"));
        assert_eq!(filters.faults.at("/since").count(), 1);
        assert!(filters.form("/audit").into_string().contains("aria-invalid=\"true\""));
    }
}
