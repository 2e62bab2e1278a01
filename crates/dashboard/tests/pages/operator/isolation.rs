//! Who may not open what: a key of one project and mode sees nothing of another, and what its scopes do not give is
//! refused on every page and every form.

use http::{Method, StatusCode};
use postrider_model::id::Mode;
use serde_json::json;

use super::LIVE;
use crate::browser::{Browser, Form};
use crate::world;

/// Pages that are read, and what they need.
const PAGES: &[(&str, Need)] = &[
    ("", Need::Read),
    ("/overview/live", Need::Read),
    ("/audit", Need::Read),
    ("/catalogue/new", Need::Project),
    ("/catalogue/a.b/edit", Need::Project),
    ("/tenants", Need::Read),
    ("/tenants?id=t1", Need::Read),
    ("/tenants/t1", Need::Read),
    ("/keys", Need::Root),
    ("/keys/new", Need::Root),
    ("/settings", Need::Root),
];

/// Forms, and what they need.
const FORMS: &[(&str, Need)] = &[
    ("/tenants/t1/portal-link", Need::Admin),
    ("/tenants/t1/delete", Need::Write),
    ("/catalogue/new", Need::Project),
    ("/catalogue/a.b/edit", Need::Project),
    ("/catalogue/a.b/archive", Need::Project),
    ("/keys/new", Need::Root),
    ("/keys/key_1/revoke", Need::Root),
    ("/settings/name", Need::Root),
    ("/settings/contract", Need::Root),
    ("/settings/delivery", Need::Root),
    ("/settings/storage", Need::Root),
    ("/settings/portal", Need::Root),
    ("/settings/delete", Need::Root),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Read,
    Write,
    Admin,
    Project,
    Root,
}

impl Need {
    fn allows(self, scope: &str) -> bool {
        match (self, scope) {
            (Self::Root, _) => false,
            (_, "*") => true,
            (Self::Project, _) => scope == "project:admin",
            (_, "webhooks:admin") => true,
            (Self::Read | Self::Write, "webhooks:write") => true,
            (Self::Read, "webhooks:read") => true,
            _ => false,
        }
    }
}

/// A form that carries no token of the session: whoever may not send it is told so before that is looked at.
fn form(action: String) -> Form {
    Form { action, fields: Vec::new() }
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_neither_another_project_nor_the_other_mode() {
    let world = world("standard").await;
    world.root(Method::POST, "/v1/projects", json!({"id": "beta"})).await.expect(201);
    world.endpoint(json!({"url": "https://a.example/hook"})).await;
    let key = Browser::operator(&world, "sk_live_all").await;
    for foreign in ["/dashboard/p/beta/live", "/dashboard/p/acme/test", "/dashboard/p/none/live"] {
        for (page, _) in PAGES {
            let refused = key.open(&format!("{foreign}{page}")).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{foreign}{page}");
        }
        for (page, _) in FORMS {
            let refused = key.send(&form(format!("{foreign}{page}"))).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{foreign}{page}");
        }
    }
    let root = Browser::root(&world).await;
    for (page, _) in PAGES
        .iter()
        .filter(|(page, _)| !page.contains("t1") && !page.contains("a.b") && !page.contains("live"))
    {
        root.see(&format!("/dashboard/p/beta/test{page}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_needs_the_scope_that_the_api_needs() {
    let world = world("standard").await;
    world.endpoint(json!({"url": "https://a.example/hook"})).await;
    world.call(Method::PUT, "/v1/event-types/a.b", json!({})).await.expect(201);
    let read = "webhooks:read";
    let with_read = [&[read], &[read, "project:admin"][..], &["webhooks:write"], &["webhooks:admin"], &["*"]];
    for (number, scopes) in with_read.into_iter().enumerate() {
        let key = format!("sk_live_{number}");
        world.key(&key, Mode::Live, None, scopes).await;
        let browser = Browser::operator(&world, &key).await;
        let allowed = |need: &Need| scopes.iter().any(|scope| need.allows(scope));
        for (page, need) in PAGES {
            let refused = browser.open(&format!("{LIVE}{page}")).await.status == StatusCode::FORBIDDEN;
            assert_eq!(refused, !allowed(need), "{page} with {scopes:?}");
        }
        for (page, _) in FORMS.iter().filter(|(_, need)| !allowed(need)) {
            let refused = browser.send(&form(format!("{LIVE}{page}"))).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{page} with {scopes:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_session_every_page_goes_to_sign_in_and_no_form_does_anything() {
    let world = world("standard").await;
    let nobody = Browser::new(&world);
    for (page, _) in PAGES {
        let answer = nobody.open(&format!("{LIVE}{page}")).await.expect(303);
        let to = answer.headers["location"].to_str().unwrap();
        assert!(to.starts_with("/dashboard/sign-in?next=%2Fdashboard%2Fp%2Facme%2Flive"), "{to}");
    }
    for (page, _) in FORMS {
        let answer = nobody.send(&form(format!("{LIVE}{page}"))).await.expect(401);
        assert!(answer.text.contains("Your session has ended"), "{}", answer.text);
    }
}
