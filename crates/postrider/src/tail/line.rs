//! A delivery in one line.

use std::time::Duration;

use postrider_model::time::Millis;
use serde_json::Value;

use crate::columns::{shown, some};
use crate::times::for_people;

/// When, state, event and endpoint, type and tenant, what came of the last attempt, what comes next.
pub(super) fn of(delivery: &Value) -> String {
    let attempt = &delivery["last_attempt"];
    let began = some(&attempt["started_at"]).or_else(|| some(&delivery["accepted_at"])).unwrap_or_default();
    let began = began.trim_end_matches('Z').replacen('T', " ", 1);
    let mark = match delivery["status"].as_str() {
        Some("delivered") => "✓",
        Some("failed") => "✗",
        _ => "·",
    };
    let test = if delivery["test"] == true { " (test)" } else { "" };
    format!(
        "{began}  {mark} {:<9}  {} → {}  {}{test} for {}{}",
        shown(&delivery["status"]),
        shown(&delivery["event"]),
        shown(&delivery["endpoint"]),
        shown(&delivery["type"]),
        shown(&delivery["tenant"]),
        outcome(attempt, &delivery["next_attempt_at"]).map(|told| format!("  {told}")).unwrap_or_default(),
    )
}

/// `#2 503 in 12 ms, again in 5 s`.
fn outcome(attempt: &Value, next: &Value) -> Option<String> {
    let number = some(&attempt["number"])?;
    let answer = match (some(&attempt["response_status"]), some(&attempt["error"])) {
        // That the status is the error goes without saying.
        (Some(status), Some(error)) if error != "http_status" => format!("{status} {error}"),
        (Some(status), _) => status,
        (None, Some(error)) => error,
        (None, None) => "no answer".to_owned(),
    };
    let again =
        wait(attempt, next).map(|wait| format!(", again in {}", for_people(wait))).unwrap_or_default();
    Some(format!("#{number} {answer} in {} ms{again}", shown(&attempt["latency_ms"])))
}

/// From the attempt's end to the next one's earliest time.
fn wait(attempt: &Value, next: &Value) -> Option<Duration> {
    let next = Millis::parse(next.as_str()?).ok()?;
    let began = Millis::parse(attempt["started_at"].as_str()?).ok()?;
    let ended = Millis(began.0.saturating_add(attempt["latency_ms"].as_i64()?));
    let wait = next.since(ended);
    // To the second: the rest is jitter.
    Some(if wait.as_secs() > 0 {
        Duration::from_secs((wait + Duration::from_millis(500)).as_secs())
    } else {
        wait
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_tells_what_came_of_the_last_attempt_and_what_comes_next() {
        let mut delivery = json!({
            "event": "evt_1", "endpoint": "ep_1", "tenant": "t1", "type": "a.b", "status": "pending",
            "accepted_at": "2026-01-02T03:04:05.000Z", "attempt_count": 0, "last_attempt": null,
            "next_attempt_at": "2026-01-02T03:04:05.000Z", "test": false,
        });
        assert_eq!(of(&delivery), "2026-01-02 03:04:05.000  · pending    evt_1 → ep_1  a.b for t1");
        delivery["last_attempt"] = json!({
            "number": 2, "started_at": "2026-01-02T03:04:06.000Z", "latency_ms": 12, "success": false,
            "response_status": 503, "error": "http_status",
        });
        delivery["next_attempt_at"] = json!("2026-01-02T03:04:11.012Z");
        assert_eq!(
            of(&delivery),
            "2026-01-02 03:04:06.000  · pending    evt_1 → ep_1  a.b for t1  #2 503 in 12 ms, again in 5 s"
        );
        delivery["last_attempt"]["response_status"] = json!(null);
        delivery["last_attempt"]["error"] = json!("timeout");
        delivery["next_attempt_at"] = json!(null);
        delivery["status"] = json!("failed");
        assert!(of(&delivery).ends_with("✗ failed     evt_1 → ep_1  a.b for t1  #2 timeout in 12 ms"));
    }
}
