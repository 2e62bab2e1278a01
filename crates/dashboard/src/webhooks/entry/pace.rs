//! How a webhook is sent to: batches, rate, order.

use maud::{Markup, html};
use postrider_contract::{Batch, Contract};
use postrider_model::endpoint::{EndpointConfig, Ordering};
use postrider_service::Fault;
use serde_json::{Value, json};

use crate::form::Fields;
use crate::view::field::{Faults, Select, Text, checkbox};

/// What is entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Whether events are gathered.
    pub(crate) batches: bool,
    /// The most of them in one request.
    pub(crate) batch_size: String,
    /// The longest that the first waits, in seconds.
    pub(crate) batch_wait: String,
    /// Requests per second.
    pub(crate) rate: String,
    /// What keeps its order; empty for what the contract says.
    pub(crate) ordering: String,
}

impl Pace {
    /// Of an endpoint.
    pub(super) fn of(config: &EndpointConfig) -> Self {
        let number = |number: f64| number.to_string();
        Self {
            batches: config.batch.is_some(),
            batch_size: config.batch.map(|batch| batch.max_size.to_string()).unwrap_or_default(),
            batch_wait: config.batch.map(|batch| number(batch.max_wait_seconds)).unwrap_or_default(),
            rate: config.rate_limit.map(|rate| number(rate.per_second)).unwrap_or_default(),
            ordering: config.ordering.map(word).unwrap_or_default().to_owned(),
        }
    }

    /// What was entered. What is not on the form stays as in `base`.
    pub(super) fn read(fields: &Fields, base: &Self) -> Self {
        let with_batches = fields.checked("has_batches");
        let batch = |name: &str, before: &String| {
            if with_batches { fields.text(name).to_owned() } else { before.clone() }
        };
        Self {
            batches: if with_batches { fields.checked("batches") } else { base.batches },
            batch_size: batch("batch_size", &base.batch_size),
            batch_wait: batch("batch_wait", &base.batch_wait),
            rate: fields.text("rate").to_owned(),
            ordering: fields.text("ordering").to_owned(),
        }
    }

    /// The field `batch`.
    pub(super) fn batch(&self, faults: &mut Vec<Fault>) -> Value {
        if !self.batches {
            return Value::Null;
        }
        json!({
            "max_size": number(&self.batch_size, "/batch/max_size", true, faults),
            "max_wait_seconds": number(&self.batch_wait, "/batch/max_wait_seconds", false, faults),
        })
    }

    /// The field `rate_limit`.
    pub(super) fn rate_limit(&self, faults: &mut Vec<Fault>) -> Value {
        if self.rate.is_empty() {
            return Value::Null;
        }
        json!({ "per_second": number(&self.rate, "/rate_limit/per_second", false, faults) })
    }

    /// The field `ordering`.
    pub(super) fn ordering(&self) -> Value {
        if self.ordering.is_empty() { Value::Null } else { self.ordering.as_str().into() }
    }

    /// Whether both gather events in the same way.
    pub(super) fn same_batch(&self, other: &Self) -> bool {
        let batch = |pace: &Self| pace.batches.then(|| (pace.batch_size.clone(), pace.batch_wait.clone()));
        batch(self) == batch(other)
    }

    /// The fields.
    pub(super) fn fields(&self, contract: &Contract, faults: &Faults) -> Markup {
        html! {
            @match contract.endpoint.batch {
                Some(most) => (self.batch_fields(most, faults)),
                None => @if self.batches { p.soft { "Several events are sent in one request, as an earlier contract allowed." } },
            }
            (self.rate_field(contract, faults))
            (self.order_field(contract, faults))
        }
    }

