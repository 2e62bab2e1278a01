//! A request as it is sent, but for its secrets: of a delivery, or of an example.

use maud::{Markup, html};
use postrider_service::delivery::{ShownRequest, ShownValue};

use crate::history::viewed;
use crate::view::shortened;
use crate::visit::{Face, Visit};

/// Method, address, headers and body.
pub(crate) fn request(request: &ShownRequest, visit: &Visit) -> Markup {
    // A customer's page bears the product's name only: a sender that has no name of its own is left out.
    let is_ours = |name: &str, value: &ShownValue| {
        name == "user-agent" && matches!(value, ShownValue::Plain(value) if value.starts_with("Postrider/"))
    };
    let is_shown =
        |(name, value): &&(String, ShownValue)| visit.face == Face::Operator || !is_ours(name, value);
    html! {
        p.line { strong { "POST" } " " bdi.mono { (shortened(&request.url, 300)) } }
        h3 { "Headers" }
        div.headers tabindex="0" role="region" aria-label="Headers" {
            @for (name, value) in request.headers.iter().filter(is_shown) { (header(name, value)) }
        }
        h3 { "Body" }
        @match &request.body {
            Some(body) => (viewed::document("Body", body)),
            None => p.soft { "What the event said was erased." },
        }
    }
}

fn header(name: &str, value: &ShownValue) -> Markup {
    html! {
        div {
            span.name { (shortened(name, 100)) ":" } " "
            @match value {
                ShownValue::Plain(value) => (shortened(value, 300)),
                ShownValue::Secret => span.soft { "not shown" },
                ShownValue::Signature => span.soft { "the signature, made for each attempt" },
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use super::*;
    use crate::samples::{Kind, hostile};

    /// A request of that kind.
    pub(crate) fn shown(kind: Kind) -> ShownRequest {
        let text = if kind == Kind::Hostile { hostile() } else { "https://hooks.example.com/in".into() };
        let headers = [("content-type", "application/json"), ("webhook-id", "evt_1")];
        let mut headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), ShownValue::Plain(value.to_owned())))
            .collect();
        headers.push(("webhook-signature".into(), ShownValue::Signature));
        headers.push((text.clone(), ShownValue::Plain(text.clone())));
        headers.push(("authorization".into(), ShownValue::Secret));
        let body = (kind != Kind::Empty).then(|| serde_json::json!({"type": text}).to_string().into());
        ShownRequest { url: text, headers, body, batch: kind == Kind::Hostile }
    }
}
