//! One delivery as a page shows it.

use maud::{Markup, html};
use postrider_http::App;
use postrider_model::delivery::DeliveryState;
use postrider_model::time::Millis;
use postrider_service::delivery::{FoundDelivery, ShownRequest};
use postrider_service::{Right, ids};
use postrider_store::EventDetail;

use super::attempts::{self, AttemptView};
use super::{request, resend};
use crate::form::Forms;
use crate::history::named;
use crate::live;
use crate::view::facts::facts;
use crate::view::{confirmed, section, shortened, state, time};
use crate::visit::{Face, Visit};

/// A delivery.
#[derive(Debug)]
pub(super) struct DeliveryPage {
    /// The type of its event.
    pub(super) kind: String,
    address: String,
    /// Its id and page.
    event: (String, String),
    endpoint: Target,
    tenant: String,
    state: DeliveryState,
    test: bool,
    /// Whether the event's data is gone.
    erased: bool,
    accepted_at: Millis,
    next_attempt_at: Option<Millis>,
    attempts: Vec<AttemptView>,
    /// What a form says that was made from this.
    seen: String,
    request: Option<ShownRequest>,
}

/// Where it goes.
#[derive(Debug, Clone)]
struct Target {
    name: String,
    url: String,
    address: String,
    enabled: bool,
    deleted: bool,
}

impl DeliveryPage {
    /// What was found.
    pub(super) fn of(
        app: &App,
        visit: &Visit,
        found: &FoundDelivery,
        event: &EventDetail,
        request: Option<ShownRequest>,
    ) -> Self {
        let summary = &found.detail.summary;
        let event_id = ids::show_event(&app.engine, &found.context, summary.event);
        let endpoint_id = ids::show_endpoint(&found.context, summary.endpoint_id);
        let attempts = found.detail.attempts.iter().map(|attempt| AttemptView {
            id: ids::show_attempt(&app.engine, summary.event, summary.endpoint_id, attempt.number),
            number: attempt.number,
            started_at: attempt.started_at,
            latency_ms: attempt.latency_ms,
            success: attempt.success,
            response_status: attempt.response_status,
            error: attempt.error.clone(),
            note: attempt.note.clone(),
            excerpt: attempt.excerpt.clone(),
        });
        let row = found.endpoint.as_ref();
        Self {
            kind: summary.kind.clone(),
            address: visit.links.delivery(&event_id, &endpoint_id),
            event: (event_id.clone(), visit.links.event(&event_id)),
            endpoint: Target {
                name: row.map_or_else(|| endpoint_id.clone(), named::short),
                url: row.map(|row| row.config.url.clone()).unwrap_or_default(),
                address: visit.links.webhook(&summary.tenant, &endpoint_id),
                enabled: row.is_some_and(|row| row.enabled),
                deleted: row.is_none_or(|row| row.deleted_at.is_some()),
            },
            tenant: summary.tenant.clone(),
            state: summary.state,
            test: summary.test,
            erased: event.data.is_none(),
            accepted_at: summary.accepted_at,
            next_attempt_at: summary.next_attempt_at,
            attempts: attempts.collect(),
            seen: resend::seen(summary),
            request,
        }
    }

    /// Whether it will not change by itself any more.
    pub(super) fn has_ended(&self) -> bool {
        self.state != DeliveryState::Pending
    }

