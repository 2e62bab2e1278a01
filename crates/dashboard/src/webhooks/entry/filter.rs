//! What events a webhook wants beyond their types: the contract's own fields, rows, and JSON for what rows cannot show.

use maud::{Markup, html};
use postrider_contract::Contract;
use postrider_model::endpoint::EndpointConfig;
use postrider_model::filter::MAX_DEPTH;
use postrider_service::Fault;
use serde_json::{Map, Value};

use super::condition::{Condition, Parts, joined, parts};
use super::operator::{OPERATORS, Operator};
use crate::form::Fields;
use crate::view::code;
use crate::view::field::{Faults, Text};

/// Rows that are empty, to be filled in.
const SPARE_ROWS: usize = 2;

/// What is entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Whether the filter that a documented route was given, in a grammar of its own, stays as it is.
    pub(crate) kept: bool,
    /// The values of each of the contract's own fields, one a line.
    pub(crate) fields: Vec<String>,
    /// The rows.
    pub(crate) rows: Vec<Condition>,
    /// The rest as JSON.
    pub(crate) rest: String,
}

impl Filter {
    /// Of a new endpoint.
    pub(super) fn empty(contract: &Contract) -> Self {
        let fields = vec![String::new(); contract.endpoint.filter_fields.len()];
        Self { fields, ..Self::default() }
    }

    /// Of an endpoint.
    pub(crate) fn of(config: &EndpointConfig, contract: &Contract) -> Self {
        let names: Vec<_> = attributes(contract).collect();
        if config.dialect.is_some() {
            return Self { kept: true, ..Self::empty(contract) };
        }
        let Some(filter) = &config.filter else { return Self::empty(contract) };
        let Parts { attributes, rows, rest } = parts(filter, &names);
        let values = |name: &&str| {
            let values =
                attributes.iter().find(|(known, _)| known == name).map(|(_, values)| values.join("\n"));
            values.unwrap_or_default()
        };
        let rest = if rest.is_empty() { String::new() } else { format!("{:#}", Value::Object(rest)) };
        Self { kept: false, fields: names.iter().map(values).collect(), rows, rest }
    }

    /// What was entered.
    pub(super) fn read(fields: &Fields, contract: &Contract) -> Self {
        let lines = |index: usize| {
            let name = field_name(index);
            fields
                .text(&name)
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let operators = fields.every("filter_operator");
        let rows = fields.every("filter_field").zip(operators).zip(fields.every("filter_value"));
        let row = |((field, operator), value): ((&str, &str), &str)| Condition {
            field: field.to_owned(),
            operator: operator.to_owned(),
            value: value.to_owned(),
        };
        let rows = rows.map(row).filter(|row| !row.field.is_empty() || !row.value.is_empty());
        Self {
            kept: fields.text("filter") == "keep",
            fields: (0..contract.endpoint.filter_fields.len()).map(lines).collect(),
            rows: rows.collect(),
            rest: fields.text("filter_rest").replace("\r\n", "\n"),
        }
    }

    /// The field `filter`; `None` for none.
    pub(super) fn value(&self, contract: &Contract, faults: &mut Vec<Fault>) -> Option<Value> {
        let mut fault = |detail: String| faults.push(Fault::at("/filter", detail));
        let rest = match serde_json::from_str(&self.rest) {
            _ if self.rest.is_empty() => Map::new(),
            Ok(Value::Object(rest)) => rest,
            Ok(_) => {
                fault("The further conditions must be a JSON object.".to_owned());
                Map::new()
            }
            Err(error) => {
                fault(format!("The further conditions are not JSON: {error}."));
                Map::new()
            }
        };
        // A path is made into objects within each other, which are walked by recursion: a long one must not get that far.
        let (rows, too_deep): (Vec<_>, Vec<_>) =
            self.rows.iter().cloned().partition(|row| levels(row) <= MAX_DEPTH);
        if !too_deep.is_empty() {
            fault(format!("The name of a field has at most {MAX_DEPTH} parts with points between them."));
        }
        for row in &rows {
            if row.field.split('.').any(str::is_empty) {
                fault(format!(
                    "A condition needs the name of a field, such as data.amount, not {:?}.",
                    row.field
                ));
            } else if Operator::named(&row.operator).is_none() {
                fault(format!("There is no comparison {:?}.", row.operator));
            }
        }
        let values = |text: &String| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let names = attributes(contract).map(str::to_owned);
        let attributes = names.zip(self.fields.iter().map(values)).collect();
        joined(&Parts { attributes, rows, rest })
    }

    /// The contract's own fields.
    pub(super) fn own_fields(&self, contract: &Contract) -> Markup {
        html! {
            @for (index, field) in contract.endpoint.filter_fields.iter().enumerate() {
                @let value = self.fields.get(index).map_or("", String::as_str);
                @let hint = format!("{} One a line.", field.hint.as_deref().unwrap_or_default());
                (Text { name: &field_name(index), label: &field.title, hint: hint.trim(), value, rows: Some(3), ..Text::default() }.show())
            }
        }
    }

    /// Rows and JSON. `dialect` is the filter as a documented route was given it.
    pub(super) fn rows(&self, dialect: Option<&str>, faults: &Faults) -> Markup {
        html! {
            fieldset #filter {
                legend { "Filter" }
                p.hint { "Only events for which all of this holds. A field is a path in the event: " code { "data.amount" } ", " code { "attributes.region" } "." }
                @for fault in faults.at("/filter") { div.fault { p { (fault) } } }
                @match dialect {
                    Some(given) => {
                        (choice("keep", "Keep the filter as it was given by the API:", self.kept))
                        (code::block("The filter as it was given", given))
                        (choice("replace", "Use this instead:", !self.kept))
                        div.instead { (self.conditions()) }
                    }
                    None => (self.conditions()),
                }
            }
        }
    }

