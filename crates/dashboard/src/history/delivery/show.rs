//! `GET /events/{event}/deliveries/{endpoint}`: one delivery, kept up to date until it has ended.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use postrider_http::App;
use postrider_service::Right;
use postrider_service::delivery::{FoundDelivery, ShowRequest};
use postrider_service::event::FindEvent;
use postrider_store::EventDetail;

use super::DeliveryPath;
use super::page::DeliveryPage;
use crate::form::Forms;
use crate::live::{self, Part};
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::shortened_text;
use crate::visit::{At, Face, Visit};

/// `GET /events/{event}/deliveries/{endpoint}`
///
/// # Errors
/// 404 for a delivery that is not there, another tenant's or of the other mode.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<DeliveryPath>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    let (found, event) = find(&app, &visit, &path).await?;
    let request = ShowRequest::of(&app.engine, &found, &event)?;
    let delivery = DeliveryPage::of(&app, &visit, &found, &event, Some(request));
    let forms = Forms::new(&app, &visit.token);
    let title = shortened_text(&delivery.kind, 120);
    let page = Page::new(title, Here::Deliveries, delivery.markup(&visit, &forms));
    let list = match visit.face {
        Face::Operator => "Deliveries",
        Face::Customer => "Recent deliveries",
    };
    let page = page.below(list, visit.links.at("/deliveries")).below("Delivery", "");
    Ok(page.after(done.notice()).show(&app, &visit))
}

/// `GET /events/{event}/deliveries/{endpoint}/live`
///
/// # Errors
/// As the page.
pub(super) async fn follow(
    State(app): State<App>,
    visit: Visit,
    At(path): At<DeliveryPath>,
) -> Result<Response, Refusal> {
    find(&app, &visit, &path).await?;
    let forms = Arc::new(Forms::new(&app, &visit.token));
    let (state, whose, path) = (app.clone(), visit.clone(), Arc::new(path));
    Ok(live::follow(app, &visit, move || {
        let (app, visit, path, forms) = (state.clone(), whose.clone(), path.clone(), forms.clone());
        async move {
            let (found, event) = find(&app, &visit, &path).await?;
            let delivery = DeliveryPage::of(&app, &visit, &found, &event, None);
            Ok(Part { markup: delivery.changing(&visit, &forms), last: delivery.has_ended() })
        }
    }))
}

async fn find(
    app: &App,
    visit: &Visit,
    path: &DeliveryPath,
) -> Result<(FoundDelivery, EventDetail), Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let found = path.find(visit).run(&app.engine).await?;
    let event = FindEvent { caller: &visit.caller, id: &path.event }.run(&app.engine).await?;
    Ok((found, event.detail))
}
