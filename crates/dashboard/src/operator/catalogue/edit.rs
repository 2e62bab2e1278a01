//! `GET` and `POST …/catalogue/{type}/edit`

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::event_type::{CatalogueType, FindEventType};
use postrider_service::{Right, ServiceError};

use super::Named;
use super::declaration::{Declaration, pretty};
use crate::form::{Done, Forms, Once, Posted};
use crate::page::{Here, Notice, Page, Refusal, see};
use crate::view::confirmed;
use crate::visit::Visit;

/// What the form was made from where the type is the contract's.
const OF_CONTRACT: &str = "contract";

/// `GET …/catalogue/{type}/edit`
///
/// # Errors
/// 403 without `project:admin`; 404 for a type that is not there.
pub(super) async fn show(
    visit: Visit,
    State(app): State<App>,
    Path(Named { r#type: name }): Path<Named>,
) -> Result<Response, Refusal> {
    visit.needs(Right::ProjectAdmin)?;
    let kind = FindEventType { caller: &visit.caller, name: &name }.run(&app.engine).await?;
    Ok(respond(&app, &visit, StatusCode::OK, &Edited::of(&kind)))
}

/// `POST …/catalogue/{type}/edit`
///
/// # Errors
/// 403 without `project:admin`; 404 for a type that is not there; 409 if somebody changed it meanwhile.
pub(super) async fn submit(
    visit: Visit,
    State(app): State<App>,
    Path(Named { r#type: name }): Path<Named>,
    posted: Posted,
) -> Result<Response, Refusal> {
    visit.needs(Right::ProjectAdmin)?;
    let kind = FindEventType { caller: &visit.caller, name: &name }.run(&app.engine).await?;
    let form = Declaration::entered(&posted.fields, &name, false);
    let address = visit.links.event_type(&name);
    let saved = posted.once(&visit.visitor, async {
        if form.revision != revision(&kind) {
            return Err(ServiceError::conflict("changed", "The type was changed meanwhile."));
        }
        form.wanted(&visit)?.run(&app.engine).await?;
        Ok(Done { value: (), seen_at: address.clone() })
    });
    match saved.await {
        Ok(()) => Ok(see(&Notice::SAVED.on(&address))),
        Err(Once::Failed(ServiceError::Conflict { .. })) => Err(Refusal::changed_meanwhile(address)),
        Err(Once::Failed(ServiceError::Invalid(faults))) => {
            let edited = Edited { form: form.with(faults), ..Edited::of(&kind) };
            Ok(respond(&app, &visit, StatusCode::UNPROCESSABLE_ENTITY, &edited))
        }
        Err(other) => Err(other.into()),
    }
}

fn revision(kind: &CatalogueType) -> String {
    match kind {
        CatalogueType::Own(own) => own.updated_at.0.to_string(),
        CatalogueType::Contract { .. } => OF_CONTRACT.to_owned(),
    }
}

fn respond(app: &App, visit: &Visit, status: StatusCode, edited: &Edited) -> Response {
    let name = &edited.form.name;
    Page::new(format!("Edit {name}"), Here::Catalogue, edited.markup(visit, &Forms::new(app, &visit.token)))
        .below("Event catalogue", visit.links.at("/catalogue"))
        .below(name.clone(), visit.links.event_type(name))
        .show_as(status, app, visit)
}

/// A type that is edited.
#[derive(Debug)]
struct Edited {
    form: Declaration,
    is_of_contract: bool,
    is_archived: bool,
}

impl Edited {
    fn of(kind: &CatalogueType) -> Self {
        let revision = revision(kind);
        match kind {
            CatalogueType::Own(own) => Self {
                form: Declaration {
                    name: own.name.clone(),
                    description: own.description.clone(),
                    schema: pretty(own.schema.as_ref()),
                    example: pretty(own.example.as_ref()),
                    revision,
                    ..Declaration::default()
                },
                is_of_contract: false,
                is_archived: own.archived_at.is_some(),
            },
            CatalogueType::Contract { name, description, example } => Self {
                form: Declaration {
                    name: name.clone(),
                    description: description.clone(),
                    example: pretty(example.as_ref()),
                    revision,
                    ..Declaration::default()
                },
                is_of_contract: true,
                is_archived: false,
            },
        }
    }

    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let address = visit.links.event_type(&self.form.name);
        let button = html! { button.danger type="submit" { "Archive" } };
        html! {
            @if self.is_of_contract {
                p.warning { "This type is the contract's. What you save here is used in its place, in this project." }
            }
            @if self.is_archived { p.warning { "This type is archived. Saving it takes it back into the catalogue." } }
            (self.form.markup(&format!("{address}/edit"), &address, "Save", forms))
            @if !self.is_of_contract && !self.is_archived {
                (confirmed(
                    "Archive",
                    "It leaves the catalogue: nobody can subscribe to it any more, and where the catalogue is closed its events are refused. What was sent stays.",
                    &forms.form(&format!("{address}/archive"), button),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check};

    impl View for Edited {
        fn sample(kind: Kind) -> Self {
            Self {
                form: View::sample(kind),
                is_of_contract: kind == Kind::Empty,
                is_archived: kind == Kind::Hostile,
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_page_that_edits_a_type_is_sound_with_any_data() {
        check::<Edited>();
    }
}
