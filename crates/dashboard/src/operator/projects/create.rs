//! `GET` and `POST /dashboard/projects/new`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_model::id::Mode;
use postrider_service::project::CreateProject;
use postrider_service::{Fault, ServiceError};
use serde_json::Map;

use crate::form::{Done, Fields, Forms, Once, Posted};
use crate::operator::terms::Terms;
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::field::{Faults, Text};
use crate::visit::{Links, Signed};

/// `GET /dashboard/projects/new`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn show(State(app): State<App>, session: Signed) -> Result<Response, Refusal> {
    session.root_only()?;
    let fields = Fields::from([("contract", "standard")]);
    Ok(respond(&app, &session, StatusCode::OK, &fields, Faults::default()))
}

/// `POST /dashboard/projects/new`
///
/// # Errors
/// 403 without the root key.
pub(super) async fn submit(
    State(app): State<App>,
    session: Signed,
    posted: Posted,
) -> Result<Response, Refusal> {
    session.root_only()?;
    let fields = &posted.fields;
    let new = CreateProject {
        id: fields.text("id").to_owned(),
        name: fields.given("name").map(str::to_owned),
        contract: fields.text("contract").to_owned(),
        settings: Map::new(),
    };
    let created = posted.once(&session.visitor, async {
        let project = new.run(&app.engine).await?;
        let seen_at = Links::operator(&project.id, Mode::Live).at("/keys");
        Ok(Done { value: seen_at.clone(), seen_at })
    });
    let faults = match created.await {
        Ok(keys) => return Ok(see(&Notice::PROJECT_CREATED.on(&keys))),
        Err(Once::Failed(ServiceError::Invalid(faults))) => faults,
        Err(Once::Failed(ServiceError::Conflict { detail, .. })) => vec![Fault::at("/id", detail)],
        Err(other) => return Err(other.into()),
    };
    Ok(respond(&app, &session, StatusCode::UNPROCESSABLE_ENTITY, fields, Faults::new(faults)))
}

fn respond(app: &App, session: &Signed, status: StatusCode, fields: &Fields, faults: Faults) -> Response {
    let contracts = app.engine.contracts();
    let known = contracts.names().into_iter().filter_map(|name| contracts.get(&name));
    let page = NewProject {
        id: fields.text("id").to_owned(),
        name: fields.text("name").to_owned(),
        contract: fields.text("contract").to_owned(),
        contracts: known.map(|contract| Terms::of(&contract)).collect(),
        faults,
    };
    let forms = Forms::new(app, &session.token);
    Page::new("Create project", Here::Projects, page.markup(&forms))
        .below("Projects", Links::above().at("/projects"))
        .show_above_as(status, app, session)
}

/// The form.
#[derive(Debug)]
struct NewProject {
    id: String,
    name: String,
    contract: String,
    contracts: Vec<Terms>,
    faults: Faults,
}

impl NewProject {
    fn markup(&self, forms: &Forms) -> Markup {
        let id = Text {
            name: "id",
            label: "Id",
            hint: "Small letters, digits and hyphens. It is part of addresses and cannot be changed.",
            value: &self.id,
            required: true,
            example: "acme",
            faults: self.faults.at("/id").collect(),
            ..Text::default()
        };
        let name = Text {
            name: "name",
            label: "Name",
            hint: "What people call the product.",
            value: &self.name,
            example: "Acme",
            faults: self.faults.at("/name").collect(),
            ..Text::default()
        };
        let body = html! {
            (self.faults.summary(&[("/id", "Id", "id"), ("/name", "Name", "name"), ("/contract", "Contract", "contract")]))
            (id.show())
            (name.show())
            fieldset #contract .wide {
                legend { "Contract" }
                p.hint { "What your customers see of your webhooks: the envelope, the signature, the retry timetable, the documented routes. It can be changed later." }
                @for fault in self.faults.at("/contract") { div.fault { p { (fault) } } }
                div.choices { @for terms in &self.contracts { (terms.choice(terms.name == self.contract)) } }
            }
            div.buttons {
                button.primary type="submit" { "Create project" }
                a.button href=(Links::above().at("/projects")) { "Cancel" }
            }
        };
        forms.form(&Links::above().at("/projects/new"), body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile};
    use crate::visit::Visit;

    impl View for NewProject {
        fn sample(kind: Kind) -> Self {
            let standard = postrider_contract::Contract::builtin("standard").unwrap();
            let text = |text: &str| if kind == Kind::Hostile { hostile() } else { text.to_owned() };
            let faults = ["/id", "/name", "/contract"].map(|at| Fault::at(at, text("wrong")));
            Self {
                id: text(if kind == Kind::Empty { "" } else { "acme" }),
                name: text(""),
                contract: text("standard"),
                contracts: if kind == Kind::Empty { Vec::new() } else { vec![Terms::of(&standard)] },
                faults: Faults::new(if kind == Kind::Empty { Vec::new() } else { faults.into() }),
            }
        }

        fn markup(&self, _: &Visit, forms: &Forms) -> Markup {
            self.markup(forms)
        }
    }

    #[test]
    fn the_form_for_a_project_is_sound_with_any_data() {
        check::<NewProject>();
    }
}
