//! `GET` and `POST …/keys/new`

use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::id::Mode;
use postrider_service::ServiceError;
use postrider_service::key::{CreateKey, CreatedKey};

use super::mode;
use crate::form::{Done, Fields, Forms, Once, Posted};
use crate::operator::root_only;
use crate::page::{Here, Page, Refusal};
use crate::view::field::{Faults, Select, Text, checkbox};
use crate::view::{code, facts, shortened};
use crate::visit::Visit;
use crate::visit::links::mode_word;

/// What each scope allows (DESIGN 4.2).
const SCOPES: [(&str, &str); 6] = [
    ("*", "Everything below."),
    ("events:write", "Send events."),
    ("webhooks:read", "See webhooks, events, deliveries, statistics, the audit log."),
    ("webhooks:write", "Create, change and delete webhooks; test, resend, replay, cancel. Includes reading."),
    ("webhooks:admin", "Secrets, and links to the customers' portal. Includes writing."),
    ("project:admin", "Change the event catalogue."),
];

/// What the form is opened with.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Asked {
    /// Whose key it is to be.
    tenant: Option<String>,
}

/// `GET …/keys/new`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let tenant = asked.tenant.unwrap_or_default();
    let fields = Fields::from([("mode", mode_word(visit.mode())), ("tenant", &tenant)]);
    Ok(respond(&app, &visit, StatusCode::OK, &fields, Faults::default()))
}

/// `POST …/keys/new`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    posted: Posted,
) -> Result<Response, Refusal> {
    root_only(&visit)?;
    let fields = &posted.fields;
    let made = posted.once(&visit.visitor, async {
        let created = wanted(&visit, fields)?.run(&app.engine).await?;
        Ok(Done { value: created, seen_at: visit.links.at("/keys") })
    });
    match made.await {
        Ok(created) => Ok(Page::new("Key created", Here::Keys, Made::of(created).markup(&visit))
            .below("API keys", visit.links.at("/keys"))
            .show(&app, &visit)),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            Ok(respond(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, fields, Faults::new(faults)))
        }
        Err(other) => Err(other.into()),
    }
}

fn wanted<'a>(visit: &'a Visit, fields: &Fields) -> Result<CreateKey<'a>, ServiceError> {
    let mode = match fields.text("mode") {
        "live" => Mode::Live,
        "test" => Mode::Test,
        _ => return Err(ServiceError::invalid("/mode", "This is live or test.")),
    };
    Ok(CreateKey {
        project: &visit.project.id,
        name: fields.text("name").to_owned(),
        mode,
        tenant: fields.given("tenant").map(str::to_owned),
        scopes: fields.all("scopes").map(str::to_owned).collect(),
    })
}

fn respond(app: &App, visit: &Visit, status: StatusCode, fields: &Fields, faults: Faults) -> Response {
    let form = NewKey {
        name: fields.text("name").to_owned(),
        mode: fields.text("mode").to_owned(),
        tenant: fields.text("tenant").to_owned(),
        scopes: fields.all("scopes").map(str::to_owned).collect(),
        faults,
    };
    Page::new("Create key", Here::Keys, form.markup(visit, &Forms::new(app, &visit.token)))
        .below("API keys", visit.links.at("/keys"))
        .show_as(status, app, visit)
}

/// The form.
#[derive(Debug)]
struct NewKey {
    name: String,
    mode: String,
    tenant: String,
    scopes: Vec<String>,
    faults: Faults,
}

