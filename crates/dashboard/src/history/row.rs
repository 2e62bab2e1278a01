//! One delivery in a list, as the `scopien` document draws it ("Monitoring", "Webhook Logs"): sign, time and type, then
//! status, duration, how often it was tried again and when next. Every list of deliveries is made of these.

use maud::{Markup, html};
use postrider_http::App;
use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_store::DeliverySummary;

use super::words;
use crate::view::{self, shortened, state, time};
use crate::visit::Visit;

/// The longest type or name that a row shows whole, in characters.
const MOST_CHARS: usize = 80;

/// One delivery.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The delivery's page.
    pub(crate) address: String,
    /// When its event was accepted: what lists go by.
    pub(crate) accepted_at: Millis,
    /// The event's type.
    pub(crate) kind: String,
    /// Where it stands.
    pub(crate) state: DeliveryState,
    /// Whether it is a test send.
    pub(crate) test: bool,
    /// What the last attempt came to.
    pub(crate) last: Option<Last>,
    /// Attempts made.
    pub(crate) attempts: u32,
    /// When it is tried next.
    pub(crate) next_attempt_at: Option<Millis>,
    /// Where it goes, where the list holds several endpoints': (name, the endpoint's page while it has one).
    pub(crate) endpoint: Option<(String, Option<String>)>,
    /// Whose it is, where the list holds several tenants': (id, the tenant's page).
    pub(crate) tenant: Option<(String, String)>,
}

/// The last attempt.
#[derive(Debug, Clone)]
pub(crate) struct Last {
    /// Whether it counted as a success.
    pub(crate) success: bool,
    /// The answer's status, where there was one.
    pub(crate) response_status: Option<u16>,
    /// The stable code of its error.
    pub(crate) error: Option<String>,
    /// From the start to the end of the answer.
    pub(crate) latency_ms: u32,
}

impl Row {
    /// A delivery in a list of one endpoint.
    pub(crate) fn new(app: &App, visit: &Visit, summary: &DeliverySummary) -> Self {
        let event = visit.contract.event_id_form().show(summary.event.to_uuid(app.engine.salt()));
        let endpoint = visit.contract.endpoint_id_form().show(summary.endpoint_id.0);
        Self {
            address: visit.links.delivery(&event, &endpoint),
            accepted_at: summary.accepted_at,
            kind: summary.kind.clone(),
            state: summary.state,
            test: summary.test,
            last: summary.last_attempt.as_ref().map(|attempt| Last {
                success: attempt.success,
                response_status: attempt.response_status,
                error: attempt.error.clone(),
                latency_ms: attempt.latency_ms,
            }),
            attempts: summary.attempts,
            next_attempt_at: summary.next_attempt_at,
            endpoint: None,
            tenant: None,
        }
    }

    fn markup(&self) -> Markup {
        let (class, sign, word) = self.sign();
        html! {
            li {
                span class={ "tick " (class) } { span aria-hidden="true" { (sign) } span.unseen { (word) ": " } }
                div.what {
                    a href=(self.address) { (time::brief(self.accepted_at)) " – " (shortened(&self.kind, MOST_CHARS)) }
                    @if self.test { " " (state::badge("test", "⚑", "test")) }
                    @if self.state != DeliveryState::Delivered { " " (state::delivery(self.state)) }
                    (self.whose())
                }
                (self.told())
            }
        }
    }

    /// ✓ or ✗ by the last attempt, as the document does for one that is tried again.
    fn sign(&self) -> (&'static str, &'static str, &'static str) {
        match (self.state, &self.last) {
            (DeliveryState::Delivered, _) => ("good", "✓", "Delivered"),
            (DeliveryState::Cancelled, _) => ("none", "–", "Cancelled"),
            (DeliveryState::Failed, _) | (_, Some(Last { success: false, .. })) => ("bad", "✗", "Failed"),
            (DeliveryState::Held, _) => ("held", "‖", "Held"),
            (DeliveryState::Pending, _) => ("wait", "…", "Waiting"),
        }
    }

    fn whose(&self) -> Markup {
        html! {
            @if self.endpoint.is_some() || self.tenant.is_some() {
                div.whose {
                    @match &self.endpoint {
                        Some((name, Some(address))) => { "to " a href=(address) { (shortened(name, MOST_CHARS)) } }
                        Some((name, None)) => { "to " (shortened(name, MOST_CHARS)) " (deleted)" }
                        None => {}
                    }
                    @if let Some((tenant, address)) = &self.tenant { " of " a href=(address) { (shortened(tenant, MOST_CHARS)) } }
                }
            }
        }
    }