    /// The page.
    pub(super) fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let changing = self.changing(visit, forms);
        html! {
            @if self.has_ended() { (changing) } @else { (live::region(&format!("{}/live", self.address), &changing)) }
            @if let Some(shown) = &self.request { (self.request(shown, visit)) }
        }
    }

    /// What changes while it is pending.
    pub(super) fn changing(&self, visit: &Visit, forms: &Forms) -> Markup {
        html! {
            section.panel {
                h2.unseen { "Delivery" }
                (self.facts(visit))
                @if visit.may(Right::WebhooksWrite) { (self.actions(forms)) }
            }
            (section("Attempts", &attempts::list(&self.attempts)))
        }
    }

    fn facts(&self, visit: &Visit) -> Markup {
        let Target { name, url, address, deleted, .. } = &self.endpoint;
        let to = html! {
            @if *deleted { (shortened(name, 120)) " (deleted)" } @else { a href=(address) { (shortened(name, 120)) } }
            @if !url.contains(name.as_str()) { div.whose { (shortened(url, 200)) } }
        };
        let status = html! {
            (state::delivery(self.state))
            @if self.test { " " (state::badge("test", "⚑", "test")) }
        };
        let mut pairs = vec![
            ("Status", status),
            ("Webhook", to),
            ("Event", html! { a href=(self.event.1) { code { (self.event.0) } } }),
        ];
        if visit.face == Face::Operator {
            let tenant =
                html! { a href=(visit.links.tenant(&self.tenant)) { (shortened(&self.tenant, 120)) } };
            pairs.push(("Tenant", tenant));
        }
        pairs.push(("Accepted", time::at(self.accepted_at)));
        if let Some(next) = self.next_attempt_at {
            pairs
                .push((if self.attempts.is_empty() { "To be sent" } else { "Next attempt" }, time::at(next)));
        }
        facts(&pairs)
    }

    /// What can be done with it as it is; of what cannot, why.
    fn actions(&self, forms: &Forms) -> Markup {
        let is_waiting = matches!(self.state, DeliveryState::Pending | DeliveryState::Held);
        html! {
            div.buttons {
                @if self.state != DeliveryState::Pending { (self.resending(forms)) }
                @if is_waiting { (self.cancelling(forms)) }
            }
        }
    }

    fn resending(&self, forms: &Forms) -> Markup {
        let endpoint = &self.endpoint;
        html! {
            @if endpoint.deleted {
                p.soft { "The webhook was deleted: nothing is sent to it any more." }
            } @else if self.erased {
                p.soft { "What the event said was erased: it cannot be sent again." }
            } @else if !endpoint.enabled {
                p.soft { "The webhook is disabled. " a href=(endpoint.address) { "Enable it" } " to send this again." }
            } @else {
                (forms.classed(&format!("{}/resend", self.address), "inline", html! {
                    input type="hidden" name=(resend::SEEN_FIELD) value=(self.seen);
                    button.primary type="submit" { "Send again" }
                }))
            }
        }
    }

    fn cancelling(&self, forms: &Forms) -> Markup {
        let form = forms.form(
            &format!("{}/cancel", self.address),
            html! { button.danger type="submit" { "Yes, do not send it" } },
        );
        confirmed("Cancel", "It will not be sent to this webhook. It can be sent again by hand later.", &form)
    }

    fn request(&self, shown: &ShownRequest, visit: &Visit) -> Markup {
        section(
            "Request",
            &html! {
                p.soft {
                    @if self.attempts.is_empty() {
                        "What is going to be sent, by the webhook as it is now."
                    } @else {
                        "Made again from what is kept, by the webhook as it is now; the time in it is the last attempt's. "
                        "Requests themselves are not stored."
                    }
                    @if shown.batch { " It is sent in a list, together with others that wait at that moment; those are not kept." }
                }
                (request::request(shown, visit))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile, visit};

    impl View for DeliveryPage {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "invoice.paid".into() };
            Self {
                kind: text.clone(),
                address: "/portal/events/evt_1/deliveries/ep_1".into(),
                event: ("evt_1".into(), "/portal/events/evt_1".into()),
                endpoint: Target {
                    name: text.clone(),
                    url: text.clone(),
                    address: "/portal/webhooks/ep_1".into(),
                    enabled: true,
                    deleted: false,
                },
                tenant: text,
                state: if kind == Kind::Empty { DeliveryState::Pending } else { DeliveryState::Held },
                test: true,
                erased: false,
                accepted_at: Millis(1_769_077_800_123),
                next_attempt_at: Some(Millis(1_769_087_800_123)),
                attempts: attempts::samples::attempts(kind),
                seen: "held after 3".into(),
                request: Some(request::samples::shown(kind)),
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    /// Which of the two forms there are.
    fn offers(page: &DeliveryPage, visit: &Visit) -> (bool, bool) {
        let html = page.markup(visit, &Forms::sample()).into_string();
        (html.contains("/resend\""), html.contains("/cancel\""))
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<DeliveryPage>();
    }

    #[test]
    fn only_what_can_be_done_is_offered() {
        let mut customer = visit(Face::Customer, "standard");
        let mut page = DeliveryPage::sample(Kind::Sample);
        assert_eq!(offers(&page, &customer), (true, true), "held");
        page.endpoint.enabled = false;
        assert_eq!(offers(&page, &customer), (false, true), "held by a disabled webhook");
        page.endpoint = Target { enabled: true, deleted: true, ..page.endpoint };
        page.state = DeliveryState::Failed;
        assert_eq!(offers(&page, &customer), (false, false), "deleted webhook");
        page.endpoint.deleted = false;
        assert_eq!(offers(&page, &customer), (true, false), "failed");
        page.erased = true;
        assert_eq!(offers(&page, &customer), (false, false), "erased");
        page.state = DeliveryState::Pending;
        assert_eq!(offers(&page, &customer), (false, true), "pending");
        customer.rights = postrider_service::Rights::of_stored(&["webhooks:read".to_owned()]);
        assert_eq!(offers(&page, &customer), (false, false), "may only read");
    }
}
