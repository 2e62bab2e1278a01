//! The page of a replay that is to begin.

use maud::{Markup, html};
use postrider_model::time::Millis;

use super::asked::{Asked, SPANS};
use crate::form::Forms;
use crate::view::field::{Text, checkbox};
use crate::view::time;
use crate::visit::Visit;
use crate::visit::links::with_query;

/// States that can be replayed: (name, words).
const STATES: [(&str, &str); 4] = [
    ("failed", "failed: given up after the last retry"),
    ("held", "held: because the webhook was disabled"),
    ("delivered", "delivered"),
    ("cancelled", "cancelled"),
];

/// The page.
#[derive(Debug, Default)]
pub(super) struct ReplayForm {
    /// The webhook's page.
    pub(super) address: String,
    pub(super) enabled: bool,
    pub(super) disabled_at: Option<Millis>,
    /// How many a second where it is not said.
    pub(super) per_second: u32,
    pub(super) asked: Asked,
    /// How many deliveries are meant, where that was asked.
    pub(super) matched: Option<u64>,
}

impl ReplayForm {
    /// The page.
    pub(super) fn markup(&self, _: &Visit, forms: &Forms) -> Markup {
        html! {
            div.panel.form {
                p { "A replay sends again what was not delivered. Events keep their ids, so that your server can tell what it has already." }
                (self.presets())
                form method="get" action=(self.action()) { (self.fields()) }
            }
            @if let Some(matched) = self.matched { (self.outcome(matched, forms)) }
        }
    }

    fn action(&self) -> String {
        format!("{}/replay", self.address)
    }

    fn presets(&self) -> Markup {
        let action = self.action();
        let since = self.disabled_at.map(|at| time::for_field(Some(at)));
        html! {
            nav.presets aria-label="Usual spans" {
                span.soft { "What failed or was held, in short:" }
                @for (name, words, _) in SPANS { a.button href=(with_query(&action, &[("span", name)])) { (words) } }
                @if let Some(since) = &since { a.button href=(with_query(&action, &[("since", since)])) { "Since it was disabled" } }
                a.button href=(with_query(&action, &[("status", "held")])) { "All that is held" }
            }
        }
    }

    fn fields(&self) -> Markup {
        let Asked { since, until, states, types, faults, .. } = &self.asked;
        let moment = |name: &'static str, label: &'static str, value: &str| {
            let faults = faults.at(if name == "since" { "/since" } else { "/until" }).collect();
            Text { name, label, value, hint: "In UTC.", kind: "datetime-local", faults, ..Text::default() }
                .show()
        };
        let kinds = Text {
            name: "types",
            label: "Only these events",
            hint: "One a line; left empty, all.",
            value: types,
            rows: Some(2),
            faults: faults.at("/types").collect(),
            ..Text::default()
        };
        html! {
            (faults.summary(&[("/since", "Since", "since"), ("/until", "Until", "until"), ("/types", "Only these events", "types"), ("/status", "Which", "status"), ("/per_second", "A second", "per_second")]))
            input type="hidden" name="asked" value="1";
            div.row.wide { (moment("since", "Since", since)) (moment("until", "Until", until)) }
            fieldset #status {
                legend { "Which" }
                @for fault in faults.at("/status") { div.fault { p { (fault) } } }
                @for (state, words) in STATES { (checkbox("status", state, &html! { (words) }, states.iter().any(|known| known == state))) }
            }
            (kinds.show())
            div.buttons {
                button.primary[self.matched.is_none()] type="submit" { "Count" }
                a.button href=(self.address) { "Cancel" }
            }
        }
    }

    fn outcome(&self, matched: u64, forms: &Forms) -> Markup {
        let start = if matched == 1 { "Send 1 again".to_owned() } else { format!("Send {matched} again") };
        let pace = self.per_second.to_string();
        let per_second = Text {
            name: "per_second",
            label: "How many a second",
            value: if self.asked.per_second.is_empty() { &pace } else { &self.asked.per_second },
            kind: "number",
            required: true,
            faults: self.asked.faults.at("/per_second").collect(),
            ..Text::default()
        };
        html! {
            section.panel.form aria-live="polite" {
                h2 { @match matched {
                    0 => "There is nothing to replay",
                    1 => "1 delivery would be sent again",
                    _ => { (matched) " deliveries would be sent again" }
                } }
                @if matched == 0 { p { "Nothing of this webhook matches. Choose a longer span, or other states." } }
                @else if !self.enabled {
                    p.warning { "The webhook is disabled: enable it first." }
                    (forms.button(&format!("{}/enable", self.address), "Enable"))
                } @else {
                    (forms.form(&self.action(), html! {
                        (self.hidden())
                        (per_second.show())
                        div.buttons { button.primary type="submit" { (start) } }
                    }))
                }
            }
        }
    }

    /// What was counted is what is sent.
    fn hidden(&self) -> Markup {
        let Asked { since, until, states, types, .. } = &self.asked;
        html! {
            input type="hidden" name="asked" value="1";
            @for (name, value) in [("since", since), ("until", until), ("types", types)] { input type="hidden" name=(name) value=(value); }
            @for state in states { input type="hidden" name="status" value=(state); }
        }
    }
}

#[cfg(test)]
mod tests {
    use postrider_service::Fault;

    use super::*;
    use crate::samples::{Kind, View, check, hostile};
    use crate::view::field::Faults;

    impl View for ReplayForm {
        fn sample(kind: Kind) -> Self {
            let base = Self { address: "/portal/webhooks/ep_1".into(), ..Self::default() };
            match kind {
                Kind::Empty => base,
                Kind::Sample => Self {
                    enabled: true,
                    disabled_at: Some(Millis(1_769_077_800_000)),
                    per_second: 50,
                    asked: Asked { states: vec!["failed".into()], ..Asked::default() },
                    matched: Some(123),
                    ..base
                },
                Kind::Hostile => Self {
                    asked: Asked {
                        since: hostile(),
                        until: hostile(),
                        states: vec![hostile()],
                        types: hostile(),
                        per_second: hostile(),
                        faults: Faults::new(vec![Fault::at("/since", hostile())]),
                    },
                    matched: Some(u64::MAX),
                    enabled: true,
                    ..base
                },
            }
        }

        fn markup(&self, visit: &Visit, forms: &Forms) -> Markup {
            self.markup(visit, forms)
        }
    }

    #[test]
    fn the_form_bears_any_data() {
        check::<ReplayForm>();
    }
}
