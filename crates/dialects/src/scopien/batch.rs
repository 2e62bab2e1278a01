//! "Batch Webhooks": `batch`, `maxBatchSize`, `maxWaitTime`.

use std::ops::RangeInclusive;

use postrider_model::endpoint::BatchSetting;
use postrider_service::Fault;
use serde::Serialize;
use serde_json::{Map, Value, json};

const BATCH: &str = "batch";
const SIZE: &str = "maxBatchSize";
const WAIT: &str = "maxWaitTime";

/// The shortest `maxWaitTime` (DESIGN 4.4).
const SHORTEST_SECONDS: f64 = 1.0;

/// The most that the contract allows, which is the default too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Most {
    pub(super) size: u32,
    pub(super) wait_seconds: f64,
}

/// How a webhook's batches are shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    batch: bool,
    max_batch_size: u32,
    /// Seconds.
    max_wait_time: Value,
}

impl From<BatchSetting> for Shown {
    fn from(setting: BatchSetting) -> Self {
        Self {
            batch: true,
            max_batch_size: setting.max_size,
            max_wait_time: seconds(setting.max_wait_seconds),
        }
    }
}

/// What a request says of batches, as our field `batch`; `None` where it says nothing.
///
/// `batch` switches them on and off; the other two say how large they grow, on a webhook that has batches already too.
pub(super) fn read(
    body: &Map<String, Value>,
    held: Option<BatchSetting>,
    most: Option<Most>,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    if ![BATCH, SIZE, WAIT].into_iter().any(|name| body.contains_key(name)) {
        return None;
    }
    let on = match body.get(BATCH) {
        None => held.is_some(),
        Some(Value::Null) => false,
        Some(Value::Bool(on)) => *on,
        Some(_) => {
            faults.push(Fault::at(format!("/{BATCH}"), "This must be true or false."));
            return None;
        }
    };
    if !on {
        for name in
            [SIZE, WAIT].into_iter().filter(|name| body.get(*name).is_some_and(|value| !value.is_null()))
        {
            faults.push(Fault::at(
                format!("/{name}"),
                "The webhook has no batches: it goes with \"batch\": true.",
            ));
        }
        return Some(Value::Null);
    }
    let Some(most) = most else {
        faults.push(Fault::at(format!("/{BATCH}"), "The contract knows no batches."));
        return None;
    };
    let size = match body.get(SIZE) {
        None => json!(held.map_or(most.size, |held| held.max_size)),
        Some(Value::Null) => json!(most.size),
        // Its type and bounds are the same as those of ours.
        Some(given) => given.clone(),
    };
    let wait = match body.get(WAIT) {
        None => held.map_or(most.wait_seconds, |held| held.max_wait_seconds),
        Some(Value::Null) => most.wait_seconds,
        // One that is not valid does not keep a fault of the size from being told.
        Some(given) => wait(given, SHORTEST_SECONDS..=most.wait_seconds, faults).unwrap_or(most.wait_seconds),
    };
    Some(json!({"max_size": size, "max_wait_seconds": wait}))
}

fn wait(given: &Value, range: RangeInclusive<f64>, faults: &mut Vec<Fault>) -> Option<f64> {
    let wait = given.as_f64().filter(|wait| range.contains(wait));
    if wait.is_none() {
        let detail =
            format!("This must be a number of seconds between {} and {}.", range.start(), range.end());
        faults.push(Fault::at(format!("/{WAIT}"), detail));
    }
    wait
}

/// Whole seconds are written as people write them: `60`, not `60.0`.
fn seconds(seconds: f64) -> Value {
    if seconds.fract() == 0.0 { json!(seconds as u64) } else { json!(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: BatchSetting = BatchSetting { max_size: 10, max_wait_seconds: 5.0 };

    fn read_with(held: Option<BatchSetting>, body: Value) -> (Option<Value>, Vec<String>) {
        let mut faults = Vec::new();
        let most = Some(Most { size: 100, wait_seconds: 60.0 });
        let read = read(body.as_object().unwrap(), held, most, &mut faults);
        (read, faults.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn what_is_not_said_stays_or_is_the_most_there_may_be() {
        for (held, body, expected) in [
            (None, json!({"url": "x"}), None),
            (None, json!({"batch": true}), Some(json!({"max_size": 100, "max_wait_seconds": 60.0}))),
            (
                None,
                json!({"batch": true, "maxBatchSize": 7}),
                Some(json!({"max_size": 7, "max_wait_seconds": 60.0})),
            ),
            (Some(HELD), json!({"batch": true}), Some(json!({"max_size": 10, "max_wait_seconds": 5.0}))),
            (Some(HELD), json!({"maxWaitTime": 9}), Some(json!({"max_size": 10, "max_wait_seconds": 9.0}))),
            (
                Some(HELD),
                json!({"maxWaitTime": null}),
                Some(json!({"max_size": 10, "max_wait_seconds": 60.0})),
            ),
            (
                Some(HELD),
                json!({"maxBatchSize": null}),
                Some(json!({"max_size": 100, "max_wait_seconds": 5.0})),
            ),
            (Some(HELD), json!({"batch": false}), Some(Value::Null)),
            (Some(HELD), json!({"batch": null, "maxBatchSize": null}), Some(Value::Null)),
            (None, json!({"maxWaitTime": null}), Some(Value::Null)),
        ] {
            assert_eq!(read_with(held, body.clone()), (expected, vec![]), "{body}");
        }
    }

    #[test]
    fn sizes_without_batches_and_waits_out_of_range_are_faults() {
        for (held, body, faults) in [
            (None, json!({"maxBatchSize": 5, "maxWaitTime": 5}), vec!["/maxBatchSize", "/maxWaitTime"]),
            (Some(HELD), json!({"batch": false, "maxWaitTime": 5}), vec!["/maxWaitTime"]),
            (Some(HELD), json!({"batch": "yes"}), vec!["/batch"]),
            (None, json!({"batch": true, "maxWaitTime": 0}), vec!["/maxWaitTime"]),
            (None, json!({"batch": true, "maxWaitTime": 0.9}), vec!["/maxWaitTime"]),
            (None, json!({"batch": true, "maxWaitTime": 61}), vec!["/maxWaitTime"]),
            (None, json!({"batch": true, "maxWaitTime": "5"}), vec!["/maxWaitTime"]),
        ] {
            assert_eq!(read_with(held, body.clone()).1, faults, "{body}");
        }
    }

    #[test]
    fn a_contract_without_batches_says_so() {
        let mut faults = Vec::new();
        let body = json!({"batch": true});
        assert_eq!(read(body.as_object().unwrap(), None, None, &mut faults), None);
        assert_eq!(faults[0].pointer, "/batch");
    }

    #[test]
    fn whole_seconds_are_shown_as_whole_numbers() {
        assert_eq!(
            (seconds(60.0).to_string(), seconds(0.5).to_string()),
            ("60".to_owned(), "0.5".to_owned())
        );
    }
}
