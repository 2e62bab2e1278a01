//! A contract in words: what somebody who chooses one wants to know of it (DESIGN 4.3).

use std::time::Duration;

use maud::{Markup, html};
use postrider_contract::Contract;
use postrider_model::endpoint::Ordering;
use postrider_model::health::DisableRule;

use crate::view::time::span;

/// What a contract says, in plain values.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    /// How projects name it.
    pub(super) name: String,
    /// How people name it.
    pub(super) title: String,
    /// What it says: (about what, what).
    pub(super) says: Vec<(&'static str, String)>,
}

impl Terms {
    /// Of a contract.
    pub(super) fn of(contract: &Contract) -> Self {
        Self {
            name: contract.name.clone(),
            title: contract.title.clone(),
            says: vec![
                ("Event types", event_types(contract)),
                ("Signature", signature(contract)),
                ("Retries", timetable(&contract.delivery.schedule)),
                ("Timeout", span(contract.delivery.timeout)),
                ("Disabled", rule(contract.health.disable)),
                ("Order", order(contract).to_owned()),
                ("API", routes(contract)),
            ],
        }
    }

    /// As one of the contracts to choose from, in a field named `contract`.
    pub(super) fn choice(&self, chosen: bool) -> Markup {
        html! {
            div.choice {
                label.check {
                    input type="radio" name="contract" value=(self.name) checked[chosen] required;
                    span { strong { bdi { (self.title) } } span.soft { code { bdi { (self.name) } } } }
                }
                (self.facts())
            }
        }
    }

    fn facts(&self) -> Markup {
        html! { dl.facts.small { @for (about, what) in &self.says { div { dt { (about) } dd { (what) } } } } }
    }
}

fn event_types(contract: &Contract) -> String {
    let number = contract.event_types().len();
    match (contract.is_open(), number) {
        (true, 0) => "any name is accepted".to_owned(),
        (true, _) => format!("{number} declared; any other name is accepted too"),
        (false, 0) => "only those that you declare".to_owned(),
        (false, _) => format!("{number} declared; others are refused unless you declare them"),
    }
}

fn signature(contract: &Contract) -> String {
    let names: Vec<_> = contract.signature_headers().iter().map(|header| header.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The waits of a timetable, as a sentence's part.
pub(super) fn timetable(steps: &[Duration]) -> String {
    match steps {
        [] => "none: one attempt".to_owned(),
        steps => {
            let waits: Vec<_> = steps.iter().map(|step| span(*step)).collect();
            format!("after {}", waits.join(", "))
        }
    }
}

/// When an endpoint is disabled by itself.
pub(super) fn rule(rule: DisableRule) -> String {
    match rule {
        DisableRule::Never => "never by itself".to_owned(),
        DisableRule::DeliveryExhausted => {
            "when a delivery used up its attempts and nothing succeeded meanwhile".to_owned()
        }
        DisableRule::ConsecutiveFailures(1) => "after one failed attempt".to_owned(),
        DisableRule::ConsecutiveFailures(number) => format!("after {number} failed attempts in a row"),
        DisableRule::FailingFor(time) => format!("after {} of nothing but failures", span(time)),
    }
}

fn order(contract: &Contract) -> &'static str {
    match contract.default_ordering() {
        Ordering::None => "none: the newest never wait for older ones",
        Ordering::Key => "events of one key in their order",
        Ordering::Endpoint => "all events of a webhook in their order",
    }
}

fn routes(contract: &Contract) -> String {
    match contract.dialect.as_str() {
        "none" => "the native API".to_owned(),
        dialect => format!("the documented routes of {dialect}, and the native API"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_says_what_it_means_for_a_team() {
        let terms = Terms::of(&Contract::builtin("scopien").unwrap());
        let says = |about| {
            terms.says.iter().find(|(name, _)| *name == about).map(|(_, what)| what.replace('\u{a0}', " "))
        };
        assert_eq!(says("Signature").as_deref(), Some("x-scopien-signature"));
        assert_eq!(says("Retries").as_deref(), Some("after 5 s, 30 s, 2 min, 10 min, 1 h"));
        assert!(
            says("Event types")
                .is_some_and(|text| text.ends_with("others are refused unless you declare them"))
        );
        let terms = Terms::of(&Contract::builtin("call-center").unwrap());
        assert!(terms.says.contains(&("Signature", "none".to_owned())));
        assert!(terms.says.contains(&("Disabled", "never by itself".to_owned())));
    }
}
