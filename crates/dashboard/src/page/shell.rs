//! The frame around a page: its head, the navigation, the footer.

use maud::{DOCTYPE, Markup, html};
use postrider_model::id::Mode;

use super::{Page, title};
use crate::assets;
use crate::form::Forms;
use crate::view::colour::Colour;
use crate::visit::{Face, Links, Signed, Visit};

/// Places of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Overview,
    Webhooks,
    Tenants,
    Events,
    Deliveries,
    Replays,
    Catalogue,
    Code,
    Keys,
    Settings,
    Audit,
    Projects,
    Nodes,
    /// No place of the navigation.
    Elsewhere,
}

/// A place of the navigation: where it is, what it is called, and who has it.
struct Place(Here, &'static str, &'static str);

const OPERATOR: &[Place] = &[
    Place(Here::Overview, "", "Overview"),
    Place(Here::Webhooks, "/webhooks", "Webhooks"),
    Place(Here::Tenants, "/tenants", "Tenants"),
    Place(Here::Deliveries, "/deliveries", "Deliveries"),
    Place(Here::Events, "/events", "Events"),
    Place(Here::Replays, "/replays", "Replays"),
    Place(Here::Catalogue, "/catalogue", "Event catalogue"),
    Place(Here::Code, "/code", "Verification code"),
];

const RECORD: &[Place] = &[Place(Here::Audit, "/audit", "Audit log")];

/// The project itself, which the API too lets the root key manage only (DESIGN 4.2).
const MANAGEMENT: &[Place] =
    &[Place(Here::Keys, "/keys", "API keys"), Place(Here::Settings, "/settings", "Project settings")];

const CUSTOMER: &[Place] = &[
    Place(Here::Webhooks, "/webhooks", "Webhooks"),
    Place(Here::Deliveries, "/deliveries", "Recent deliveries"),
    Place(Here::Catalogue, "/catalogue", "Event catalogue"),
    Place(Here::Code, "/code", "Verification code"),
];

/// A page in the frame of its visit.
pub(super) fn framed(page: &Page, visit: &Visit, forms: &Forms) -> Markup {
    let colour = visit.settings.branding.as_ref().and_then(|branding| branding.colour.as_deref());
    let theme = colour.and_then(Colour::parse).filter(|_| visit.face == Face::Customer);
    document(
        visit.face,
        &title::of(&page.title, visit),
        theme,
        &html! {
            a.skip href="#main" { "Skip to the content" }
            header.top {
                (brand(visit))
                @if visit.face == Face::Operator { (search(visit)) }
                div.who {
                    @if visit.mode() == Mode::Test { span.badge.test { "Test mode" } }
                    span.me title="Signed in as" { (visit.who()) }
                    @if visit.face == Face::Operator { (forms.button("/dashboard/sign-out", "Sign out")) }
                }
            }
            div.frame {
                (navigation(page.here, visit))
                main #main tabindex="-1" { (content(page)) }
            }
        },
    )
}

fn content(page: &Page) -> Markup {
    html! {
        @if !page.above.is_empty() {
            nav.crumbs aria-label="Breadcrumb" { ol {
                @for (name, address) in &page.above { li { @if address.is_empty() { (name) } @else { a href=(address) { (name) } } } }
            } }
        }
        @if let Some(notice) = page.notice { p.notice role="status" { (notice.text()) } }
        div.title { h1 { (page.title) } div.actions { (page.actions) } }
        (page.body)
    }
}

/// What an operator has is often an id, from a log or from a customer.
fn search(visit: &Visit) -> Markup {
    html! {
        form.search role="search" method="get" action=(visit.links.at("/search")) {
            input type="search" name="q" aria-label="Search by id" placeholder="Search by id" maxlength="200" autocomplete="off" spellcheck="false";
        }
    }
}

/// Whose page it is: the product's logo and name, or our own.
fn brand(visit: &Visit) -> Markup {
    let branding = visit.settings.branding.as_ref().filter(|_| visit.face == Face::Customer);
    let logo = branding.and_then(|branding| branding.logo.as_deref());
    html! {
        @match visit.face {
            Face::Operator => {
                a.brand href="/dashboard" { img.logo src={ "/dashboard" (assets::icon()) } alt="" width="24" height="24"; "Postrider" }
                span.project { (visit.project.name) }
            }
            Face::Customer => {
                a.brand href=(visit.links.at("/webhooks")) {
                    @if let Some(logo) = logo { img.logo src=(logo) alt="" height="28"; }
                    span { (visit.product()) }
                }
            }
        }
    }
}

fn navigation(here: Here, visit: &Visit) -> Markup {
    html! {
        nav.side aria-label="Pages" {
            @match visit.face {
                Face::Operator => {
                    (modes(visit))
                    (places(here, &visit.links, OPERATOR))
                    (places(here, &visit.links, RECORD))
                    @if visit.root {
                        (places(here, &visit.links, MANAGEMENT))
                        (places(here, &Links::above(), ABOVE))
                    }
                }
                Face::Customer => { p.group { "Settings" } (places(here, &visit.links, CUSTOMER)) }
            }
        }
    }
}

const ABOVE: &[Place] =
    &[Place(Here::Projects, "/projects", "All projects"), Place(Here::Nodes, "/nodes", "Nodes")];

fn places(here: Here, links: &Links, places: &[Place]) -> Markup {
    html! { ul { @for Place(place, path, name) in places {
        li { a href=(links.at(path)) aria-current=[(*place == here).then_some("page")] { (name) } }
    } } }
}

/// The two worlds of a project; a project key opens one of them.
fn modes(visit: &Visit) -> Markup {
    let mode = |mode: Mode, name: &str| {
        let address = Links::operator(&visit.project.id, mode).at("");
        html! { a href=(address) aria-current=[(visit.mode() == mode).then_some("true")] { (name) } }
    };
    html! { @if visit.root { div.modes role="group" aria-label="Mode" { (mode(Mode::Live, "Live")) (mode(Mode::Test, "Test")) } } }
}

/// A page of an operator above the projects.
pub(super) fn above(page: &Page, session: &Signed, forms: &Forms) -> Markup {
    document(
        Face::Operator,
        &title::named(&page.title, "Postrider"),
        None,
        &html! {
            a.skip href="#main" { "Skip to the content" }
            header.top {
                a.brand href="/dashboard" { img.logo src={ "/dashboard" (assets::icon()) } alt="" width="24" height="24"; "Postrider" }
                div.who { (forms.button("/dashboard/sign-out", "Sign out")) }
            }
            div.frame {
                nav.side aria-label="Pages" { @if session.is_root() { (places(page.here, &Links::above(), ABOVE)) } }
                main #main tabindex="-1" { (content(page)) }
            }
        },
    )
}

/// A page that is one panel: signing in, refusals.
pub(crate) fn bare(face: Face, page: &str, theme: Option<Colour>, body: &Markup) -> Markup {
    let name = if face == Face::Operator { "Postrider" } else { "Webhooks" };
    document(face, &title::named(page, name), theme, &html! { main.bare #main { div.panel { (body) } } })
}

fn document(face: Face, title: &str, theme: Option<Colour>, body: &Markup) -> Markup {
    let prefix = face.prefix();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="stylesheet" href={ (prefix) (assets::style()) };
                @if let Some(theme) = theme { link rel="stylesheet" href={ (prefix) (assets::theme(theme)) }; }
                @if face == Face::Operator { link rel="icon" href={ (prefix) (assets::icon()) }; }
                @else { link rel="icon" href="data:,"; }
                script src={ (prefix) (assets::script()) } defer {}
            }
            body { (body) }
        }
    }
}
