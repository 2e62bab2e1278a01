//! The server's limits, each with a name, a default and a documented error.

mod seconds;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is refused, and from which size on. As settings lengths of time are in seconds, and their names say so:
/// `max_retry_step_seconds`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// One event's JSON as sent, in bytes (413 `too_large`).
    pub max_event_bytes: usize,
    /// The smallest that a project may set its largest event to, in bytes (422).
    pub min_settable_event_bytes: usize,
    /// The largest that a project may set its largest event to, in bytes (422).
    pub max_settable_event_bytes: usize,
    /// Events in one batch request (422).
    pub max_batch_events: usize,
    /// The body of a batch request, in bytes (413 `too_large`).
    pub max_batch_body_bytes: usize,
    /// The body of any other request, in bytes (413 `too_large`).
    pub max_body_bytes: usize,
    /// From a request's headers to the end of its body (408 `request_timeout`).
    #[serde(rename = "max_body_wait_seconds", with = "seconds")]
    pub max_body_wait: Duration,
    /// White space and a longer spelling around an event whose JSON is itself small enough, in bytes (413 `too_large`).
    pub event_body_slack_bytes: usize,
    /// Faults that one answer tells: many bad events need not make an answer of megabytes.
    pub max_faults: usize,
    /// Nesting of `data`, `changes`, `attributes`, filters and schemas (422).
    pub json_depth: usize,
    /// Rows of a list where no `limit` is asked for.
    pub default_list_limit: usize,
    /// The most rows of a list; a larger `limit` is this (DESIGN 4.4).
    pub max_list_limit: usize,
    /// Bytes of an idempotency key (422).
    pub max_idempotency_key_bytes: usize,
    /// Bytes of an ordering key (422).
    pub max_ordering_key_bytes: usize,
    /// Members of an event's attributes (422).
    pub max_attributes: usize,
    /// Bytes of an event's attributes as JSON (422).
    pub max_attributes_bytes: usize,
    /// Bytes of an endpoint's URL (422).
    pub max_url_bytes: usize,
    /// Characters of names (422).
    pub max_name_chars: usize,
    /// Characters of descriptions (422).
    pub max_description_chars: usize,
    /// Type patterns of an endpoint (422).
    pub max_event_types: usize,
    /// Custom headers of an endpoint (422).
    pub max_headers: usize,
    /// Bytes of one custom header, name and value (422).
    pub max_header_bytes: usize,
    /// Bytes of an endpoint's metadata as JSON (422).
    pub max_metadata_bytes: usize,
    /// Bytes of a filter as JSON (422).
    pub max_filter_bytes: usize,
    /// Bytes of a JSON Schema (422; DESIGN 7 "Bounds").
    pub max_schema_bytes: usize,
    /// Regular expressions in a JSON Schema (422; DESIGN 7 "Bounds").
    pub max_schema_patterns: usize,
    /// Characters of an event type's description (422).
    pub max_event_type_description_chars: usize,
    /// Bytes of an event type's example as JSON (422).
    pub max_example_bytes: usize,
    /// Schemas that one value of the data may meet, by the schema alone (422; DESIGN 7 "Bounds").
    pub max_schemas_per_value: u64,
    /// Faults against its schema that are told of one event.
    pub max_schema_faults: usize,
    /// Characters of the names of projects and keys (422).
    pub max_label_chars: usize,
    /// Origins of pages that may embed a project's portal (422).
    pub max_origins: usize,
    /// Steps of a retry timetable (422).
    pub max_retry_steps: usize,
    /// The longest step of a retry timetable (422).
    #[serde(rename = "max_retry_step_seconds", with = "seconds")]
    pub max_retry_step: Duration,
    /// All steps of a retry timetable together (422).
    #[serde(rename = "max_retry_total_seconds", with = "seconds")]
    pub max_retry_total: Duration,
    /// The shortest deadline of an attempt (422).
    #[serde(rename = "min_timeout_seconds", with = "seconds")]
    pub min_timeout: Duration,
    /// The longest deadline of an attempt (422).
    #[serde(rename = "max_timeout_seconds", with = "seconds")]
    pub max_timeout: Duration,
    /// The lowest rate an endpoint may ask for, in requests per second (422): one in an hour and a half or so.
    pub min_rate_per_second: f64,
    /// The highest rate an endpoint may ask for where its contract sets none, in requests per second (422).
    pub max_rate_per_second: f64,
    /// The most attempts in flight of one endpoint (422).
    pub max_in_flight: u32,
    /// How long an old secret goes on signing where the request does not say (DESIGN 4.4).
    #[serde(rename = "default_secret_overlap_seconds", with = "seconds")]
    pub default_secret_overlap: Duration,
    /// The longest that an old secret may go on signing (422).
    #[serde(rename = "max_secret_overlap_seconds", with = "seconds")]
    pub max_secret_overlap: Duration,
    /// Secrets of one endpoint that sign at once, for the header grows with each; a rotation beyond ends the oldest.
    pub max_secrets: usize,
    /// Steps of one answer of statistics (422).
    pub max_stats_steps: u64,
    /// The longest step of statistics, in minutes (422).
    pub max_stats_step_minutes: u32,
    /// Deliveries per second of a replay where the request does not say.
    pub default_replay_per_second: u32,
    /// The most deliveries per second of a replay (422).
    pub max_replay_per_second: u32,
    /// How far ahead an event may be scheduled (422; DESIGN 4.4).
    #[serde(rename = "max_schedule_ahead_seconds", with = "seconds")]
    pub max_schedule_ahead: Duration,
    /// Tenants and endpoints whose routes are kept in memory; those used least are read again when they come.
    pub cached_endpoints: u64,
    /// Event types of a project whose rows are kept in memory; others are looked up when they come.
    pub cached_event_types: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            max_event_bytes: 256 * 1024,
            min_settable_event_bytes: 1_024,
            max_settable_event_bytes: 4 * 1024 * 1024,
            max_batch_events: 1_000,
            max_batch_body_bytes: 16 * 1024 * 1024,
            max_body_bytes: 512 * 1024,
            max_body_wait: Duration::from_secs(30),
            event_body_slack_bytes: 16 * 1024,
            max_faults: 100,
            json_depth: 64,
            default_list_limit: 50,
            max_list_limit: 250,
            max_idempotency_key_bytes: 255,
            max_ordering_key_bytes: 255,
            max_attributes: 50,
            max_attributes_bytes: 16 * 1024,
            max_url_bytes: 2_048,
            max_name_chars: 128,
            max_description_chars: 2_000,
            max_event_types: 250,
            max_headers: 20,
            max_header_bytes: 4_096,
            max_metadata_bytes: 16 * 1024,
            max_filter_bytes: 16 * 1024,
            max_schema_bytes: 64 * 1024,
            max_schema_patterns: 64,
            max_event_type_description_chars: 4_096,
            max_example_bytes: 64 * 1024,
            max_schemas_per_value: 500,
            max_schema_faults: 20,
            max_label_chars: 256,
            max_origins: 50,
            max_retry_steps: 50,
            max_retry_step: 7 * DAY,
            max_retry_total: 30 * DAY,
            min_timeout: Duration::from_millis(50),
            max_timeout: Duration::from_secs(120),
            min_rate_per_second: 0.0002,
            max_rate_per_second: 100_000.0,
            max_in_flight: 1_024,
            default_secret_overlap: DAY,
            max_secret_overlap: 7 * DAY,
            max_secrets: 8,
            max_stats_steps: 1_500,
            max_stats_step_minutes: 1_440,
            default_replay_per_second: 50,
            max_replay_per_second: 1_000,
            max_schedule_ahead: 30 * DAY,
            cached_endpoints: 100_000,
            cached_event_types: 4_096,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name() {
        let shown = serde_json::to_value(Limits::default()).unwrap();
        assert_eq!(shown["max_retry_step_seconds"], json!(604_800.0));
        assert_eq!(serde_json::from_value::<Limits>(shown).unwrap(), Limits::default());
        let set = json!({"max_batch_events": 10, "min_timeout_seconds": 0.5});
        let expected =
            Limits { max_batch_events: 10, min_timeout: Duration::from_millis(500), ..Limits::default() };
        assert_eq!(serde_json::from_value::<Limits>(set).unwrap(), expected);
    }

    #[test]
    fn what_is_no_limit_or_no_time_is_refused() {
        for bad in
            [json!({"max_bach_events": 1}), json!({"min_timeout_seconds": -1}), json!({"max_headers": -1})]
        {
            assert!(serde_json::from_value::<Limits>(bad.clone()).is_err(), "{bad}");
        }
    }
}
