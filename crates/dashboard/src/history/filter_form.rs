//! The filters of a list as a page shows them: presets to follow, and a form for everything.

use maud::{Markup, html};
use postrider_model::delivery::DeliveryState;

use super::filters::{Filters, SPANS};
use crate::view::field::{Select, Text, checkbox};
use crate::view::time;
use crate::visit::links::with_query;

/// The most types that are offered while one is entered; any other can be.
pub(super) const SUGGESTED: usize = 300;

/// What a list can be narrowed by, and what there is to choose from.
#[derive(Debug, Clone, Default)]
pub(super) struct Offer {
    /// By tenant.
    pub(super) tenants: bool,
    /// By endpoint.
    pub(super) endpoints: bool,
    /// The endpoints to choose from (id, name), where there are few.
    pub(super) named_endpoints: Vec<(String, String)>,
    /// By state.
    pub(super) states: bool,
    /// The types in the catalogue.
    pub(super) kinds: Vec<String>,
}

impl Offer {
    /// Everything above the list at `path`.
    pub(super) fn show(&self, path: &str, filters: &Filters) -> Markup {
        html! {
            (self.wrong(path, filters))
            div.presets {
                @if self.states { (states(path, filters)) }
                (spans(path, filters))
            }
            details.narrow open[filters.are_special() || !filters.faults.is_empty()] {
                summary { "Filters" }
                form method="get" action=(path) { (self.fields(filters)) (buttons(path, filters)) }
            }
        }
    }

    fn wrong(&self, path: &str, filters: &Filters) -> Markup {
        html! {
            @if !filters.faults.is_empty() {
                div.faults role="alert" tabindex="-1" data-focus {
                    p { strong { "This list cannot be shown." } " Something in its filters needs to be put right." }
                    @for fault in filters.faults.at("/cursor") { p { (fault) " " a href=(with_query(path, &filters.pairs())) { "To its beginning" } } }
                }
            }
        }
    }

    fn fields(&self, filters: &Filters) -> Markup {
        let field = |name, label, value, kind, suggested| {
            let pointer = format!("/{name}");
            let faults = filters.faults.at(&pointer).collect();
            Text { name, label, value, kind, suggested, faults, ..Text::default() }.show()
        };
        let (since, until) = (entered(&filters.since), entered(&filters.until));
        html! {
            div.filters {
                @if self.tenants { (field("tenant", "Tenant", &filters.tenant, "text", &[])) }
                @if self.endpoints { (self.endpoint(filters)) }
                (field("type", "Event type", &filters.kind, "text", &self.kinds))
                (field("since", "From (UTC)", &since, "datetime-local", &[]))
                (field("until", "To (UTC)", &until, "datetime-local", &[]))
            }
            (time::zone())
            @if let Some(span) = filters.last { input type="hidden" name="last" value=(span.name); }
            @if self.states {
                fieldset.states {
                    legend { "Status" }
                    @for fault in filters.faults.at("/status") { div.fault { p { (fault) } } }
                    @for state in DeliveryState::ALL.map(DeliveryState::name) {
                        (checkbox("status", state, &html! { (state) }, filters.states.iter().any(|chosen| chosen == state)))
                    }
                }
            }
        }
    }

    /// A choice of names where there are few, else an id.
    fn endpoint(&self, filters: &Filters) -> Markup {
        let faults = filters.faults.at("/endpoint").collect();
        let (name, label, value) = ("endpoint", "Webhook", filters.endpoint.as_str());
        if self.named_endpoints.is_empty() {
            return Text { name, label, value, example: "its id", faults, ..Text::default() }.show();
        }
        let mut options = vec![("", "All")];
        options.extend(self.named_endpoints.iter().map(|(id, name)| (id.as_str(), name.as_str())));
        if !options.iter().any(|(id, _)| *id == value) {
            options.push((value, value));
        }
        Select { name, label, value, options, faults, ..Select::default() }.show()
    }
}

/// A time for its field; what is none stays as it was entered.
fn entered(text: &str) -> String {
    time::entered(text).map_or_else(|| text.to_owned(), |time| time::for_field(Some(time)))
}

fn buttons(path: &str, filters: &Filters) -> Markup {
    html! {
        div.buttons {
            button.primary type="submit" { "Show" }
            @if filters.are_any() { a.button href=(path) { "Clear all" } }
        }
    }
}

fn states(path: &str, filters: &Filters) -> Markup {
    let presets = [
        ("", "All"),
        ("delivered", "Delivered"),
        ("failed", "Failed"),
        ("pending", "Pending"),
        ("held", "Held"),
    ];
    let is_chosen = |state: &str| match filters.states.as_slice() {
        [] => state.is_empty(),
        [one] => one == state,
        _ => false,
    };
    html! {
        nav.tabs aria-label="Status" {
            @for (state, title) in presets {
                a href=(with_query(path, &filters.with_state(state).pairs())) aria-current=[is_chosen(state).then_some("true")] { (title) }
            }
        }
    }
}

fn spans(path: &str, filters: &Filters) -> Markup {
    let is_any = filters.last.is_none() && filters.since.is_empty() && filters.until.is_empty();
    html! {
        nav.tabs aria-label="Time" {
            a href=(with_query(path, &filters.within(None).pairs())) aria-current=[is_any.then_some("true")] { "Any time" }
            @for span in SPANS {
                @let chosen = filters.last == Some(span) && filters.since.is_empty();
                a href=(with_query(path, &filters.within(Some(span)).pairs())) aria-current=[chosen.then_some("true")] { (span.title) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_times_in_utc_there_is_room_to_say_that_those_of_the_list_are_others() {
        let html = Offer::default().show("/deliveries", &Filters::default()).into_string();
        let (fields, after) = html.split_once("To (UTC)").unwrap();
        assert!(
            fields.contains("From (UTC)") && after.contains("<p class=\"zone\" data-zone hidden>"),
            "{html}"
        );
    }
}
