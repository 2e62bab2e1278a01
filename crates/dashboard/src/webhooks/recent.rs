//! How a webhook does: its state, a day's figures and "Recent Deliveries". `GET /webhooks/{id}/live` keeps it up to date.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::endpoint::DisabledReason;
use postrider_service::Right;
use postrider_service::delivery::ListDeliveries;
use postrider_service::endpoint::{EndpointStats, FoundEndpoint, find};
use postrider_store::StatSum;

use super::brief::Brief;
use super::{OfWebhook, Place};
use crate::chart::{percent, thousands};
use crate::history::row::{self, Row};
use crate::live::{self, Part};
use crate::page::Refusal;
use crate::view::{state, time};
use crate::visit::Visit;
use crate::visit::links::with_query;

/// Deliveries on the page.
const ROWS: usize = 10;

/// The part of the page.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) brief: Brief,
    /// The last day's attempts.
    pub(super) day: StatSum,
    pub(super) rows: Vec<Row>,
}

/// `GET /webhooks/{id}/live`
pub(super) async fn live(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let place = path.place(&visit)?;
    find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let owned = (app.clone(), visit.clone());
    let render = move || {
        let (app, visit) = owned.clone();
        let place = place.clone();
        async move {
            let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
            let recent = Recent::load(&app, &visit, &place, &found).await?;
            Ok(Part { markup: recent.markup(&visit, &place), last: false })
        }
    };
    Ok(live::follow(app, &visit, render))
}

impl Recent {
    /// Reads it.
    pub(super) async fn load(
        app: &App,
        visit: &Visit,
        place: &Place,
        found: &FoundEndpoint,
    ) -> Result<Self, Refusal> {
        let Place { tenant, id } = place;
        let stats =
            EndpointStats { caller: &visit.caller, tenant, id, since: None, until: None, step_minutes: None };
        let deliveries = ListDeliveries {
            caller: &visit.caller,
            tenant: Some(tenant.clone()),
            endpoint: Some(id.clone()),
            states: Vec::new(),
            types: Vec::new(),
            since: None,
            until: None,
            cursor: None,
            limit: ROWS,
        };
        let (day, deliveries) = (stats.run(&app.engine).await?.total, deliveries.run(&app.engine).await?);
        let rows = deliveries.page.rows.iter().map(|summary| Row::new(app, visit, summary)).collect();
        Ok(Self { brief: Brief::of(found), day, rows })
    }

    /// The part.
    pub(super) fn markup(&self, visit: &Visit, place: &Place) -> Markup {
        let all = with_query(&visit.links.at("/deliveries"), &[("endpoint", &place.id)]);
        html! {
            (self.state())
            (self.figures())
            section.panel {
                div.head {
                    h2 { "Recent Deliveries" }
                    @if !self.rows.is_empty() { a href=(all) { "All deliveries" } }
                }
                (row::list(&self.rows, &html! { p.soft { "Nothing was sent yet. Send a test event to see how it arrives." } }))
            }
        }
    }

    /// Why it gets nothing, or that it fails, and what to do.
    fn state(&self) -> Markup {
        let brief = &self.brief;
        if brief.enabled {
            return html! {
                @if let Some(since) = brief.failing_since {
                    div.warning {
                        p { strong { "Deliveries have been failing since " (time::at(since)) "." }
                            " What failed is tried again by itself, and can be replayed when your server works again." }
                    }
                }
            };
        }
        let is_automatic =
            matches!(brief.disabled_reason, Some(DisabledReason::Failures | DisabledReason::Gone));
        html! {
            div class=(if is_automatic { "danger-note" } else { "warning" }) {
                p {
                    strong { (state::disabled_reason(brief.disabled_reason)) }
                    @if let Some(at) = brief.disabled_at { " Since " (time::at(at)) " nothing is sent." }
                }
                p { "What happens meanwhile is held. "
                    @if is_automatic { "Put your server right, enable the webhook, then replay what failed and what was held." }
                    @else { "Enable the webhook to send again, then replay what was held." } }
            }
        }
    }

    fn figures(&self) -> Markup {
        let attempts = self.day.succeeded + self.day.failed;
        let share = |number: u64| number as f64 / attempts as f64;
        let figure = |name: &str, value: Markup| {
            html! { div.panel { div.soft { (name) } div.value { (value) } } }
        };
        let mean_ms = self.day.latency_ms.checked_div(attempts);
        let none = || html! { span.none { "–" } };
        html! {
            div.figures {
                div.panel { div.soft { "Status" } div.value { (state::endpoint(self.brief.enabled, self.brief.failing_since.is_some())) } }
                (figure("Success, last 24\u{a0}h", if attempts == 0 { none() } else { html! { (percent(share(self.day.succeeded))) } }))
                (figure("Requests, last 24\u{a0}h", html! { (thousands(attempts)) }))
                (figure("Given up, last 24\u{a0}h", html! { (thousands(self.day.exhausted)) }))
                (figure("Mean duration", mean_ms.map_or_else(none, |ms| html! { (time::duration_ms(ms)) })))
            }
            p.soft { "What was sent in the last ten seconds may not be counted yet. Test events are not counted." }
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::super::brief::samples::briefs;
    use super::*;
    use crate::history::row::samples::rows;
    use crate::samples::Kind;

    /// Of that kind.
    pub(crate) fn recent(kind: Kind) -> Recent {
        let number = match kind {
            Kind::Sample => 999,
            Kind::Empty => 0,
            Kind::Hostile => u64::from(u32::MAX),
        };
        Recent {
            brief: briefs(kind).pop().unwrap_or_default(),
            day: StatSum { succeeded: number, failed: number, latency_ms: number, ..StatSum::default() },
            rows: rows(kind),
        }
    }
}
