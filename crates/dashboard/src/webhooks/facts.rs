//! What a webhook is: its settings in words, and what is known of its secret.

use maud::{Markup, html};
use postrider_contract::{Contract, DeliveryPolicy};
use postrider_model::endpoint::{EndpointConfig, Ordering, SignatureKind};
use postrider_model::time::Millis;
use postrider_service::Right;
use postrider_service::endpoint::{FoundEndpoint, shown_header};

use super::Place;
use super::entry::filter::Filter;
use super::entry::operator::Operator;
use super::entry::pace;
use crate::form::Forms;
use crate::view::facts::facts;
use crate::view::{code, shortened, time};
use crate::visit::Visit;

/// The longest text that is shown whole, in characters.
const MOST_CHARS: usize = 300;

/// Settings in words.
#[derive(Debug, Default)]
pub(super) struct Facts {
    id: String,
    url: String,
    description: String,
    /// None for all.
    types: Vec<String>,
    filter: Vec<String>,
    /// What of the filter words cannot say.
    filter_json: String,
    /// Names and values, redacted where they are secret.
    headers: Vec<(String, String)>,
    batch: String,
    rate: String,
    ordering: Ordering,
    retries: String,
    timeout: String,
    created_at: Option<Millis>,
    updated_at: Option<Millis>,
}

impl Facts {
    /// Of an endpoint.
    pub(super) fn of(found: &FoundEndpoint, policy: &DeliveryPolicy) -> Self {
        let endpoint = &found.endpoint;
        let config = &endpoint.config;
        let (filter, filter_json) = filter_in_words(config, &found.context.contract);
        let header = |(name, value): &(String, String)| (name.clone(), shown_header(name, value).to_owned());
        let rate = if config.batch.is_some() {
            policy.batches_per_second.or(policy.per_second)
        } else {
            policy.per_second
        };
        Self {
            id: found.public_id(),
            url: config.url.clone(),
            description: config.description.clone().unwrap_or_default(),
            types: config.event_types.clone(),
            filter,
            filter_json,
            headers: found.secrets.headers.iter().map(header).collect(),
            batch: policy
                .batch
                .map(|batch| {
                    format!(
                        "up to {} events in one request, waiting at most {}",
                        batch.max_size,
                        time::span(batch.max_wait)
                    )
                })
                .unwrap_or_default(),
            rate: rate.map(|rate| format!("at most {rate} requests per second")).unwrap_or_default(),
            ordering: policy.ordering,
            retries: match policy.timetable.steps.as_slice() {
                [] => "none: each event is sent once".to_owned(),
                steps => {
                    format!("after {}", steps.iter().copied().map(time::span).collect::<Vec<_>>().join(", "))
                }
            },
            timeout: time::span(policy.timeout),
            created_at: Some(endpoint.created_at),
            updated_at: Some(endpoint.updated_at),
        }
    }

    /// The list.
    pub(super) fn markup(&self) -> Markup {
        let mut pairs = vec![("URL", code::line("URL", &self.url))];
        let mut add = |name: &'static str, value: Markup, is_there: bool| {
            if is_there {
                pairs.push((name, value));
            }
        };
        add(
            "Description",
            html! { (shortened(&self.description, MOST_CHARS)) },
            !self.description.is_empty(),
        );
        add("Events", self.events(), true);
        add("Filter", self.filter(), !self.filter.is_empty() || !self.filter_json.is_empty());
        add("Custom headers", self.headers(), !self.headers.is_empty());
        add("Batches", html! { (self.batch) }, !self.batch.is_empty());
        add("Rate", html! { (self.rate) }, !self.rate.is_empty());
        add("Order", html! { (pace::words(self.ordering)) }, self.ordering != Ordering::None);
        add("Answer within", html! { (self.timeout) }, true);
        add("Retries", html! { (self.retries) }, true);
        add("Created", time::at_if_any(self.created_at), true);
        add("Changed", time::at_if_any(self.updated_at), self.updated_at != self.created_at);
        add("Id", code::line("Id", &self.id), true);
        facts(&pairs)
    }

    fn events(&self) -> Markup {
        html! {
            @if self.types.is_empty() { "All events" }
            @else { ul.plain { @for name in &self.types { li { code { (shortened(name, MOST_CHARS)) } } } } }
        }
    }

    fn filter(&self) -> Markup {
        html! {
            @if !self.filter.is_empty() { ul.plain { @for line in &self.filter { li { (shortened(line, MOST_CHARS)) } } } }
            @if !self.filter_json.is_empty() { (code::block("Filter as JSON", &self.filter_json)) }
        }
    }

    fn headers(&self) -> Markup {
        html! { ul.plain { @for (name, value) in &self.headers {
            li { code { (shortened(name, MOST_CHARS)) ": " (shortened(value, MOST_CHARS)) } }
        } } }
    }
}

