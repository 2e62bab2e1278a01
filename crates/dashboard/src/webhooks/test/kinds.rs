//! Which type a test is of.

use postrider_contract::Contract;
use postrider_model::pattern::TypeSet;

/// The types of tests for a webhook.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Those that are known, first what the webhook wants.
    pub(super) known: Vec<String>,
    /// What stands there at first: a type that the webhook wants.
    pub(super) first: String,
    /// Whether others can be entered.
    pub(super) open: bool,
}

impl Kinds {
    /// Of a webhook that wants these types and patterns, under a contract with these types in the catalogue.
    pub(super) fn of(mut known: Vec<String>, wanted: &[String], contract: &Contract) -> Self {
        let set = TypeSet::parse(wanted).unwrap_or_else(|_| TypeSet::none());
        let named: Vec<&String> = wanted.iter().filter(|pattern| !pattern.ends_with('*')).collect();
        for kind in &named {
            if !known.contains(kind) {
                known.push((*kind).clone());
            }
        }
        let notice = contract.health.notice.as_ref().map(|notice| notice.event_type.as_str());
        let is_notice = |kind: &String| notice == Some(kind.as_str());
        known.sort_by_key(|kind| (!named.contains(&kind), !set.matches(kind), is_notice(kind)));
        let open = contract.is_open();
        let fitting =
            known.iter().find(|kind| set.matches(kind) && (!is_notice(kind) || named.contains(kind)));
        let first = match (fitting, open) {
            (Some(kind), _) => kind.clone(),
            (None, true) => below(wanted),
            (None, false) => known.first().cloned().unwrap_or_default(),
        };
        Self { known, first, open }
    }
}

/// A type that the first pattern stands for.
fn below(wanted: &[String]) -> String {
    let stem = wanted.first().and_then(|pattern| pattern.strip_suffix(".*")).unwrap_or("test");
    format!("{stem}.{}", if stem == "test" { "sent" } else { "test" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(contract: &str, known: &[&str], wanted: &[&str]) -> Kinds {
        let contract = Contract::builtin(contract).unwrap();
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Kinds::of(owned(known), &owned(wanted), &contract)
    }

    #[test]
    fn what_the_webhook_wants_comes_first() {
        let kinds = kinds("standard", &["contact.created", "deal.won", "endpoint.disabled"], &["deal.*"]);
        assert_eq!(kinds.first, "deal.won");
        assert_eq!(kinds.known[0], "deal.won");
    }

    #[test]
    fn a_named_type_goes_before_those_of_a_pattern() {
        let kinds = kinds("standard", &["deal.lost", "deal.won"], &["deal.*", "contact.created"]);
        assert_eq!((kinds.first.as_str(), kinds.known[0].as_str()), ("contact.created", "contact.created"));
    }

    #[test]
    fn nobody_is_sent_a_notice_for_want_of_another_type() {
        assert_eq!(kinds("standard", &["endpoint.disabled"], &["contact.*"]).first, "contact.test");
        assert_eq!(kinds("standard", &["endpoint.disabled"], &[]).first, "test.sent");
        assert_eq!(kinds("standard", &["endpoint.disabled"], &["*"]).first, "test.sent");
        let asked = kinds("standard", &["endpoint.disabled"], &["endpoint.disabled"]);
        assert_eq!(asked.first, "endpoint.disabled");
    }

    #[test]
    fn under_a_closed_catalogue_a_type_is_one_of_its_own() {
        let kinds = kinds("scopien", &["lead.created", "lead.updated"], &["lead.updated"]);
        assert_eq!((kinds.first.as_str(), kinds.open), ("lead.updated", false));
    }
}
