//! What people enter of a webhook: read from an endpoint, shown in a form, read back and put into the API's words.
//!
//! A form never says more than what was changed on it: what is entered is compared with what was shown, part by part,
//! and only a part that differs becomes a part of the change.

pub(crate) mod condition;
pub(crate) mod filter;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod operator;
pub(crate) mod pace;
pub(crate) mod types;

use std::sync::Arc;

use maud::{Markup, html};
use postrider_contract::{Contract, SecretSource};
use postrider_model::endpoint::SignatureKind;
use postrider_service::Fault;
use postrider_service::endpoint::{Changes, EndpointFields, FoundEndpoint, GivenFilter};
use serde_json::{Map, Value, json};

use self::filter::Filter;
use self::headers::Headers;
use self::pace::Pace;
use self::types::Types;
use crate::form::Fields;

/// Everything that stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) enabled: bool,
    pub(crate) types: Types,
    pub(crate) filter: Filter,
    pub(crate) headers: Headers,
    pub(crate) pace: Pace,
    pub(crate) ed25519: bool,
    /// Of a new one only.
    pub(crate) secret: String,
}

impl Entered {
    /// Of a new endpoint.
    pub(super) fn fresh(contract: &Contract) -> Self {
        Self { enabled: true, filter: Filter::empty(contract), ..Self::default() }
    }

    /// Of an endpoint that is there.
    pub(super) fn of(found: &FoundEndpoint) -> Self {
        let config = &found.endpoint.config;
        let contract = &found.context.contract;
        Self {
            name: config.name.clone().unwrap_or_default(),
            url: config.url.clone(),
            // As browsers send it back.
            description: config.description.as_deref().unwrap_or_default().trim().replace("\r\n", "\n"),
            enabled: found.endpoint.enabled,
            types: Types::of(&config.event_types),
            filter: Filter::of(config, contract),
            headers: Headers::of(&found.secrets),
            pace: Pace::of(config),
            ed25519: config.signature == SignatureKind::Ed25519,
            secret: String::new(),
        }
    }

    /// What was entered, on a form that showed `base`.
    pub(super) fn read(fields: &Fields, base: &Self, contract: &Contract) -> Self {
        let headers =
            if fields.checked("has_headers") { Headers::read(fields) } else { base.headers.clone() };
        let ed25519 = fields.given("signature").map_or(base.ed25519, |kind| kind == "ed25519");
        Self {
            name: fields.text("name").to_owned(),
            url: fields.text("url").to_owned(),
            description: fields.text("description").replace("\r\n", "\n"),
            enabled: fields.checked("enabled"),
            types: Types::read(fields),
            filter: Filter::read(fields, contract),
            headers,
            pace: Pace::read(fields, &base.pace),
            ed25519,
            secret: fields.text("secret").to_owned(),
        }
    }

    /// The document of a new endpoint (DESIGN 4.2 "Body of an endpoint").
    pub(super) fn document(&self, contract: &Contract) -> EndpointFields {
        let mut faults = Vec::new();
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| {
            let is_empty = match &value {
                Value::Null => true,
                Value::Object(members) => members.is_empty(),
                Value::String(text) => text.is_empty(),
                _ => false,
            };
            if !is_empty {
                fields.insert(name.to_owned(), value);
            }
        };
        set("url", self.url.as_str().into());
        set("name", self.name.as_str().into());
        set("description", self.description.as_str().into());
        set("event_types", self.event_types(&mut faults));
        set("filter", self.filter.value(contract, &mut faults).unwrap_or_default());
        set("headers", self.headers.value(&[], &mut faults).into());
        set("batch", self.pace.batch(&mut faults));
        set("rate_limit", self.pace.rate_limit(&mut faults));
        set("ordering", self.pace.ordering());
        set("secret", self.secret.as_str().into());
        set("enabled", self.enabled.into());
        if self.ed25519 {
            set("signature", json!("ed25519"));
        }
        EndpointFields { fields, filter: None, faults }
    }

    fn event_types(&self, faults: &mut Vec<Fault>) -> Value {
        self.types.value().unwrap_or_else(|| {
            faults.push(Fault::at("/event_types", "Choose at least one event, or all."));
            json!([])
        })
    }
}

/// A form that was sent, as a change of the endpoint.
#[derive(Debug)]
pub(super) struct EnteredChange {
    pub(super) entered: Entered,
    /// Whether the form was shown with the endpoint enabled: it may have been disabled by its failures since, which is
    /// no reason to enable it.
    pub(super) was_enabled: bool,
    pub(super) contract: Arc<Contract>,
}

impl Changes for EnteredChange {
    fn of(&self, found: &FoundEndpoint) -> EndpointFields {
        let (entered, shown) = (&self.entered, Entered::of(found));
        let mut faults = Vec::new();
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        let or_null = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        if entered.url != shown.url {
            set("url", entered.url.as_str().into());
        }
        if entered.name != shown.name {
            set("name", or_null(&entered.name));
        }
        if entered.description != shown.description {
            set("description", or_null(&entered.description));
        }
        if !entered.types.same(&shown.types) {
            set("event_types", entered.event_types(&mut faults));
        }
        if entered.headers != shown.headers {
            let hidden = headers::hidden(&found.secrets);
            set("headers", entered.headers.patch(&found.secrets.headers, &hidden, &mut faults).into());
        }
        if !entered.pace.same_batch(&shown.pace) {
            set("batch", entered.pace.batch(&mut faults));
        }
        if entered.pace.rate != shown.pace.rate {
            set("rate_limit", entered.pace.rate_limit(&mut faults));
        }
        if entered.pace.ordering != shown.pace.ordering {
            set("ordering", entered.pace.ordering());
        }
        if entered.ed25519 != shown.ed25519 {
            set("signature", json!(if entered.ed25519 { "ed25519" } else { "hmac" }));
        }
        if entered.enabled != self.was_enabled {
            set("enabled", entered.enabled.into());
        }
        let is_new_filter = !entered.filter.kept && entered.filter != shown.filter;
        let filter = is_new_filter.then(|| GivenFilter {
            compiled: entered.filter.value(&self.contract, &mut faults),
            dialect: None,
        });
        EndpointFields { fields, filter, faults }
    }
}

/// Whether a new endpoint's secret may be given.
pub(super) fn secret_may_be_given(contract: &Contract) -> bool {
    let source = contract.endpoint.secret.as_ref().map(|secret| secret.source);
    matches!(source, Some(SecretSource::Given | SecretSource::GivenOrGenerated))
}

/// A button that adds an empty row; the script makes it work and shows it.
fn add_button(rows: &str, label: &str) -> Markup {
    html! { button.quiet type="button" data-add=(rows) hidden { "+ " (label) } }
}
