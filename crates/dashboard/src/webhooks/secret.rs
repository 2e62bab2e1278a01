//! A secret, shown: after it was made, or because its owner asked (`POST /webhooks/{id}/reveal`). The page is the
//! answer to the form itself, so that no address leads to a secret.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::endpoint::SignatureKind;
use postrider_model::time::Millis;
use postrider_service::Right;
use postrider_service::endpoint::{FoundEndpoint, ReadSecret, find};

use super::brief::Brief;
use super::{OfWebhook, Place};
use crate::form::Posted;
use crate::page::{Here, Page, Refusal};
use crate::view::{code, time};
use crate::visit::Visit;

/// Why it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The webhook is new.
    Created,
    /// It signs in another way now.
    Changed,
    /// The secret is new.
    Rotated,
    /// Its owner asked.
    Revealed,
}

/// The page.
#[derive(Debug)]
pub(super) struct SecretShown {
    occasion: Occasion,
    /// What requests are verified with, and from when on it is to be used no more; newest first.
    secrets: Vec<(String, Option<Millis>)>,
    /// Whether it is the public half of a key pair.
    public_key: bool,
    /// Whether it can be looked at again.
    retrievable: bool,
    /// Until when the one before signs beside it.
    previous_expires_at: Option<Millis>,
}

impl SecretShown {
    /// A new secret.
    pub(super) fn new(
        occasion: Occasion,
        secret: String,
        found: &FoundEndpoint,
        previous_expires_at: Option<Millis>,
    ) -> Self {
        Self::of(occasion, vec![(secret, None)], found, previous_expires_at)
    }

    fn of(
        occasion: Occasion,
        secrets: Vec<(String, Option<Millis>)>,
        found: &FoundEndpoint,
        previous_expires_at: Option<Millis>,
    ) -> Self {
        let terms = found.context.contract.endpoint.secret.as_ref();
        Self {
            occasion,
            secrets,
            public_key: found.endpoint.config.signature == SignatureKind::Ed25519,
            retrievable: terms.is_some_and(|terms| terms.retrievable),
            previous_expires_at,
        }
    }

    /// The response.
    pub(super) fn page(&self, app: &App, visit: &Visit, place: &Place, brief: &Brief) -> Response {
        let page = Page::new(self.title(), Here::Webhooks, self.markup(visit, &place.address(visit)));
        place.page(page, visit, &brief.title()).show(app, visit)
    }

    fn title(&self) -> &'static str {
        match self.occasion {
            Occasion::Created => "Webhook created",
            Occasion::Changed | Occasion::Rotated => "New secret",
            Occasion::Revealed => "Secret",
        }
    }

    fn markup(&self, visit: &Visit, back: &str) -> Markup {
        let name = if self.public_key { "Public key" } else { "Secret" };
        html! {
            div.panel {
                @if self.occasion != Occasion::Revealed { p.notice role="status" { (self.said()) } }
                @for (index, (secret, expires_at)) in self.secrets.iter().enumerate() {
                    h2 { @if index == 0 { (name) } @else { "The one before" } }
                    (code::block(&if index == 0 { name.to_owned() } else { format!("{name} {}", index + 1) }, secret))
                    @if let Some(end) = expires_at { p.soft { "Signs until " (time::at(*end)) "." } }
                }
                (self.warning())
                p { "Your server verifies with it that a request came from here. "
                    a href=(visit.links.at("/code")) { "Code that does it" } ", for several languages, is ready." }
                @if let Some(end) = self.previous_expires_at {
                    p { "Until " (time::at(end)) " requests are signed with the secret before as well: change it in your server until then." }
                }
                div.buttons { a.button.primary href=(back) { "Continue" } }
            }
        }
    }

    fn said(&self) -> &'static str {
        match self.occasion {
            Occasion::Created => "The webhook is ready.",
            Occasion::Changed => "Saved. Requests are signed in another way from now on.",
            Occasion::Rotated | Occasion::Revealed => "Requests are signed with a new secret from now on.",
        }
    }

    fn warning(&self) -> Markup {
        html! {
            @if self.public_key {
                p { "It need not be kept secret: it verifies requests, and cannot sign them." }
            } @else if self.retrievable {
                p.warning { "Keep it to yourself: whoever has it can send requests that seem to come from here." }
            } @else {
                p.warning { strong { "Save it now: it is not shown again." } " Whoever has it can send requests that seem to come from here." }
            }
        }
    }
}

/// `POST /webhooks/{id}/reveal`. Looking again is no harm: the form need not be taken once.
pub(super) async fn reveal(
    visit: Visit,
    State(app): State<App>,
    Path(path): Path<OfWebhook>,
    _: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksAdmin)?;
    let place = path.place(&visit)?;
    let read = ReadSecret { caller: &visit.caller, tenant: &place.tenant, id: &place.id };
    let secrets = read.run(&app.engine).await?;
    let found = find(&app.engine, &visit.caller, &place.tenant, &place.id).await?;
    let secrets = secrets.into_iter().map(|secret| (secret.value, secret.expires_at)).collect();
    let shown = SecretShown::of(Occasion::Revealed, secrets, &found, None);
    Ok(shown.page(&app, &visit, &place, &Brief::of(&found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;
    use crate::samples::{Kind, View, check, hostile};

    impl View for SecretShown {
        fn sample(kind: Kind) -> Self {
            let at = Some(Millis(1_769_077_800_000));
            let secrets = match kind {
                Kind::Sample => {
                    vec![("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(), None), ("whsec_old".into(), at)]
                }
                Kind::Empty => Vec::new(),
                Kind::Hostile => vec![(hostile(), at)],
            };
            let occasion = if kind == Kind::Sample { Occasion::Rotated } else { Occasion::Created };
            Self {
                occasion,
                secrets,
                public_key: false,
                retrievable: kind == Kind::Empty,
                previous_expires_at: at,
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit, "/portal/webhooks/ep_1")
        }
    }

    #[test]
    fn the_page_of_a_secret_bears_any_data() {
        check::<SecretShown>();
    }
}