/// Lines in words, and the rest as JSON.
fn filter_in_words(config: &EndpointConfig, contract: &Contract) -> (Vec<String>, String) {
    if let Some(given) = &config.dialect {
        return (Vec::new(), format!("{given:#}"));
    }
    let Filter { fields, rows, rest, .. } = Filter::of(config, contract);
    let own = contract.endpoint.filter_fields.iter().zip(fields).filter(|(_, values)| !values.is_empty());
    let own = own.map(|(field, values)| format!("{}: {}", field.title, values.replace('\n', ", ")));
    let rows = rows.iter().map(|row| {
        let words = Operator::named(&row.operator).map_or("is", |operator| operator.words);
        format!("{} {words} {}", row.field, row.value).trim_end().to_owned()
    });
    (own.chain(rows).collect(), rest)
}

/// What is known of a secret, without it.
#[derive(Debug)]
pub(super) struct SecretFacts {
    /// When each of those that sign was made, and until when it does, newest first.
    signing: Vec<(Millis, Option<Millis>)>,
    public_key: bool,
    retrievable: bool,
}

impl SecretFacts {
    /// Of an endpoint; `None` where the contract signs nothing.
    pub(super) fn of(found: &FoundEndpoint, now: Millis) -> Option<Self> {
        let contract = &found.context.contract;
        let signing =
            found.secrets.secrets.iter().filter(|secret| secret.expires_at.is_none_or(|end| end > now));
        contract.is_signed().then(|| Self {
            signing: signing.map(|secret| (secret.created_at, secret.expires_at)).collect(),
            public_key: found.endpoint.config.signature == SignatureKind::Ed25519,
            retrievable: contract.endpoint.secret.as_ref().is_some_and(|terms| terms.retrievable),
        })
    }

    /// The section.
    pub(super) fn markup(&self, visit: &Visit, place: &Place, forms: &Forms) -> Markup {
        let may = visit.may(Right::WebhooksAdmin);
        html! {
            @if self.signing.is_empty() {
                p { "No secret was given: requests to this webhook are not signed." }
            } @else {
                p { "Requests are signed " @if self.public_key { "with a key pair (Ed25519)." } @else { "with a secret." }
                    " " a href=(visit.links.at("/code")) { "Code that verifies them" } }
            }
            ul.plain { @for (index, (made, ends)) in self.signing.iter().enumerate() {
                li {
                    @if index == 0 { "Made " } @else { "The one before, made " }
                    (time::at(*made))
                    @if let Some(end) = ends { ", signs until " (time::at(*end)) }
                }
            } }
            @if may {
                div.buttons {
                    @if self.retrievable && !self.signing.is_empty() {
                        (forms.button(&place.at(visit, "/reveal"), if self.public_key { "Show public key" } else { "Reveal secret" }))
                    }
                    a.button href=(place.at(visit, "/rotate")) { @if self.signing.is_empty() { "Set a secret" } @else { "Rotate secret" } }
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::samples::{Kind, hostile};

    /// Settings of that kind.
    pub(crate) fn facts(kind: Kind) -> Facts {
        let at = Some(Millis(1_769_077_800_000));
        match kind {
            Kind::Empty => Facts::default(),
            Kind::Sample => Facts {
                id: "ep_1".into(),
                url: "https://your-app.com/webhooks".into(),
                types: vec!["lead.*".into()],
                filter: vec!["data.amount is more than 50000".into()],
                headers: vec![("Authorization".into(), "***".into())],
                retries: "after 5 s, 30 s".into(),
                created_at: at,
                ..Facts::default()
            },
            Kind::Hostile => Facts {
                id: hostile(),
                url: hostile(),
                description: hostile(),
                types: vec![hostile()],
                filter: vec![hostile()],
                filter_json: hostile(),
                headers: vec![(hostile(), hostile())],
                updated_at: at,
                ordering: Ordering::Key,
                ..Facts::default()
            },
        }
    }

    /// A secret of that kind.
    pub(crate) fn secret(kind: Kind) -> Option<SecretFacts> {
        let at = Millis(1_769_077_800_000);
        let signing = if kind == Kind::Empty { Vec::new() } else { vec![(at, None), (at, Some(at))] };
        (kind != Kind::Hostile).then_some(SecretFacts { signing, public_key: false, retrievable: true })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_is_told_in_words() {
        let contract = Contract::parse(postrider_contract::builtin_file("call-center").unwrap()).unwrap();
        let filter = json!({
            "attributes": {"contact_lists": {"$in": ["gold", "silver"]}},
            "data": {"seconds": {"$gte": 30}, "agent": {"$exist": true}, "$or": [{"a": 1}]}
        });
        let config = EndpointConfig { filter: Some(filter), ..EndpointConfig::default() };
        let (lines, rest) = filter_in_words(&config, &contract);
        assert_eq!(
            lines,
            ["Contact lists: gold, silver", "data.seconds is at least 30", "data.agent is there"]
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&rest).unwrap(),
            json!({"data": {"$or": [{"a": 1}]}})
        );
    }
}
