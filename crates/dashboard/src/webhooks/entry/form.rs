//! The form of a webhook, new or not: what the project's contract allows, and no more.

use maud::{Markup, html};
use postrider_contract::{Contract, SecretSource};
use postrider_model::endpoint::SignatureKind;

use super::types::KnownType;
use super::{Entered, secret_may_be_given};
use crate::form::Forms;
use crate::view::field::{Faults, Select, Text, checkbox};
use crate::view::section;
use crate::visit::Visit;

/// The form.
#[derive(Debug, Clone, Default)]
pub(crate) struct WebhookForm {
    /// What stands in it.
    pub(crate) entered: Entered,
    /// What is wrong with it.
    pub(crate) faults: Faults,
    /// The types that can be chosen.
    pub(crate) catalogue: Vec<KnownType>,
    /// Where it posts to.
    pub(crate) action: String,
    /// Where to go without it.
    pub(crate) back: String,
    /// Of an endpoint that is there.
    pub(crate) held: Option<Held>,
}

/// What the form of an endpoint that is there has to know of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    /// The revision that it shows.
    pub(crate) revision: u64,
    /// Whether it shows the endpoint enabled.
    pub(crate) enabled: bool,
    /// Headers whose values are not shown.
    pub(crate) hidden_headers: Vec<String>,
    /// The filter as a documented route was given it.
    pub(crate) dialect_filter: Option<String>,
}

/// How the form calls the API's fields: (pointer, label, id).
const NAMES: [(&str, &str, &str); 13] = [
    ("/url", "URL", "url"),
    ("/name", "Name", "name"),
    ("/description", "Description", "description"),
    ("/event_types", "Events", "types"),
    ("/filter", "Filter", "filter"),
    ("/headers", "Custom headers", "headers"),
    ("/batch/max_size", "Events in one request", "batch_size"),
    ("/batch/max_wait_seconds", "Longest wait", "batch_wait"),
    ("/rate_limit", "Requests per second", "rate"),
    ("/ordering", "Order of events", "ordering"),
    ("/signature", "Signature", "signature"),
    ("/secret", "Secret", "secret"),
    ("/enabled", "Active", "active"),
];

/// What is under "Advanced".
const ADVANCED: [&str; 6] = ["/filter", "/headers", "/batch", "/rate_limit", "/ordering", "/signature"];

impl WebhookForm {
    /// The form.
    pub(crate) fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
        let contract = visit.contract.as_ref();
        let label = if self.held.is_some() { "Save" } else { "Create" };
        forms.classed(
            &self.action,
            "webhook",
            html! {
                (self.faults.summary(&NAMES))
                @if let Some(held) = &self.held {
                    input type="hidden" name="revision" value=(held.revision);
                    input type="hidden" name="was_enabled" value=(u8::from(held.enabled));
                }
                (section("Webhook", &self.basics(contract)))
                (section("What it gets", &html! {
                    (self.entered.types.picker(&self.catalogue, contract, &self.faults))
                    (self.entered.filter.own_fields(contract))
                }))
                @if self.held.is_none() && contract.is_signed() { (section("Secret", &self.secret(contract))) }
                (self.advanced(contract))
                div.buttons {
                    button.primary type="submit" { (label) }
                    a.button href=(self.back) { "Cancel" }
                }
            },
        )
    }

    fn basics(&self, contract: &Contract) -> Markup {
        let Self { entered, faults, .. } = self;
        let name = Text {
            name: "name",
            label: "Name",
            value: &entered.name,
            example: "Production Webhook",
            faults: faults.at("/name").collect(),
            ..Text::default()
        };
        let url = Text {
            name: "url",
            label: "URL",
            hint: "Where events are sent, by HTTP POST.",
            value: &entered.url,
            kind: "url",
            required: true,
            example: "https://your-app.com/webhooks",
            faults: faults.at("/url").collect(),
            ..Text::default()
        };
        let description = Text {
            name: "description",
            label: "Description",
            value: &entered.description,
            rows: Some(2),
            faults: faults.at("/description").collect(),
            ..Text::default()
        };
        let limit = contract.active_endpoint_limit();
        html! {
            (name.show())
            (url.show())
            (description.show())
            div.field #active {
                p.legend { "Active" }
                @for fault in faults.at("/enabled") { div.fault { p { (fault) } } }
                (checkbox("enabled", "1", &html! {
                    "Enabled"
                    @if let Some(limit) = limit { span.soft { "Up to " (limit) " may be enabled at a time." } }
                }, entered.enabled))
            }
        }
    }

    fn secret(&self, contract: &Contract) -> Markup {
        let source = contract.endpoint.secret.as_ref().map(|secret| secret.source);
        let hint = match source {
            Some(SecretSource::Given) => "Requests are signed with it. Left empty, they are not signed.",
            _ => "Requests are signed with it. Left empty, one is generated and shown to you next.",
        };
        let given = Text {
            name: "secret",
            label: "Secret of your own",
            hint,
            value: &self.entered.secret,
            faults: self.faults.at("/secret").collect(),
            ..Text::default()
        };
        html! {
            @if secret_may_be_given(contract) { (given.show()) }
            @else { p #secret { "Generated when you create the webhook, and shown to you next. Requests are signed with it." } }
        }
    }

    fn advanced(&self, contract: &Contract) -> Markup {
        let Self { entered, faults, held, .. } = self;
        let usual = Entered::fresh(contract);
        let is_used = (&entered.filter.rows, &entered.filter.rest, &entered.headers, &entered.pace)
            != (&usual.filter.rows, &usual.filter.rest, &usual.headers, &usual.pace)
            || entered.ed25519
            || entered.filter.kept;
        let has_faults = ADVANCED.iter().any(|pointer| faults.at(pointer).next().is_some());
        let hidden = held.as_ref().map_or(&[][..], |held| &held.hidden_headers);
        let dialect = held.as_ref().and_then(|held| held.dialect_filter.as_deref());
        html! {
            details.panel.advanced open[is_used || has_faults] {
                summary { h2 { "Advanced" } }
                (entered.filter.rows(dialect, faults))
                @if contract.endpoint.headers || !entered.headers.0.is_empty() {
                    input type="hidden" name="has_headers" value="1";
                    (entered.headers.rows(hidden, faults))
                }
                (entered.pace.fields(contract, faults))
                @if contract.offers(SignatureKind::Hmac) && contract.offers(SignatureKind::Ed25519) { (self.signature()) }
            }
        }
    }

    fn signature(&self) -> Markup {
        let hint = if self.held.is_some() {
            "Another kind makes a new secret, which is shown to you next; the old one signs beside it for a day."
        } else {
            "With a secret that both sides know, or with a key pair of which you get the public half."
        };
        Select {
            name: "signature",
            label: "Signature",
            hint,
            value: if self.entered.ed25519 { "ed25519" } else { "hmac" },
            options: vec![("hmac", "Shared secret (HMAC-SHA256)"), ("ed25519", "Key pair (Ed25519)")],
            faults: self.faults.at("/signature").collect(),
        }
        .show()
    }
}

#[cfg(test)]
mod tests;
