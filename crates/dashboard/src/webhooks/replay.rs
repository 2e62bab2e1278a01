//! `GET` and `POST /webhooks/{id}/replay`: sending again what failed or was held. What is asked for stands in the
//! address, and the page says how much that is before anything begins.

use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::time::Millis;
use postrider_service::endpoint::{FoundEndpoint, ReplayEndpoint, find};
use postrider_service::{Fault, Right, ServiceError, ids};

use super::brief::Brief;
use super::{OfWebhook, Place};
use crate::form::{Done, Fields, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::field::{Faults, Text, checkbox};
use crate::view::time;
use crate::visit::Visit;
use crate::visit::links::with_query;

const HOUR: Duration = Duration::from_secs(3_600);

/// Spans up to now that one often wants: (name, words, length).
const SPANS: [(&str, &str, Duration); 3] = [
    ("1h", "Last hour", HOUR),
    ("24h", "Last 24 hours", Duration::from_secs(24 * 3_600)),
    ("7d", "Last 7 days", Duration::from_secs(7 * 24 * 3_600)),
];

/// States that can be replayed: (name, words).
const STATES: [(&str, &str); 4] = [
    ("failed", "failed: given up after the last retry"),
    ("held", "held: because the webhook was disabled"),
    ("delivered", "delivered"),
    ("cancelled", "cancelled"),
];

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let query = query.unwrap_or_default();
    let mut asked = Asked::read(&Fields::parse(query.as_bytes()), app.engine.now());
    let mut matched = None;
    if !query.is_empty() {
        match asked.run(&app, &visit, &place, true).await {
            Ok(counted) => matched = Some(counted.matched),
            Err(ServiceError::Invalid(faults)) => asked.faults = Faults::new(faults),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(page(&app, &visit, &place, &found, asked, matched))
}

pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let mut asked = Asked::read(&posted.fields, app.engine.now());
    let done = posted.once(&visit.visitor, async {
        let started = asked.run(&app, &visit, &place, false).await?;
        let replay =
            started.replay.ok_or_else(|| ServiceError::Internal("no replay was started".to_owned()))?;
        let seen_at = visit.links.replay(&ids::show_replay(replay.id));
        Ok(Done { value: seen_at.clone(), seen_at })
    });
    match done.await {
        Ok(replay) => Ok(see(&Notice::REPLAYING.on(&replay))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            asked.faults = Faults::new(faults);
            let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
            Ok(page(&app, &visit, &place, &found, asked, None))
        }
        Err(other) => Err(Refusal::from(other).onward("Back to the webhook", place.address(&visit))),
    }
}

fn page(
    app: &App,
    visit: &Visit,
    place: &Place,
    found: &FoundEndpoint,
    asked: Asked,
    matched: Option<u64>,
) -> Response {
    let status = if asked.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let view = ReplayForm {
        address: place.address(visit),
        enabled: found.endpoint.enabled,
        disabled_at: found.endpoint.disabled_at,
        per_second: app.engine.limits().default_replay_per_second,
        asked,
        matched,
    };
    let forms = Forms::new(app, &visit.token);
    let page = Page::new("Replay", Here::Webhooks, view.markup(visit, &forms));
    place.page(page, visit, &Brief::of(found).title()).show_as(status, app, visit)
}

/// What is asked for, as it was entered.
#[derive(Debug, Default)]
struct Asked {
    since: String,
    until: String,
    states: Vec<String>,
    types: String,
    per_second: String,
    faults: Faults,
}

impl Asked {
    fn read(fields: &Fields, now: Millis) -> Self {
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

    async fn run(
        &self,
        app: &App,
        visit: &Visit,
        place: &Place,
        dry_run: bool,
    ) -> Result<postrider_service::endpoint::StartedReplay, ServiceError> {
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

/// The page.
#[derive(Debug, Default)]
struct ReplayForm {
    /// The webhook's page.
    address: String,
    enabled: bool,
    disabled_at: Option<Millis>,
    /// How many a second where it is not said.
    per_second: u32,
    asked: Asked,
    /// How many deliveries are meant, where that was asked.
    matched: Option<u64>,
}

impl ReplayForm {
    fn markup(&self, _: &Visit, forms: &Forms) -> Markup {
        html! {
            div.panel.form {
                p { "A replay sends again what was not delivered. Events keep their ids, so that your server can tell what it has already." }
                (self.presets())
                form method="get" action=(self.action()) { (self.fields()) }
            }
            @if let Some(matched) = self.matched { (self.outcome(matched, forms)) }
        }
    }

    fn action(&self) -> String {
        format!("{}/replay", self.address)
    }

    fn presets(&self) -> Markup {
        let action = self.action();
        let since = self.disabled_at.map(|at| time::for_field(Some(at)));
        html! {
            nav.presets aria-label="Usual spans" {
                span.soft { "What failed or was held in the:" }
                @for (name, words, _) in SPANS { a.button href=(with_query(&action, &[("span", name)])) { (words) } }
                @if let Some(since) = &since { a.button href=(with_query(&action, &[("since", since)])) { "Since it was disabled" } }
                a.button href=(with_query(&action, &[("status", "held")])) { "All that is held" }
            }
        }
    }

    fn fields(&self) -> Markup {
        let Asked { since, until, states, types, faults, .. } = &self.asked;
        let moment = |name: &'static str, label: &'static str, value: &str| {
            let faults = faults.at(if name == "since" { "/since" } else { "/until" }).collect();
            Text { name, label, value, hint: "In UTC.", kind: "datetime-local", faults, ..Text::default() }
                .show()
        };
        let kinds = Text {
            name: "types",
            label: "Only these events",
            hint: "One a line; left empty, all.",
            value: types,
            rows: Some(2),
            faults: faults.at("/types").collect(),
            ..Text::default()
        };
        html! {
            (faults.summary(&[("/since", "Since", "since"), ("/until", "Until", "until"), ("/types", "Only these events", "types"), ("/status", "Which", "status"), ("/per_second", "A second", "per_second")]))
            input type="hidden" name="asked" value="1";
            div.row { (moment("since", "Since", since)) (moment("until", "Until", until)) }
            fieldset #status {
                legend { "Which" }
                @for fault in faults.at("/status") { div.fault { p { (fault) } } }
                @for (state, words) in STATES { (checkbox("status", state, &html! { (words) }, states.iter().any(|known| known == state))) }
            }
            (kinds.show())
            div.buttons {
                button.primary[self.matched.is_none()] type="submit" { "Count" }
                a.button href=(self.address) { "Cancel" }
            }
        }
    }

    fn outcome(&self, matched: u64, forms: &Forms) -> Markup {
        let start = if matched == 1 { "Send 1 again".to_owned() } else { format!("Send {matched} again") };
        let pace = self.per_second.to_string();
        let per_second = Text {
            name: "per_second",
            label: "How many a second",
            value: if self.asked.per_second.is_empty() { &pace } else { &self.asked.per_second },
            kind: "number",
            required: true,
            faults: self.asked.faults.at("/per_second").collect(),
            ..Text::default()
        };
        html! {
            section.panel.form aria-live="polite" {
                h2 { @match matched {
                    0 => "There is nothing to replay",
                    1 => "1 delivery would be sent again",
                    _ => { (matched) " deliveries would be sent again" }
                } }
                @if matched == 0 { p { "Nothing of this webhook matches. Choose a longer span, or other states." } }
                @else if !self.enabled {
                    p.warning { "The webhook is disabled: enable it first." }
                    (forms.button(&format!("{}/enable", self.address), "Enable"))
                } @else {
                    (forms.form(&self.action(), html! {
                        (self.hidden())
                        (per_second.show())
                        div.buttons { button.primary type="submit" { (start) } }
                    }))
                }
            }
        }
    }

    /// What was counted is what is sent.
    fn hidden(&self) -> Markup {
        let Asked { since, until, states, types, .. } = &self.asked;
        html! {
            input type="hidden" name="asked" value="1";
            @for (name, value) in [("since", since), ("until", until), ("types", types)] { input type="hidden" name=(name) value=(value); }
            @for state in states { input type="hidden" name="status" value=(state); }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for ReplayForm {
        fn sample(kind: Kind) -> Self {
            let base = Self { address: "/portal/webhooks/ep_1".into(), ..Self::default() };
            match kind {
                Kind::Empty => base,
                Kind::Sample => Self {
                    enabled: true,
                    disabled_at: Some(Millis(1_769_077_800_000)),
                    per_second: 50,
                    asked: Asked { states: vec!["failed".into()], ..Asked::default() },
                    matched: Some(123),
                    ..base
                },
                Kind::Hostile => Self {
                    asked: Asked {
                        since: hostile(),
                        until: hostile(),
                        states: vec![hostile()],
                        types: hostile(),
                        per_second: hostile(),
                        faults: Faults::new(vec![Fault::at("/since", hostile())]),
                    },
                    matched: Some(u64::MAX),
                    enabled: true,
                    ..base
                },
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_form_bears_any_data() {
        check::<ReplayForm>();
    }

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
