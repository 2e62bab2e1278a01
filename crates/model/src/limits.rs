//! The server's limits, each with a name, a default and a documented error.

use std::time::Duration;

/// What is refused, and from which size on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// One event's JSON as sent, in bytes (413 `event_too_large`).
    pub max_event_bytes: usize,
    /// Events in one batch request (422).
    pub max_batch_events: usize,
    /// The body of a batch request, in bytes (413 `body_too_large`).
    pub max_batch_body_bytes: usize,
    /// The body of any other request, in bytes (413 `body_too_large`).
    pub max_body_bytes: usize,
    /// Nesting of `data`, `changes`, `attributes`, filters and schemas (422).
    pub json_depth: usize,
    /// Rows of a list where no `limit` is asked for.
    pub default_list_limit: usize,
    /// The most rows of a list; a larger `limit` is this (DESIGN 4.4).
    pub max_list_limit: usize,
    /// Rows that one list call examines; a page may then be short (DESIGN 5).
    pub list_scan_rows: usize,
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
    /// Steps of a retry timetable (422).
    pub max_retry_steps: usize,
    /// The longest step of a retry timetable (422).
    pub max_retry_step: Duration,
    /// All steps of a retry timetable together (422).
    pub max_retry_total: Duration,
    /// The shortest deadline of an attempt (422).
    pub min_timeout: Duration,
    /// The longest deadline of an attempt (422).
    pub max_timeout: Duration,
    /// The most attempts in flight of one endpoint (422).
    pub max_in_flight: u32,
    /// How long an old secret goes on signing where the request does not say (DESIGN 4.4).
    pub default_secret_overlap: Duration,
    /// The longest that an old secret may go on signing (422).
    pub max_secret_overlap: Duration,
    /// Deliveries per second of a replay where the request does not say.
    pub default_replay_per_second: u32,
    /// The most deliveries per second of a replay (422).
    pub max_replay_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            max_event_bytes: 256 * 1024,
            max_batch_events: 1_000,
            max_batch_body_bytes: 16 * 1024 * 1024,
            max_body_bytes: 1024 * 1024,
            json_depth: 64,
            default_list_limit: 50,
            max_list_limit: 250,
            list_scan_rows: 20_000,
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
            max_retry_steps: 50,
            max_retry_step: 7 * DAY,
            max_retry_total: 30 * DAY,
            min_timeout: Duration::from_millis(50),
            max_timeout: Duration::from_secs(120),
            max_in_flight: 1_024,
            default_secret_overlap: DAY,
            max_secret_overlap: 7 * DAY,
            default_replay_per_second: 50,
            max_replay_per_second: 1_000,
        }
    }
}