    fn conditions(&self) -> Markup {
        let spare = std::iter::repeat_n(Condition::default(), SPARE_ROWS);
        let rows: Vec<_> = self.rows.iter().cloned().chain(spare).collect();
        let rest = Text {
            name: "filter_rest",
            label: "Further conditions as JSON",
            hint: "A filter as the API takes it, for what rows cannot say: $or, $not. It holds beside the rows.",
            value: &self.rest,
            rows: Some(4),
            example: r#"{"$or": [{"data": {"stage": "won"}}, {"data": {"stage": "lost"}}]}"#,
            ..Text::default()
        };
        html! {
            div.rows #filter-rows data-what="Condition" {
                @for (index, row) in rows.iter().enumerate() { (condition(index, row)) }
            }
            (super::add_button("filter-rows", "Add a condition"))
            p.hint { "Numbers, true and false are taken as such: put a number in quotes to compare it as text. Several values are separated by commas." }
            details open[!self.rest.is_empty()] { summary { "As JSON" } (rest.show()) }
        }
    }
}

fn choice(value: &str, label: &str, checked: bool) -> Markup {
    html! { label.check { input type="radio" name="filter" value=(value) checked[checked]; span { (label) } } }
}

fn condition(index: usize, row: &Condition) -> Markup {
    html! {
        div.row role="group" aria-label={ "Condition " (index + 1) } {
            input name="filter_field" value=(row.field) aria-label="Field" placeholder="data.amount" autocomplete="off" spellcheck="false";
            select name="filter_operator" aria-label="Comparison" {
                @for operator in &OPERATORS { option value=(operator.name) selected[operator.name == row.operator] { (operator.words) } }
            }
            input name="filter_value" value=(row.value) aria-label="Value" placeholder="50000" autocomplete="off" spellcheck="false";
        }
    }
}

/// How deep in an event a row looks.
fn levels(row: &Condition) -> usize {
    row.field.split('.').count()
}

fn attributes(contract: &Contract) -> impl Iterator<Item = &str> {
    contract.endpoint.filter_fields.iter().map(|field| field.attribute.as_str())
}

fn field_name(index: usize) -> String {
    format!("filter_field_{index}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract(name: &str) -> Contract {
        Contract::parse(postrider_contract::builtin_file(name).unwrap()).unwrap()
    }

    #[test]
    fn contact_lists_are_a_field_that_becomes_a_filter() {
        let contract = contract("call-center");
        let form = Fields::from([
            ("filter_field_0", "gold\r\n\r\n silver "),
            ("filter_field", ""),
            ("filter_operator", "eq"),
            ("filter_value", ""),
        ]);
        let entered = Filter::read(&form, &contract);
        let mut faults = Vec::new();
        let filter = entered.value(&contract, &mut faults);
        assert_eq!(filter, Some(json!({"attributes": {"contact_lists": {"$in": ["gold", "silver"]}}})));
        let config = EndpointConfig { filter, ..EndpointConfig::default() };
        assert_eq!(Filter::of(&config, &contract), entered);
        assert!(entered.own_fields(&contract).into_string().contains("Contact lists"));
        assert!(faults.is_empty());
    }

    #[test]
    fn what_cannot_be_a_filter_is_told() {
        let contract = contract("standard");
        let form = Fields::from([
            ("filter_field", ""),
            ("filter_operator", "eq"),
            ("filter_value", "1"),
            ("filter_field", "data.a"),
            ("filter_operator", "like"),
            ("filter_value", "1"),
            ("filter_rest", "{\"a\":"),
        ]);
        let mut faults = Vec::new();
        Filter::read(&form, &contract).value(&contract, &mut faults);
        let details: Vec<_> = faults.into_iter().map(|fault| fault.detail).collect();
        assert!(details[0].starts_with("The further conditions are not JSON: EOF"), "{details:?}");
        assert!(details[1].starts_with("A condition needs the name of a field"), "{details:?}");
        assert_eq!(details[2], "There is no comparison \"like\".");
    }
}
