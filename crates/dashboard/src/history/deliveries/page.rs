//! The list of deliveries as a page shows it.

use maud::{Markup, html};
use postrider_http::App;
use postrider_service::delivery::ListedDeliveries;

use super::ROWS;
use crate::history::filter_form::Offer;
use crate::history::filters::Filters;
use crate::history::row::Row;
use crate::history::{further, named, row};
use crate::live;
use crate::page::Refusal;
use crate::view::empty;
use crate::visit::Visit;

/// A page of deliveries.
#[derive(Debug, Default)]
pub(super) struct DeliveryList {
    /// Where the list is.
    pub(super) path: String,
    /// What it is narrowed to.
    pub(super) filters: Filters,
    /// What it can be narrowed by.
    pub(super) offer: Offer,
    rows: Vec<Row>,
    /// The cursor of the page after it.
    next: Option<String>,
}

impl DeliveryList {
    /// What was read.
    pub(super) async fn of(app: &App, visit: &Visit, listed: ListedDeliveries) -> Result<Self, Refusal> {
        let rows = named::rows(app, visit, &listed.page.rows).await?;
        Ok(Self { rows, next: listed.page.next, ..Self::default() })
    }

    /// The page.
    pub(super) fn markup(&self, visit: &Visit) -> Markup {
        let is_live =
            !self.filters.are_any() && self.filters.cursor.is_none() && self.filters.faults.is_empty();
        let rows = self.rows();
        html! {
            (self.offer.show(&self.path, &self.filters))
            @if is_live { (live::region(&visit.links.at("/deliveries/live"), &rows)) }
            @else if self.filters.faults.is_empty() { (rows) }
            (further::onward(&self.path, &self.filters, self.next.as_deref(), self.rows.len(), ROWS))
        }
    }

    /// The rows, or what stands in their place.
    pub(super) fn rows(&self) -> Markup {
        let none = match (self.filters.are_any() || self.filters.cursor.is_some(), &self.next) {
            (false, _) => row::none_yet(),
            // What is said of it stands below.
            (true, Some(_)) => html! {},
            (true, None) => {
                empty("No deliveries match", &html! { p { a href=(self.path) { "Show all deliveries" } } })
            }
        };
        row::list(&self.rows, &none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile, visit};
    use crate::visit::Face;

    impl View for DeliveryList {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { String::new() };
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([
                    ("tenant", &text),
                    ("type", &text),
                    ("status", &text),
                    ("since", &text),
                    ("endpoint", &text),
                ])
                .finish();
            let filters = Filters::read(Some(&query), &visit(Face::Operator, "standard"));
            Self {
                path: "/portal/deliveries".into(),
                offer: Offer {
                    tenants: true,
                    endpoints: true,
                    states: true,
                    kinds: vec![text.clone(), "a.b".into()],
                    named_endpoints: vec![("ep_1".into(), text.clone())],
                },
                rows: row::samples::rows(kind),
                next: (kind == Kind::Hostile).then_some(text),
                filters,
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<DeliveryList>();
    }

    #[test]
    fn a_short_page_says_that_there_may_be_more() {
        let mut list = DeliveryList::sample(Kind::Sample);
        list.filters = list.filters.with_state("failed");
        list.next = Some("1.2".into());
        let html = list.markup(&visit(Face::Customer, "standard")).into_string();
        assert!(html.contains("7 in it match. There may be more further back."), "{html}");
        assert!(html.contains("href=\"/portal/deliveries?status=failed&amp;cursor=1.2\""), "{html}");
        list.rows.clear();
        let html = list.markup(&visit(Face::Customer, "standard")).into_string();
        assert!(html.contains("nothing in it matches. There may be more further back."), "{html}");
        assert!(!html.contains("No deliveries match"), "{html}");
    }
}