    fn batch_fields(&self, most: Batch, faults: &Faults) -> Markup {
        let longest = most.max_wait.as_secs_f64();
        let size = Text {
            name: "batch_size",
            label: "Events in one request, at most",
            hint: &format!("1 to {}.", most.max_size),
            value: &self.batch_size,
            kind: "number",
            faults: faults.at("/batch/max_size").collect(),
            ..Text::default()
        };
        let wait = Text {
            name: "batch_wait",
            label: "Longest wait for further events, in seconds",
            hint: &format!("0 to {longest}."),
            value: &self.batch_wait,
            kind: "decimal",
            faults: faults.at("/batch/max_wait_seconds").collect(),
            ..Text::default()
        };
        html! {
            fieldset #batches {
                legend { "Batches" }
                input type="hidden" name="has_batches" value="1";
                (checkbox("batches", "1", &html! { "Gather several events in one request" }, self.batches))
                div.row.gathered { (size.show()) (wait.show()) }
            }
        }
    }

    fn rate_field(&self, contract: &Contract, faults: &Faults) -> Markup {
        let batches = contract.delivery.batches_per_second.filter(|_| contract.endpoint.batch.is_some());
        let hint = match (contract.delivery.per_second, batches) {
            (Some(most), Some(batches)) => {
                format!("At most {most}, and {batches} with batches: what also holds if this is left empty.")
            }
            (Some(most), None) => format!("At most {most}, which is also what holds if this is left empty."),
            (None, _) => "Left empty, requests are sent as fast as your server answers.".to_owned(),
        };
        Text {
            name: "rate",
            label: "Requests per second, at most",
            hint: &hint,
            value: &self.rate,
            kind: "decimal",
            faults: faults.at("/rate_limit").collect(),
            ..Text::default()
        }
        .show()
    }

    fn order_field(&self, contract: &Contract, faults: &Faults) -> Markup {
        let usual = format!("As usual: {}", words(contract.default_ordering()));
        let orders = [Ordering::None, Ordering::Key, Ordering::Endpoint];
        let mut options = vec![("", usual.as_str())];
        options.extend(orders.map(|order| (word(order), words(order))));
        Select {
            name: "ordering",
            label: "Order of events",
            hint: "Where order is kept, an event waits for those before it, also while they are tried again.",
            value: &self.ordering,
            options,
            faults: faults.at("/ordering").collect(),
        }
        .show()
    }
}

fn word(ordering: Ordering) -> &'static str {
    match ordering {
        Ordering::None => "none",
        Ordering::Key => "key",
        Ordering::Endpoint => "endpoint",
    }
}

/// What keeps its order, for people.
pub(crate) fn words(ordering: Ordering) -> &'static str {
    match ordering {
        Ordering::None => "each event on its own, in no order",
        Ordering::Key => "events of one thing in their order",
        Ordering::Endpoint => "all events in their order",
    }
}

fn number(text: &str, pointer: &str, whole: bool, faults: &mut Vec<Fault>) -> Value {
    let read = if whole {
        text.parse::<u32>().ok().map(Value::from)
    } else {
        // Where a comma stands before the fraction it is meant so.
        let number = text.replace(',', ".").parse::<f64>().ok();
        number.filter(|number| number.is_finite()).map(Value::from)
    };
    read.unwrap_or_else(|| {
        let what = if whole { "a whole number" } else { "a number" };
        let detail =
            if text.is_empty() { format!("This needs {what}.") } else { format!("This must be {what}.") };
        faults.push(Fault::at(pointer, detail));
        // Something that is right: of this field enough was said.
        1.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_told_at_its_field() {
        let form = Fields::from([
            ("has_batches", "1"),
            ("batches", "1"),
            ("batch_size", "ten"),
            ("batch_wait", "1,5"),
            ("rate", "fast"),
        ]);
        let pace = Pace::read(&form, &Pace::default());
        let mut faults = Vec::new();
        assert_eq!(pace.batch(&mut faults)["max_wait_seconds"], 1.5);
        pace.rate_limit(&mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/batch/max_size", "/rate_limit/per_second"]);
    }

    #[test]
    fn what_the_form_does_not_offer_stays() {
        let held = Pace { batches: true, batch_size: "5".into(), batch_wait: "1".into(), ..Pace::default() };
        let read = Pace::read(&Fields::from([("rate", "3")]), &held);
        assert!(read.same_batch(&held));
        assert_eq!(read.rate, "3");
    }
}
