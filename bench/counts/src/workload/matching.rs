//! Which endpoints want an event: their filters and their event types.

use std::hint::black_box;

use postrider_model::filter::Filter;
use postrider_model::json;
use postrider_model::pattern::TypeSet;

use super::{Run, event};
use crate::Outcome;

pub(super) const COUNT: usize = 500;

/// An event against a filter of many operators.
pub(super) fn filter(run: Run) -> Outcome {
    let filter = Filter::parse(&serde_json::from_str(event::FILTER)?)?;
    let head = r#""type":"type.1","tenant":"t1","timestamp":"2026-01-22T10:30:00.000Z""#;
    let text = format!(r#"{{{head},"data":{}}}"#, event::DATA);
    let event = json::view(text.as_bytes())?;
    let mut passed = 0;
    for _ in 0..run.count {
        passed += usize::from(black_box(&filter).matches(black_box(&event)));
    }
    if passed == run.count { Ok(()) } else { Err("the event does not pass its filter".into()) }
}

/// An event's type against what ten endpoints ask for: names, patterns, lists of them, everything.
pub(super) fn types(run: Run) -> Outcome {
    let asked: [&[&str]; 10] = [
        &["contact.created"],
        &["contact.*"],
        &["invoice.paid", "invoice.voided", "invoice.overdue"],
        &["opportunity.stage_changed"],
        &["opportunity.*", "contact.*"],
        &["call.*"],
        &["*"],
        &[],
        &["task.created", "task.completed", "opportunity.created", "opportunity.closed"],
        &["conversation.completed"],
    ];
    let sets = asked.into_iter().map(TypeSet::parse).collect::<Result<Vec<_>, _>>()?;
    let mut wanted = 0;
    for _ in 0..run.count {
        let kind = black_box("opportunity.stage_changed");
        wanted += black_box(&sets).iter().filter(|set| set.matches(kind)).count();
    }
    // By its name, by its pattern, and by the two that want everything.
    if wanted == 4 * run.count { Ok(()) } else { Err("other endpoints want the event".into()) }
}
