//! One event as a page shows it.

use bytes::Bytes;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_service::Right;
use postrider_service::event::FoundEvent;

use crate::form::Forms;
use crate::history::row::{self, Row};
use crate::history::{named, viewed};
use crate::live;
use crate::page::Refusal;
use crate::view::facts::facts;
use crate::view::{code, confirmed, section, shortened, state, time};
use crate::visit::{Face, Visit};

/// An event.
#[derive(Debug)]
pub(super) struct EventPage {
    /// Its public id.
    id: String,
    /// Its type.
    pub(super) kind: String,
    /// Whether the type is in the catalogue: in an open one it need not be.
    declared: bool,
    tenant: String,
    accepted_at: Millis,
    timestamp: Millis,
    deliver_at: Option<Millis>,
    ordering_key: Option<String>,
    test: bool,
    notice: bool,
    /// `None` once it was erased.
    data: Option<Bytes>,
    changes: Option<Bytes>,
    attributes: Option<Bytes>,
    /// All it has; not more than so many are listed.
    delivery_count: u32,
    rows: Vec<Row>,
}

impl EventPage {
    /// What was found.
    pub(super) async fn of(app: &App, visit: &Visit, found: FoundEvent) -> Result<Self, Refusal> {
        let detail = found.detail;
        let mut rows = named::rows(app, visit, &detail.deliveries).await?;
        for row in &mut rows {
            // They are all of this event's tenant.
            row.tenant = None;
        }
        let summary = detail.summary;
        Ok(Self {
            id: visit.contract.event_id_form().show(summary.ordinal.to_uuid(app.engine.salt())),
            declared: found.context.is_declared(&summary.kind),
            kind: summary.kind,
            tenant: summary.tenant,
            accepted_at: summary.accepted_at,
            timestamp: summary.timestamp,
            deliver_at: summary.deliver_at,
            ordering_key: detail.ordering_key,
            test: summary.flags.test,
            notice: summary.flags.notice,
            data: detail.data,
            changes: detail.changes,
            attributes: detail.attributes,
            delivery_count: summary.deliveries,
            rows,
        })
    }

    /// Whether nothing of it will change by itself any more.
    pub(super) fn is_settled(&self) -> bool {
        let is_ended = |row: &Row| !matches!(row.state, DeliveryState::Pending);
        self.rows.iter().all(is_ended) && (self.are_all_listed() || self.rows.len() >= MOST_LISTED)
    }

    fn are_all_listed(&self) -> bool {
        self.rows.len() >= self.delivery_count as usize
    }

    /// The page.
    pub(super) fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let address = visit.links.event(&self.id);
        let deliveries = self.deliveries();
        html! {
            (section("Event", &self.facts(visit)))
            div.columns { (self.content()) }
            @if self.is_settled() { (deliveries) } @else { (live::region(&format!("{address}/live"), &deliveries)) }
            @if visit.face == Face::Operator && visit.may(Right::WebhooksWrite) && self.data.is_some() {
                (erasing(&address, forms))
            }
        }
    }

    fn facts(&self, visit: &Visit) -> Markup {
        let kind = shortened(&self.kind, 120);
        let mut pairs = vec![
            ("Event id", code::line("Event id", &self.id)),
            (
                "Type",
                html! {
                    @if self.declared { a href=(visit.links.event_type(&self.kind)) { (kind) } } @else { (kind) }
                },
            ),
        ];
        if visit.face == Face::Operator {
            let tenant =
                html! { a href=(visit.links.tenant(&self.tenant)) { (shortened(&self.tenant, 120)) } };
            pairs.push(("Tenant", tenant));
        }
        pairs.push(("Accepted", time::at(self.accepted_at)));
        if self.timestamp != self.accepted_at {
            pairs.push(("Happened", time::at(self.timestamp)));
        }
        if let Some(at) = self.deliver_at {
            pairs.push(("Not sent before", time::at(at)));
        }
        if let Some(key) = &self.ordering_key {
            pairs.push(("Ordering key", shortened(key, 120)));
        }
        if self.test {
            let what = " sent by hand, to one webhook only";
            pairs.push(("Mark", html! { (state::badge("test", "⚑", "test")) (what) }));
        }
        if self.notice {
            let what = " tells that a webhook was disabled";
            pairs.push(("Mark", html! { (state::badge("none", "i", "notice")) (what) }));
        }
        facts(&pairs)
    }

    fn content(&self) -> Markup {
        let parts = [
            ("Data", self.data.as_ref()),
            ("Changes", self.changes.as_ref()),
            ("Attributes", self.attributes.as_ref()),
        ];
        html! {
            @if self.data.is_none() { (section("Data", &html! { p.soft { "What this event said was erased." } })) }
            @for (name, document) in parts {
                @if let Some(document) = document { (section(name, &viewed::document(name, document))) }
            }
        }
    }

    /// Its deliveries: the part that changes.
    pub(super) fn deliveries(&self) -> Markup {
        let none = html! { p.soft { "No webhook wanted this event when it was accepted." } };
        let waiting = html! { p.soft { "Its deliveries are being written." } };
        let none = if self.are_all_listed() { none } else { waiting };
        section(
            "Deliveries",
            &html! {
                (row::list(&self.rows, &none))
                @if !self.are_all_listed() && !self.rows.is_empty() {
                    p.soft { "These are the first " (self.rows.len()) " of " (self.delivery_count) "." }
                }
            },
        )
    }
}

/// The store lists so many deliveries of an event at most.
const MOST_LISTED: usize = 250;

fn erasing(address: &str, forms: &Forms) -> Markup {
    let question = "Erase its data, changes, attributes and what receivers answered? It cannot be brought back or sent \
                    again. That it happened, and its deliveries, stay visible.";
    let form = forms.form(&format!("{address}/erase"), html! { button.danger type="submit" { "Erase it" } });
    confirmed("Erase what this event says", question, &form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile, visit};

    impl View for EventPage {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "invoice.paid".into() };
            let document = Bytes::from(serde_json::json!({"z": text, "a": [1, {}]}).to_string());
            let full = (kind != Kind::Empty).then_some(document);
            Self {
                id: "evt_1".into(),
                declared: true,
                kind: text.clone(),
                tenant: text.clone(),
                accepted_at: Millis(1_769_077_800_123),
                timestamp: Millis(1_769_077_800_000),
                deliver_at: full.as_ref().map(|_| Millis(1_769_087_800_000)),
                ordering_key: full.as_ref().map(|_| text),
                test: full.is_some(),
                notice: full.is_some(),
                data: full.clone(),
                changes: full.clone(),
                attributes: full,
                delivery_count: 0,
                rows: row::samples::rows(kind),
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<EventPage>();
    }

    #[test]
    fn only_an_operator_who_may_write_is_offered_to_erase() {
        let page = EventPage::sample(Kind::Sample);
        let html = |visit: &Visit| page.markup(visit, &Forms::sample()).into_string();
        let mut operator = visit(Face::Operator, "standard");
        assert!(html(&operator).contains("/erase"));
        operator.rights = postrider_service::Rights::of_stored(&["webhooks:read".to_owned()]);
        assert!(!html(&operator).contains("/erase"));
        assert!(!html(&visit(Face::Customer, "standard")).contains("/erase"));
    }
}
