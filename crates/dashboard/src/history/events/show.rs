//! `GET /events/{event}`: one event with its deliveries, kept up to date while something of it is pending.

use axum::extract::{Query, State};
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::event::{FindEvent, FoundEvent};

use super::EventPath;
use super::page::EventPage;
use crate::form::Forms;
use crate::live::{self, Part};
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::shortened_text;
use crate::visit::{At, Face, Visit};

/// `GET /events/{event}`
///
/// # Errors
/// 404 for an event that is not there, another tenant's or of the other mode.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<EventPath>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    let found = find(&app, &visit, &path).await?;
    let event = EventPage::of(&app, &visit, found).await?;
    let page = Page::new(
        shortened_text(&event.kind, 120),
        Here::Events,
        event.markup(&visit, &Forms::new(&app, &visit.token)),
    );
    let page = match visit.face {
        Face::Operator => page.below("Events", visit.links.at("/events")),
        Face::Customer => page.below("Recent deliveries", visit.links.at("/deliveries")),
    };
    Ok(Page { here: here(visit.face), ..page }.after(done.notice()).show(&app, &visit))
}

/// `GET /events/{event}/live`
///
/// # Errors
/// As the page.
pub(super) async fn follow(
    State(app): State<App>,
    visit: Visit,
    At(path): At<EventPath>,
) -> Result<Response, Refusal> {
    find(&app, &visit, &path).await?;
    let (state, whose, path) = (app.clone(), visit.clone(), std::sync::Arc::new(path));
    Ok(live::follow(app, &visit, move || {
        let (app, visit, path) = (state.clone(), whose.clone(), path.clone());
        async move {
            let event = EventPage::of(&app, &visit, find(&app, &visit, &path).await?).await?;
            Ok(Part { markup: event.deliveries(), last: event.is_settled() })
        }
    }))
}

async fn find(app: &App, visit: &Visit, path: &EventPath) -> Result<FoundEvent, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    Ok(FindEvent { caller: &visit.caller, id: &path.event }.run(&app.engine).await?)
}

/// A customer has no list of events: its deliveries lead here.
fn here(face: Face) -> Here {
    match face {
        Face::Operator => Here::Events,
        Face::Customer => Here::Deliveries,
    }
}
