//! Every page with sample data, without data, and with hostile data (STYLE 22).
//!
//! A page's content is a value that implements [`View`]; its module's tests call [`check`] with it.

use maud::Markup;
use postrider_model::id::{Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_service::session::{Visitor, Who};
use postrider_service::{Caller, Rights};
use postrider_store::Project;
use serde_json::json;

use crate::form::Forms;
use crate::visit::{Face, Links, SessionToken, Visit};

/// What a sample is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As it is on a good day.
    Sample,
    /// Nothing is there yet.
    Empty,
    /// Texts that want to be markup, that are too long, that run from right to left.
    Hostile,
}

/// A page's content, made of plain values.
pub(crate) trait View: Sized {
    /// Data of that kind.
    fn sample(kind: Kind) -> Self;
    /// The content.
    fn markup(&self, visit: &Visit, forms: &Forms) -> Markup;
}

/// A text that a customer may have entered anywhere.
pub(crate) fn hostile() -> String {
    format!(
        "</td></script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd}&amp;{}",
        "w".repeat(10_000)
    )
}

/// A visit of that face, under that contract.
pub(crate) fn visit(face: Face, contract: &str) -> Visit {
    let contract =
        postrider_contract::Contract::parse(postrider_contract::builtin_file(contract).unwrap()).unwrap();
    let tenant = (face == Face::Customer).then(|| (TenantKey(1), "t1".to_owned()));
    let caller = Caller { project: ProjectKey(1), mode: Mode::Live, tenant, actor: "key:sk_live_ab".into() };
    let now = Millis(1_769_077_800_000);
    let project = Project {
        key: ProjectKey(1),
        id: "acme".into(),
        name: "Acme".into(),
        contract: contract.name().to_owned(),
        settings: json!({}),
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    Visit {
        face,
        rights: Rights::ALL,
        root: face == Face::Operator,
        project,
        contract: contract.into(),
        settings: postrider_contract::Settings::default(),
        links: match face {
            Face::Operator => Links::operator("acme", Mode::Live),
            Face::Customer => Links::customer(),
        },
        visitor: Visitor {
            who: Who::Customer(caller.clone()),
            created_at: now,
            expires_at: now,
            hash: [0; 32],
        }
        .into(),
        token: SessionToken("ses_sample".into()),
        caller,
    }
}

/// Renders a page with every kind of data, on both faces, under contracts that offer much and little.
#[track_caller]
pub(crate) fn check<V: View>() {
    for kind in [Kind::Sample, Kind::Empty, Kind::Hostile] {
        let view = V::sample(kind);
        for face in [Face::Operator, Face::Customer] {
            for contract in ["standard", "scopien", "call-center"] {
                let html = view.markup(&visit(face, contract), &Forms::sample()).into_string();
                sound(&html, &format!("{} {kind:?} {face:?} {contract}", std::any::type_name::<V>()));
            }
        }
    }
}

/// What must hold of any page.
#[track_caller]
fn sound(html: &str, what: &str) {
    let lower = html.to_ascii_lowercase();
    for forbidden in ["<script", "<img src=x", "javascript:", " style=", " onclick", " onerror=alert(2)>"] {
        assert!(!lower.contains(forbidden), "{what}: {forbidden} in {html}");
    }
    let ids: Vec<_> = attributes(html, "id").collect();
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{what}: two things with the id {id}");
    }
    for tied in attributes(html, "for") {
        assert!(ids.contains(&tied), "{what}: a label for {tied}, which is not there");
    }
    for address in attributes(html, "href").chain(attributes(html, "action")) {
        let is_ours = address.starts_with('/') || address.starts_with('#') || address.starts_with("https://");
        assert!(is_ours, "{what}: an address that leads astray: {address}");
    }
}

/// The values of an attribute.
fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let open = format!(" {name}=\"");
    let starts: Vec<_> = html.match_indices(&open).map(|(at, open)| at + open.len()).collect();
    starts.into_iter().filter_map(move |at| html.get(at..)?.split('"').next())
}
