//! `GET …/tenants`, and `GET …/tenants?id=…` to open one.

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::{App, Problem};
use postrider_model::name;
use postrider_model::time::Millis;
use postrider_service::Right;

use crate::form::Forms;
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal, see};
use crate::view::field::Text;
use crate::view::pager::pager;
use crate::view::table::Table;
use crate::view::{empty, shortened, time};
use crate::visit::Visit;
use crate::visit::links::{segment, with_query};

/// What is asked for.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Asked {
    /// Where the page before ended.
    cursor: Option<String>,
    /// The tenant to open.
    id: Option<String>,
}

/// `GET …/tenants`
///
/// # Errors
/// 403 without `webhooks:read`.
pub(super) async fn handler(
    visit: Visit,
    State(app): State<App>,
    Query(asked): Query<Asked>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let missing = match asked.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => match name::tenant_id(id) {
            Err(error) => Some(Missing::NoId { id: id.to_owned(), why: error.to_string() }),
            Ok(_) if visit.caller.tenant(&app.engine, id).await?.is_some() => {
                return Ok(see(&visit.links.tenant(id)));
            }
            Ok(_) => Some(Missing::NotYet(id.to_owned())),
        },
    };
    let limit = app.engine.limits().default_list_limit;
    let page = app.engine.store().tenants(visit.project.key, asked.cursor.clone(), limit).await;
    let page = page.map_err(Problem::from)?;
    let list = Tenants {
        rows: page.rows.into_iter().map(|tenant| (tenant.id, tenant.created_at)).collect(),
        missing,
        cursor: asked.cursor,
        next: page.next,
    };
    let forms = Forms::new(&app, &visit.token);
    Ok(Page::new("Tenants", Here::Tenants, list.markup(&visit, &forms))
        .after(done.notice())
        .show(&app, &visit))
}

/// A tenant that was to be opened.
#[derive(Debug)]
enum Missing {
    /// It can be none.
    NoId { id: String, why: String },
    /// It has done nothing yet.
    NotYet(String),
}

/// The list: ids, and since when.
#[derive(Debug)]
struct Tenants {
    rows: Vec<(String, Millis)>,
    missing: Option<Missing>,
    cursor: Option<String>,
    next: Option<String>,
}

impl Tenants {
    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let links = &visit.links;
        let rows = self.rows.iter().map(|(id, created_at)| row(visit, id, *created_at)).collect();
        html! {
            (self.opener(visit))
            @if let Some(missing) = &self.missing { (missing.markup(visit, forms)) }
            @if self.rows.is_empty() && self.cursor.is_none() {
                (empty("No tenants yet", &html! {
                    p { "A tenant is one of your product's customers. It is made with its first event, webhook, key or portal link; you choose its id." }
                }))
            } @else {
                (Table { caption: "Tenants, newest first", columns: &["Tenant", "Since", "Open"], rows }.show())
                (pager(&links.at("/tenants"), &[], self.cursor.as_deref(), self.next.as_deref()))
            }
        }
    }

    fn opener(&self, visit: &Visit) -> Markup {
        let entered = match &self.missing {
            Some(Missing::NoId { id, .. } | Missing::NotYet(id)) => id,
            None => "",
        };
        let field = Text { name: "id", label: "Tenant", value: entered, required: true, ..Text::default() };
        html! {
            form.filters method="get" action=(visit.links.at("/tenants")) role="search" aria-label="Open a tenant" {
                (field.show())
                button type="submit" { "Open" }
            }
        }
    }
}

fn row(visit: &Visit, id: &str, created_at: Millis) -> Vec<Markup> {
    let links = &visit.links;
    let deliveries = with_query(&links.at("/deliveries"), &[("tenant", id)]);
    vec![
        html! { a href=(links.tenant(id)) { (shortened(id, 80)) } },
        time::at(created_at),
        html! { span.links { a href=(links.webhooks(id)) { "Webhooks" } a href=(deliveries) { "Deliveries" } } },
    ]
}

impl Missing {
    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        match self {
            Self::NoId { id, why } => html! {
                p.danger-note role="alert" { (shortened(id, 60)) " cannot be a tenant's id: " (why) }
            },
            Self::NotYet(id) => html! {
                div.warning role="status" {
                    p { "There is no tenant " strong { (shortened(id, 128)) } " yet. It is made with its first event, webhook, key or portal link." }
                    div.buttons {
                        @if visit.may(Right::WebhooksWrite) { a.button href={ (visit.links.webhooks(id)) "/new" } { "Create a webhook for it" } }
                        @if visit.may(Right::WebhooksAdmin) { (super::portal_link::button(visit, forms, &segment(id))) }
                    }
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check, hostile};

    impl View for Tenants {
        fn sample(kind: Kind) -> Self {
            let at = Millis(1_769_077_800_000);
            match kind {
                Kind::Sample => Self {
                    rows: vec![("t1".into(), at), ("acme@corp".into(), at)],
                    missing: Some(Missing::NotYet("t3".into())),
                    cursor: Some("9".into()),
                    next: Some("7".into()),
                },
                Kind::Empty => Self { rows: Vec::new(), missing: None, cursor: None, next: None },
                Kind::Hostile => Self {
                    rows: vec![(hostile(), at)],
                    missing: Some(Missing::NoId { id: hostile(), why: hostile() }),
                    cursor: Some(hostile()),
                    next: Some(hostile()),
                },
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_list_of_tenants_is_sound_with_any_data() {
        check::<Tenants>();
    }
}