impl NewKey {
    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let name = Text {
            name: "name",
            label: "Name",
            hint: "For people: who uses it.",
            value: &self.name,
            example: "backend",
            faults: self.faults.at("/name").collect(),
            ..Text::default()
        };
        let mode = Select {
            name: "mode",
            label: "Mode",
            hint: "Live and test are two worlds: a key opens one of them.",
            value: &self.mode,
            options: vec![("live", "Live"), ("test", "Test")],
            faults: self.faults.at("/mode").collect(),
        };
        let tenant = Text {
            name: "tenant",
            label: "Tenant",
            hint: "Leave it empty for a key of your product. A tenant's key is that customer's: it reaches only its webhooks and deliveries.",
            value: &self.tenant,
            faults: self.faults.at("/tenant").collect(),
            ..Text::default()
        };
        let body = html! {
            (self.faults.summary(&[
                ("/name", "Name", "name"), ("/mode", "Mode", "mode"), ("/tenant", "Tenant", "tenant"), ("/scopes", "What it may do", "scopes"),
            ]))
            (name.show())
            (mode.show())
            (tenant.show())
            fieldset #scopes {
                legend { "What it may do" }
                @for fault in self.faults.at("/scopes") { div.fault { p { (fault) } } }
                @for (scope, allows) in SCOPES {
                    (checkbox("scopes", scope, &html! { code { (scope) } span.soft { (allows) } }, self.scopes.iter().any(|chosen| chosen == scope)))
                }
            }
            div.buttons {
                button.primary type="submit" { "Create key" }
                a.button href=(visit.links.at("/keys")) { "Cancel" }
            }
        };
        forms.form(&visit.links.at("/keys/new"), body)
    }
}

/// A key that was just made, shown this once.
#[derive(Debug)]
struct Made {
    key: String,
    name: String,
    mode: Mode,
    tenant: Option<String>,
    scopes: Vec<String>,
}

impl Made {
    fn of(created: CreatedKey) -> Self {
        Self {
            key: created.key,
            name: created.row.name,
            mode: created.row.mode,
            tenant: created.row.tenant.map(|(_, id)| id),
            scopes: created.row.scopes,
        }
    }

    fn markup(&self, visit: &Visit) -> Markup {
        html! {
            section.panel {
                p.warning role="status" { "Copy the key now: it is shown this once. Only its hash is kept." }
                p { (code::line("the key", &self.key)) }
                (facts::facts(&[
                    ("Name", html! { @if self.name.is_empty() { span.none { "–" } } @else { (shortened(&self.name, 80)) } }),
                    ("Mode", mode(self.mode)),
                    ("Tenant", html! { @match &self.tenant { Some(tenant) => (shortened(tenant, 128)), None => "none: it is the project's" } }),
                    ("Scopes", html! { span.links { @for scope in &self.scopes { code { bdi { (scope) } } } } }),
                ]))
            }
            a.button href=(visit.links.at("/keys")) { "All keys" }
        }
    }
}

#[cfg(test)]
mod tests {
    use postrider_service::{Fault, SCOPE_NAMES};

    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for NewKey {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "ci".to_owned() };
            match kind {
                Kind::Empty => Self {
                    name: String::new(),
                    mode: String::new(),
                    tenant: String::new(),
                    scopes: Vec::new(),
                    faults: Faults::default(),
                },
                _ => Self {
                    name: text.clone(),
                    mode: "test".into(),
                    tenant: text.clone(),
                    scopes: vec!["*".into(), text.clone()],
                    faults: Faults::new(vec![Fault::at("/name", &*text), Fault::at("/scopes/1", text)]),
                },
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    impl View for Made {
        fn sample(kind: Kind) -> Self {
            let text = if kind == Kind::Hostile { hostile() } else { "ci".to_owned() };
            Self {
                key: "sk_live_0123456789".into(),
                name: if kind == Kind::Empty { String::new() } else { text.clone() },
                mode: Mode::Live,
                tenant: (kind == Kind::Hostile).then(|| text.clone()),
                scopes: vec![text],
            }
        }

        fn markup(&self, visit: &Visit, _: &Forms) -> Markup {
            self.markup(visit)
        }
    }

    #[test]
    fn the_form_for_a_key_and_what_it_makes_are_sound_with_any_data() {
        check::<NewKey>();
        check::<Made>();
    }

    #[test]
    fn every_scope_is_offered_and_explained() {
        let mut offered: Vec<_> = SCOPES.iter().map(|(scope, _)| *scope).collect();
        offered.rotate_left(1);
        assert_eq!(offered, SCOPE_NAMES);
    }
}
