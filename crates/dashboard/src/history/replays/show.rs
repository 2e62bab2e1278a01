//! `GET /replays/{replay}`: one replay, kept up to date while it runs.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use postrider_http::App;
use postrider_service::Right;
use postrider_service::replay::FindReplay;
use postrider_store::ReplayStatus;

use super::ReplayPath;
use super::view::{self, ReplayView};
use crate::form::Forms;
use crate::live::{self, Part};
use crate::page::refusal::DoneQuery;
use crate::page::{Here, Page, Refusal};
use crate::view::facts::facts;
use crate::view::{code, confirmed, section, shortened, time};
use crate::visit::{At, Face, Visit};

/// `GET /replays/{replay}`
///
/// # Errors
/// 404 for a replay that is not there, another tenant's or of the other mode.
pub(super) async fn handler(
    State(app): State<App>,
    visit: Visit,
    At(path): At<ReplayPath>,
    Query(done): Query<DoneQuery>,
) -> Result<Response, Refusal> {
    let replay = find(&app, &visit, &path).await?;
    let forms = Forms::new(&app, &visit.token);
    let here = match visit.face {
        Face::Operator => Here::Replays,
        Face::Customer => Here::Webhooks,
    };
    let page = Page::new("Replay", here, replay.page(&visit, &forms));
    let page = match (visit.face, &replay.endpoint) {
        (Face::Operator, _) => page.below("Replays", visit.links.at("/replays")),
        (Face::Customer, (name, Some(address))) => {
            page.below("Webhooks", visit.links.at("/webhooks")).below(name.clone(), address.clone())
        }
        (Face::Customer, _) => page.below("Webhooks", visit.links.at("/webhooks")),
    };
    Ok(page.after(done.notice()).show(&app, &visit))
}

/// `GET /replays/{replay}/live`
///
/// # Errors
/// As the page.
pub(super) async fn follow(
    State(app): State<App>,
    visit: Visit,
    At(path): At<ReplayPath>,
) -> Result<Response, Refusal> {
    find(&app, &visit, &path).await?;
    let forms = Arc::new(Forms::new(&app, &visit.token));
    let (state, whose, path) = (app.clone(), visit.clone(), Arc::new(path));
    Ok(live::follow(app, &visit, move || {
        let (app, visit, path, forms) = (state.clone(), whose.clone(), path.clone(), forms.clone());
        async move {
            let replay = find(&app, &visit, &path).await?;
            Ok(Part { markup: replay.changing(&visit, &forms), last: !replay.is_running() })
        }
    }))
}

async fn find(app: &App, visit: &Visit, path: &ReplayPath) -> Result<ReplayView, Refusal> {
    visit.needs(Right::WebhooksRead)?;
    let found = FindReplay { caller: &visit.caller, id: &path.replay }.run(&app.engine).await?;
    let mut views = view::views(app, visit, vec![found.replay]).await?;
    views.pop().ok_or_else(|| Refusal::not_found("replay"))
}

impl ReplayView {
    fn is_running(&self) -> bool {
        self.status == ReplayStatus::Running
    }

    fn page(&self, visit: &Visit, forms: &Forms) -> Markup {
        let changing = self.changing(visit, forms);
        html! {
            @if self.is_running() { (live::region(&format!("{}/live", self.address), &changing)) } @else { (changing) }
            (section("What it takes", &self.selection(visit)))
        }
    }

    /// What changes while it runs.
    fn changing(&self, visit: &Visit, forms: &Forms) -> Markup {
        let percent = self.percent();
        let ended = if self.is_running() { "Last moved" } else { "Ended" };
        html! {
            section.panel {
                h2.unseen { "Progress" }
                p { (self.badge()) " " span.num { (percent) " %" } }
                progress value=(percent) max="100" aria-label="Progress" { (percent) " %" }
                (facts(&[
                    ("Matched", html! { span.num { (self.matched) } " when it began" }),
                    ("Sent again", html! { span.num { (self.reopened) } }),
                    ("Passed over", html! { span.num { (self.skipped) } " that were no longer so when their turn came" }),
                    (ended, time::at(self.moved_at)),
                ]))
                @if self.is_running() && visit.may(Right::WebhooksWrite) { div.buttons { (self.cancelling(forms)) } }
            }
        }
    }

    fn selection(&self, visit: &Visit) -> Markup {
        let (name, page) = &self.endpoint;
        let endpoint = html! { @match page {
            Some(page) => a href=(page) { (shortened(name, 120)) },
            None => { (shortened(name, 120)) " (deleted)" }
        } };
        let mut pairs = vec![("Webhook", endpoint), ("Takes", self.takes())];
        if let Some((tenant, page)) = self.tenant.as_ref().filter(|_| visit.face == Face::Operator) {
            pairs.insert(1, ("Tenant", html! { a href=(page) { (shortened(tenant, 120)) } }));
        }
        let types = html! {
            @if self.types.is_empty() { "all" }
            @for (index, kind) in self.types.iter().enumerate() { @if index > 0 { ", " } (shortened(kind, 128)) }
        };
        pairs.push(("Event types", types));
        pairs.push(("Rate", html! { "at most " (self.per_second) " a second" }));
        pairs.push(("Begun", time::at(self.created_at)));
        pairs.push(("Replay id", code::line("Replay id", &self.id)));
        facts(&pairs)
    }

    fn cancelling(&self, forms: &Forms) -> Markup {
        let button = html! { button.danger type="submit" { "Yes, stop it" } };
        let form = forms.form(&format!("{}/cancel", self.address), button);
        confirmed("Cancel replay", "What it has sent again stays sent; nothing more is taken.", &form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Kind, View, check};

    impl View for ReplayView {
        fn sample(kind: Kind) -> Self {
            view::samples::view(kind)
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.page(visit, forms)
        }
    }

    #[test]
    fn the_page_bears_any_data() {
        check::<ReplayView>();
    }
}