    fn told(&self) -> Markup {
        let retried = self.attempts.saturating_sub(1);
        html! {
            dl.told {
                @if let Some(last) = &self.last {
                    div { dt { "Status:" } dd { (last.outcome()) } }
                    div.took { dt { "Duration:" } dd.num { (duration(last.latency_ms)) } }
                } @else {
                    div { dt { "Status:" } dd { "not sent yet" } }
                }
                @if retried > 0 {
                    div.again { dt { "Retried:" } dd { (retried) @if retried == 1 { " time" } @else { " times" } } }
                }
                @if let Some(next) = self.next_attempt_at {
                    div.again {
                        dt { @if self.attempts > 0 { "Next retry:" } @else { "To be sent:" } }
                        dd { (time::brief(next)) }
                    }
                }
            }
        }
    }
}

impl Last {
    /// `200 OK`, or why there was no answer.
    fn outcome(&self) -> String {
        match (self.response_status, &self.error) {
            (Some(status), _) => words::status(status),
            (None, Some(code)) => words::trouble(code).title.to_owned(),
            (None, None) => "sent".to_owned(),
        }
    }
}

/// As the document writes it, `234ms`, up to a second.
fn duration(latency_ms: u32) -> String {
    if latency_ms < 1_000 { format!("{latency_ms}ms") } else { time::duration_ms(latency_ms.into()) }
}

/// A list of deliveries; `empty` stands there where there are none.
pub(crate) fn list(rows: &[Row], empty: &Markup) -> Markup {
    html! { @if rows.is_empty() { (empty) } @else { ul.deliveries { @for row in rows { (row.markup()) } } } }
}

/// What stands in place of a list of deliveries where there is none yet.
pub(crate) fn none_yet() -> Markup {
    view::empty(
        "No deliveries yet",
        &html! { p.soft { "What is sent is listed here, with the answers to it." } },
    )
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::samples::{Kind, hostile};

    fn row(kind: &str, state: DeliveryState, attempts: u32, last: Option<Last>) -> Row {
        Row {
            address: "/portal/events/evt_1/deliveries/ep_1".into(),
            accepted_at: Millis(1_769_077_800_123),
            kind: kind.into(),
            state,
            test: false,
            last,
            attempts,
            next_attempt_at: (state == DeliveryState::Pending).then_some(Millis(1_769_078_100_000)),
            endpoint: None,
            tenant: None,
        }
    }

    fn last(status: Option<u16>, latency_ms: u32) -> Option<Last> {
        let success = status.is_some_and(|status| status < 300);
        let code = if status.is_some() { "http_status" } else { "timeout" };
        let error = (!success).then(|| code.to_owned());
        Some(Last { success, response_status: status, error, latency_ms })
    }

    /// Deliveries of that kind.
    pub(crate) fn rows(kind: Kind) -> Vec<Row> {
        use DeliveryState::{Cancelled, Delivered, Failed, Held, Pending};
        match kind {
            Kind::Sample => vec![
                row("opportunity.updated", Delivered, 1, last(Some(200), 234)),
                row("lead.created", Delivered, 2, last(Some(204), 1_560)),
                row("case.updated", Pending, 4, last(Some(500), 12)),
                Row { test: true, ..row("case.updated", Pending, 0, None) },
                row("case.updated", Failed, 6, last(None, 5_000)),
                row("case.updated", Held, 0, None),
                row("case.updated", Cancelled, 1, last(Some(404), 3)),
            ],
            Kind::Empty => Vec::new(),
            Kind::Hostile => vec![Row {
                endpoint: Some((hostile(), Some("/portal/webhooks/ep_1".into()))),
                tenant: Some((hostile(), "/portal/webhooks/ep_1".into())),
                ..row(&hostile(), Failed, u32::MAX, last(Some(599), u32::MAX))
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check};

    struct Lists(Vec<Row>);

    impl View for Lists {
        fn sample(kind: Kind) -> Self {
            Self(samples::rows(kind))
        }

        fn markup(&self, _: &Visit, _: &Forms) -> Markup {
            list(&self.0, &none_yet())
        }
    }

    /// The text that a reader sees, its pieces apart.
    fn seen(row: &Row) -> String {
        let html = row.markup().into_string();
        let pieces = html.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text.trim());
        pieces.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_bears_any_data() {
        check::<Lists>();
    }

    #[test]
    fn a_row_tells_what_the_document_draws() {
        let rows = samples::rows(Kind::Sample);
        assert_eq!(
            seen(&rows[0]),
            "✓ Delivered: 2026-01-22 10:30:00 UTC – opportunity.updated Status: 200 OK Duration: 234ms"
        );
        assert_eq!(
            seen(&rows[2]),
            "✗ Failed: 2026-01-22 10:30:00 UTC – case.updated … pending Status: 500 Internal Server Error \
             Duration: 12ms Retried: 3 times Next retry: 2026-01-22 10:35:00 UTC"
        );
        assert!(seen(&rows[1]).contains("Duration: 1.6 s Retried: 1 time"), "{}", seen(&rows[1]));
        assert!(seen(&rows[3]).contains("not sent yet To be sent:"), "{}", seen(&rows[3]));
        assert!(seen(&rows[4]).contains("Status: No answer in time"), "{}", seen(&rows[4]));
    }
}
