//! What a webhook wants: all events, or those of chosen types and patterns.

use std::collections::BTreeSet;

use maud::{Markup, html};
use postrider_contract::Contract;
use serde_json::Value;

use crate::form::Fields;
use crate::view::field::{Faults, Text, checkbox};
use crate::view::shortened;

/// What stands in the picker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Types {
    /// Whether all events are wanted.
    pub(crate) all: bool,
    /// Types and patterns that are checked.
    pub(crate) chosen: Vec<String>,
    /// Further ones, one a line.
    pub(crate) other: String,
}

/// A type that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownType {
    /// Its name.
    pub(crate) name: String,
    /// What it means.
    pub(crate) description: String,
}

impl Types {
    /// Of an endpoint's patterns.
    pub(super) fn of(patterns: &[String]) -> Self {
        Self { all: patterns.is_empty(), chosen: patterns.to_vec(), other: String::new() }
    }

    /// What was entered.
    pub(super) fn read(fields: &Fields) -> Self {
        Self {
            all: fields.text("types") == "all",
            chosen: fields.all("type").map(str::to_owned).collect(),
            other: fields.text("other_types").to_owned(),
        }
    }

    /// The field `event_types`; `None` where nothing was chosen.
    pub(super) fn value(&self) -> Option<Value> {
        let patterns: Vec<_> = self.patterns().into_iter().collect();
        (self.all || !patterns.is_empty()).then(|| patterns.into())
    }

    /// Whether both ask for the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        let set = |types: &Self| types.patterns().into_iter().collect::<BTreeSet<_>>();
        self.all == other.all && set(self) == set(other)
    }

    fn patterns(&self) -> Vec<String> {
        if self.all {
            return Vec::new();
        }
        let further = self.other.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut known = BTreeSet::new();
        let all = self.chosen.iter().map(String::as_str).chain(further);
        all.filter(|pattern| known.insert(*pattern)).map(str::to_owned).collect()
    }

    /// The picker.
    pub(super) fn picker(&self, known: &[KnownType], contract: &Contract, faults: &Faults) -> Markup {
        let groups = groups(known, contract.endpoint.wildcards);
        let listed = |name: &str| {
            known.iter().any(|kind| kind.name == name)
                || groups.iter().any(|group| group.pattern.as_deref() == Some(name))
        };
        let strangers: Vec<_> = self.chosen.iter().filter(|name| !listed(name)).collect();
        let radio = |value: &str, label: &str, checked: bool| {
            html! { label.check { input type="radio" name="types" value=(value) checked[checked]; span { (label) } } }
        };
        html! {
            fieldset #types {
                legend { "Events" }
                @for fault in faults.at("/event_types") { div.fault { p { (fault) } } }
                (radio("all", "All events", self.all))
                (radio("chosen", "Only these:", !self.all))
                div.chosen {
                    div.field hidden {
                        label for="find-type" { "Find an event" }
                        input #find-type type="search" data-filters="type-list" autocomplete="off";
                    }
                    @if !known.is_empty() || !strangers.is_empty() {
                        div.picker #type-list {
                            @for name in strangers { (self.choice(name, "")) }
                            @for group in &groups { (self.group(group)) }
                        }
                    }
                    @if contract.is_open() || contract.endpoint.wildcards { (self.further(contract)) }
                }
            }
        }
    }

    fn group(&self, group: &Group<'_>) -> Markup {
        html! {
            @match &group.pattern {
                Some(pattern) => div.types {
                    (self.choice(pattern, &format!("All of these {}", group.types.len())))
                    @for kind in &group.types { (self.choice(&kind.name, &kind.description)) }
                },
                None => @for kind in &group.types { (self.choice(&kind.name, &kind.description)) },
            }
        }
    }

    fn choice(&self, name: &str, description: &str) -> Markup {
        let label = html! {
            code { (shortened(name, 120)) }
            @if !description.is_empty() { span.soft { (shortened(description, 300)) } }
        };
        checkbox("type", name, &label, self.chosen.iter().any(|chosen| chosen == name))
    }

    fn further(&self, contract: &Contract) -> Markup {
        let hint = match (contract.is_open(), contract.endpoint.wildcards) {
            (true, true) => {
                "One a line: other types, or patterns such as contact.* for everything below contact."
            }
            (true, false) => "Other types, one a line.",
            (false, _) => "Patterns, one a line: contact.* stands for every event below contact.",
        };
        let label = if contract.is_open() { "Other events" } else { "Patterns" };
        Text { name: "other_types", label, hint, value: &self.other, rows: Some(2), ..Text::default() }.show()
    }
}

/// Types that stand together.
struct Group<'a> {
    /// The pattern that means all of them.
    pattern: Option<String>,
    types: Vec<&'a KnownType>,
}

/// Types of one stem together, where a pattern may be asked for and there are several; in the order of their first.
fn groups(known: &[KnownType], wildcards: bool) -> Vec<Group<'_>> {
    let stem = |kind: &KnownType| {
        let stem = kind.name.split_once('.').map(|(stem, _)| stem)?;
        wildcards.then(|| format!("{stem}.*"))
    };
    let mut groups: Vec<Group<'_>> = Vec::new();
    for kind in known {
        let pattern = stem(kind);
        match groups.iter_mut().find(|group| group.pattern == pattern) {
            Some(group) => group.types.push(kind),
            None => groups.push(Group { pattern, types: vec![kind] }),
        }
    }
    for group in &mut groups {
        if group.types.len() < 2 {
            group.pattern = None;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known(names: &[&str]) -> Vec<KnownType> {
        names.iter().map(|name| KnownType { name: (*name).to_owned(), description: String::new() }).collect()
    }

    #[test]
    fn types_of_one_stem_stand_together_where_a_pattern_may_be_asked_for() {
        let types = known(&["lead.created", "case.closed", "lead.updated", "Call Ended"]);
        let shape = |wildcards| {
            let groups = groups(&types, wildcards);
            groups.into_iter().map(|group| (group.pattern, group.types.len())).collect::<Vec<_>>()
        };
        assert_eq!(shape(true), [(Some("lead.*".to_owned()), 2), (None, 1), (None, 1)]);
        assert_eq!(shape(false), [(None, 4)]);
    }

    #[test]
    fn all_and_nothing_chosen_are_not_the_same() {
        let none = Types::read(&Fields::from([("types", "chosen"), ("other_types", " \r\n ")]));
        assert_eq!(none.value(), None);
        let all = Types::read(&Fields::from([("types", "all"), ("type", "a.b")]));
        assert_eq!(all.value(), Some(json!([])));
        let some = Types::read(&Fields::from([
            ("types", "chosen"),
            ("type", "a.b"),
            ("other_types", "c.*\r\n a.b"),
        ]));
        assert_eq!(some.value(), Some(json!(["a.b", "c.*"])));
        assert!(some.same(&Types::of(&["c.*".to_owned(), "a.b".to_owned()])));
        assert!(!some.same(&Types::of(&[])));
    }
}
