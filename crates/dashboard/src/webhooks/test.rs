//! `GET` and `POST /webhooks/{id}/test`: "Send Test Event".

mod kinds;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::endpoint::{FoundEndpoint, TestEndpoint, find};
use postrider_service::event_type::{CatalogueType, FindEventType};
use postrider_service::{Right, ServiceError, ids};

use self::kinds::Kinds;
use super::brief::Brief;
use super::{OfWebhook, Place, catalogue};
use crate::form::{Done, Fields, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::field::{Faults, Text};
use crate::visit::Visit;

/// What is sent where the catalogue has no example.
const NO_EXAMPLE: &str = "{\n  \"test\": true\n}";

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    let mut view = TestForm::new(&app, &visit, &place, &found).await?;
    if let Some(kind) = asked.given("type") {
        kind.clone_into(&mut view.kind);
    }
    view.data = example(&app, &visit, &view.kind).await?;
    view.example_of.clone_from(&view.kind);
    Ok(view.page(&app, &visit, &place, &found))
}

pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksWrite)?;
    let place = path.place(&visit)?;
    let kind = posted.fields.text("type").to_owned();
    let example_of = posted.fields.text("example_of").to_owned();
    let mut data = posted.fields.text("data").replace("\r\n", "\n");
    // Another type was chosen, and what stands there is still the example of the one before.
    let is_of_before = kind != example_of && data == example(&app, &visit, &example_of).await?;
    if is_of_before || posted.fields.checked("show") {
        data = example(&app, &visit, &kind).await?;
    }
    if posted.fields.checked("show") {
        let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
        let new = TestForm::new(&app, &visit, &place, &found).await?;
        let view = TestForm { example_of: kind.clone(), kind, data, ..new };
        return Ok(view.page(&app, &visit, &place, &found));
    }
    let test = TestEndpoint {
        caller: &visit.caller,
        tenant: &place.tenant,
        id: &place.id,
        kind: Some(kind.clone()),
        data: Some(Bytes::from(data.clone())),
    };
    let done = posted.once(&visit.visitor, async {
        let tested = test.run(&app.engine).await?;
        let event = ids::show_event(&app.engine, &tested.found.context, tested.sent.event);
        let seen_at = visit.links.delivery(&event, &place.id);
        Ok(Done { value: seen_at.clone(), seen_at })
    });
    match done.await {
        Ok(delivery) => Ok(see(&Notice::TESTED.on(&delivery))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
            let new = TestForm::new(&app, &visit, &place, &found).await?;
            let view = TestForm { kind, example_of, data, faults: Faults::new(faults), ..new };
            Ok(view.page(&app, &visit, &place, &found))
        }
        Err(other) => Err(Refusal::from(other).onward("Back to the webhook", place.address(&visit))),
    }
}

/// The type's example, as the API sends it where no data is given.
async fn example(app: &App, visit: &Visit, kind: &str) -> Result<String, Refusal> {
    let example = match (FindEventType { caller: &visit.caller, name: kind }).run(&app.engine).await {
        Ok(CatalogueType::Own(own)) => own.example,
        Ok(CatalogueType::Contract { example, .. }) => example,
        Err(ServiceError::NotFound(_)) => None,
        Err(other) => return Err(other.into()),
    };
    Ok(example.map_or_else(|| NO_EXAMPLE.to_owned(), |example| format!("{example:#}")))
}

/// The form.
#[derive(Debug, Default)]
struct TestForm {
    /// Where it is.
    action: String,
    back: String,
    url: String,
    enabled: bool,
    /// The types to choose from.
    types: Vec<String>,
    /// Whether any other can be entered.
    open: bool,
    kind: String,
    /// The type whose example was put into `data`.
    example_of: String,
    data: String,
    faults: Faults,
}

impl TestForm {
    async fn new(app: &App, visit: &Visit, place: &Place, found: &FoundEndpoint) -> Result<Self, Refusal> {
        let known = catalogue(app, &visit.caller, &visit.contract).await?;
        let known = known.into_iter().map(|kind| kind.name).collect();
        let kinds = Kinds::of(known, &found.endpoint.config.event_types, &visit.contract);
        Ok(Self {
            action: place.at(visit, "/test"),
            back: place.address(visit),
            url: found.endpoint.config.url.clone(),
            enabled: found.endpoint.enabled,
            kind: kinds.first,
            types: kinds.known,
            open: kinds.open,
            ..Self::default()
        })
    }

    fn page(&self, app: &App, visit: &Visit, place: &Place, found: &FoundEndpoint) -> Response {
        let status = if self.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let forms = Forms::new(app, &visit.token);
        let page = Page::new("Send Test Event", Here::Webhooks, self.markup(visit, &forms));
        place.page(page, visit, &Brief::of(found).title()).show_as(status, app, visit)
    }

    fn markup(&self, _: &Visit, forms: &Forms) -> Markup {
        let data = Text {
            name: "data",
            label: "Payload",
            hint: "What the event says, as JSON. Change it as you like.",
            value: &self.data,
            rows: Some(12),
            required: true,
            faults: self.faults.at("/data").collect(),
            ..Text::default()
        };
        let body = html! {
            (self.faults.summary(&[("/type", "Event type", "type"), ("/data", "Payload", "data")]))
            @if self.open { (self.entry()) } @else { (self.chooser()) }
            input type="hidden" name="example_of" value=(self.example_of);
            (data.show())
            div.buttons {
                button.primary type="submit" { "Send Test Event" }
                a.button href=(self.back) { "Cancel" }
            }
        };
        html! {
            div.panel.form {
                p { "The event is sent to " code { bdi { (self.url) } } " now, once, whatever types and filter the webhook has, and marked as a test. You see the answer next." }
                @if !self.enabled { p.warning { "The webhook is disabled. A test is sent all the same." } }
                (forms.form(&self.action, body))
            }
        }
    }

    fn entry(&self) -> Markup {
        let field = Text {
            name: "type",
            label: "Event type",
            value: &self.kind,
            required: true,
            faults: self.faults.at("/type").collect(),
            suggested: &self.types,
            ..Text::default()
        };
        html! {
            (field.show())
            p { button type="submit" name="show" value="1" formnovalidate { "Show its example" } }
        }
    }

    /// Another type's example comes by the script, or by the button.
    fn chooser(&self) -> Markup {
        html! {
            div.field {
                label for="type" { "Event type" }
                @for fault in self.faults.at("/type") { div.fault { p { (fault) } } }
                div.beside {
                    select #type name="type" data-example="data" {
                        @for kind in &self.types { option value=(kind) selected[*kind == self.kind] { (kind) } }
                    }
                    button type="submit" name="show" value="1" formnovalidate data-unneeded { "Show its example" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use postrider_service::Fault;

    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for TestForm {
        fn sample(kind: Kind) -> Self {
            let base = Self {
                action: "/portal/webhooks/ep_1/test".into(),
                back: "/portal/webhooks/ep_1".into(),
                ..Self::default()
            };
            match kind {
                Kind::Empty => base,
                Kind::Sample => Self {
                    url: "https://your-app.com/webhooks".into(),
                    enabled: true,
                    types: vec!["lead.created".into(), "lead.updated".into()],
                    kind: "lead.updated".into(),
                    data: NO_EXAMPLE.into(),
                    ..base
                },
                Kind::Hostile => Self {
                    url: hostile(),
                    types: vec![hostile()],
                    open: true,
                    kind: hostile(),
                    data: hostile(),
                    faults: Faults::new(vec![Fault::at("/data", hostile()), Fault::at("/type", hostile())]),
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
        check::<TestForm>();
    }
}
