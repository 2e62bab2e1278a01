//! `GET` and `POST /webhooks/{id}/rotate`: another secret.

use std::num::ParseIntError;

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::endpoint::{RotateSecret, find};
use postrider_service::{Fault, Right, ServiceError};

use super::brief::Brief;
use super::entry::secret_may_be_given;
use super::secret::{Occasion, SecretShown};
use super::{OfWebhook, Place};
use crate::form::{Done, Fields, Forms, Once, Posted};
use crate::page::{Here, Page, Refusal};
use crate::view::field::{Faults, Select, Text};
use crate::visit::Visit;

/// How long the secret before signs on: (seconds, in words).
const OVERLAPS: [(&str, &str); 5] = [
    ("0", "not at all: only the new one from now on"),
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("259200", "3 days"),
    ("604800", "7 days"),
];

pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
) -> Result<Response, Refusal> {
    let place = allowed(&visit, path)?;
    form(&app, &visit, &place, Rotation::default()).await
}

pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let place = allowed(&visit, path)?;
    let mut entered = Rotation::read(&posted.fields);
    let Ok(overlap_seconds) = entered.overlap_seconds() else {
        entered.faults =
            Faults::new(vec![Fault::at("/overlap_seconds", "This must be whole seconds, 0 or more.")]);
        return form(&app, &visit, &place, entered).await;
    };
    let rotate = RotateSecret {
        caller: &visit.caller,
        tenant: &place.tenant,
        id: &place.id,
        overlap_seconds,
        secret: Some(entered.secret.clone()).filter(|secret| !secret.is_empty()),
    };
    let seen_at = place.address(&visit);
    let done =
        posted.once(&visit.visitor, async { Ok(Done { value: rotate.run(&app.engine).await?, seen_at }) });
    match done.await {
        Ok(rotated) => {
            let ends = rotated.previous_expires_at;
            let shown = SecretShown::new(Occasion::Rotated, rotated.secret, &rotated.found, ends);
            Ok(shown.page(&app, &visit, &place, &Brief::of(&rotated.found)))
        }
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            entered.faults = Faults::new(faults);
            form(&app, &visit, &place, entered).await
        }
        Err(other) => Err(other.into()),
    }
}

fn allowed(visit: &Visit, path: OfWebhook) -> Result<Place, Refusal> {
    visit.needs(Right::WebhooksAdmin)?;
    if !visit.contract.is_signed() {
        return Err(Refusal::not_found("secret: requests are not signed"));
    }
    path.place(visit)
}

async fn form(app: &App, visit: &Visit, place: &Place, mut entered: Rotation) -> Result<Response, Refusal> {
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    entered.address = place.address(visit);
    entered.has_secret = !found.secrets.secrets.is_empty();
    let status = if entered.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let forms = Forms::new(app, &visit.token);
    let title = if entered.has_secret { "Rotate secret" } else { "Set secret" };
    let page = Page::new(title, Here::Webhooks, entered.markup(visit, &forms));
    Ok(place.page(page, visit, &Brief::of(&found).title()).show_as(status, app, visit))
}

/// The form.
#[derive(Debug, Default)]
struct Rotation {
    /// The webhook's page.
    address: String,
    has_secret: bool,
    overlap: String,
    secret: String,
    faults: Faults,
}

impl Rotation {
    fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self { overlap: text("overlap"), secret: text("secret"), ..Self::default() }
    }

    /// `None` where nothing is chosen.
    fn overlap_seconds(&self) -> Result<Option<u32>, ParseIntError> {
        if self.overlap.is_empty() { Ok(None) } else { self.overlap.parse().map(Some) }
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let overlaps = visit.contract.secrets_overlap() && self.has_secret;
        let overlap = Select {
            name: "overlap",
            label: "How long the old secret signs beside the new one",
            hint: "Time to change it in your server: either of them verifies a request meanwhile.",
            value: if self.overlap.is_empty() { "86400" } else { &self.overlap },
            options: OVERLAPS.to_vec(),
            faults: self.faults.at("/overlap_seconds").collect(),
        };
        let secret = Text {
            name: "secret",
            label: "Secret of your own",
            hint: "Left empty, one is generated.",
            value: &self.secret,
            faults: self.faults.at("/secret").collect(),
            ..Text::default()
        };
        let body = html! {
            (self.faults.summary(&[("/overlap_seconds", "Old secret", "overlap"), ("/secret", "Secret", "secret")]))
            @if self.has_secret { p { "A new secret signs all requests from now on, those that are tried again too. It is shown to you next." } }
            @else { p { "With a secret requests are signed from now on. It is shown to you next." } }
            @if overlaps { (overlap.show()) }
            @else if self.has_secret { p.warning { "Requests carry one signature: from the moment you rotate, they verify with the new secret only." } }
            @if secret_may_be_given(&visit.contract) { (secret.show()) }
            div.buttons {
                button.primary type="submit" { @if self.has_secret { "Rotate" } @else { "Set" } }
                a.button href=(self.address) { "Cancel" }
            }
        };
        html! { div.panel { (forms.form(&format!("{}/rotate", self.address), body)) } }
    }
}

#[cfg(test)]
mod tests {
    use postrider_service::Fault;

    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Rotation {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { String::new() };
            let faults = if text.is_empty() { Vec::new() } else { vec![Fault::at("/secret", text.clone())] };
            Self {
                address: "/portal/webhooks/ep_1".into(),
                has_secret: kind != Kind::Empty,
                overlap: text.clone(),
                secret: text,
                faults: Faults::new(faults),
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_form_bears_any_data() {
        check::<Rotation>();
    }
}
