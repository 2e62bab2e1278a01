//! A contract's signatures, in words.

use maud::{Markup, html};
use postrider_contract::{Contract, KeyForm, PUBLIC_KEY_PREFIX, Part, Scheme, SignatureHeader, Var};

use crate::view::facts::facts;

/// How a request of the contract is proved, or that it cannot be.
pub(super) fn explained(contract: &Contract) -> Markup {
    html! {
        @if !contract.is_signed() {
            p { strong { "Requests are not signed." } " Nothing in a request proves who sent it." }
            ul {
                li { "Keep the webhook's URL secret: let it end in a long random text." }
                li { "Let your firewall take requests from the sender's addresses only." }
                li { "Before you act on what matters, ask the sender's API whether it is true." }
            }
        }
        @for header in contract.signature_headers() { (one(header, contract)) }
        @if contract.is_signed() {
            p { "Compare in constant time, and with the body's bytes as they arrived: JSON that was read and written again is another text." }
        }
    }
}

fn one(header: &SignatureHeader, contract: &Contract) -> Markup {
    let mut pairs = vec![("Header", html! { code { (header.name) } })];
    for scheme in &header.schemes {
        pairs.push(("What is signed", content(scheme, header, contract)));
        pairs.push(("How", key(scheme.key, contract)));
        pairs.push((
            "How it is written",
            html! { code { (written(&header.before)) (written(&scheme.value)) } },
        ));
    }
    if let Some(between) = &header.joined {
        let between =
            if between.trim().is_empty() { "a space".to_owned() } else { format!("“{between}”") };
        pairs.push((
            "Several signatures",
            html! { "stand one after another with " (between) " between them, for example while a secret is being changed. One that is right is enough." },
        ));
    }
    facts(&pairs)
}

/// The template, and where a receiver finds what stands in it.
fn content(scheme: &Scheme, header: &SignatureHeader, contract: &Contract) -> Markup {
    let holds = |var: Var| scheme.content.contains(&Part::Var(var));
    if scheme.content == [Part::Var(Var::Body)] {
        return html! { "The body, byte for byte as it arrived" };
    }
    html! {
        code { (written(&scheme.content)) }
        @if holds(Var::Id) { p.soft { code { "{id}" } " " (found(Var::Id, scheme, header, contract)) } }
        @if holds(Var::Timestamp) {
            p.soft {
                code { "{timestamp}" } " " (found(Var::Timestamp, scheme, header, contract))
                ", in seconds since 1970. Refuse what is more than five minutes off: it may have been recorded and sent again."
            }
        }
        @if holds(Var::Body) { p.soft { code { "{body}" } " is the body, byte for byte as it arrived" } }
    }
}

/// Where a value that is signed stands: in the signature's own header, or in another.
fn found(var: Var, scheme: &Scheme, header: &SignatureHeader, contract: &Contract) -> Markup {
    let holds = |parts: &[Part<Var>]| parts.contains(&Part::Var(var));
    let other = contract.extra_headers().iter().find(|other| holds(&other.value));
    html! {
        @if holds(&scheme.value) || holds(&header.before) { "stands in the same header" }
        @else if let Some(other) = other { "stands in the header " code { (other.name) } }
        @else { "is known to the sender" }
    }
}

fn key(form: KeyForm, contract: &Contract) -> Markup {
    let prefix = contract.endpoint.secret.as_ref().map_or("", |terms| terms.prefix.as_str());
    html! {
        @match form {
            KeyForm::Utf8 => { "HMAC-SHA256 with the webhook's secret as it is, all its characters" },
            KeyForm::Base64 if prefix.is_empty() => { "HMAC-SHA256 with the bytes whose base64 the webhook's secret is" },
            KeyForm::Base64 => { "HMAC-SHA256 with the bytes whose base64 follows " code { (prefix) } " in the webhook's secret" },
            KeyForm::Ed25519 => { "Ed25519, for webhooks that ask for it: its public key is the base64 after " code { (PUBLIC_KEY_PREFIX) } },
        }
    }
}

/// A template as contract files write it.
fn written(parts: &[Part<Var>]) -> String {
    let name = |var: &Var| match var {
        Var::Id => "{id}",
        Var::Timestamp => "{timestamp}",
        Var::EventType => "{event.type}",
        Var::Body => "{body}",
        Var::Hex => "{hex}",
        Var::Base64 => "{base64}",
    };
    let part = |part: &Part<Var>| match part {
        Part::Text(text) => text.to_string(),
        Part::Var(var) => name(var).to_owned(),
    };
    parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(contract: &str) -> String {
        let contract = Contract::builtin(contract).unwrap();
        let html = explained(&contract).into_string();
        html.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text).collect()
    }

    #[test]
    fn each_contract_tells_its_own_signature() {
        let standard = told("standard");
        for words in [
            "webhook-signature",
            "{id}.{timestamp}.{body}",
            "{id} stands in the header webhook-id",
            "{timestamp} stands in the header webhook-timestamp",
            "base64 follows whsec_ in the webhook's secret",
            "v1,{base64}",
            "v1a,{base64}",
            "Ed25519",
            "a space between them",
        ] {
            assert!(standard.contains(words), "{words}: {standard}");
        }
        let scopien = told("scopien");
        for words in ["x-scopien-signature", "sha256={hex}", "secret as it is", "The body, byte for byte"] {
            assert!(scopien.contains(words), "{words}: {scopien}");
        }
        assert!(!scopien.contains("Several signatures") && !scopien.contains("{timestamp}"), "{scopien}");
    }

    #[test]
    fn a_contract_without_signatures_says_so() {
        let told = told("call-center");
        assert!(told.contains("Requests are not signed.") && !told.contains("HMAC"), "{told}");
    }
}
