//! The server's limits, each with a name, a default and a documented error.

mod define;
mod seconds;
#[cfg(test)]
mod tests;

use std::time::Duration;

use define::limits;
use serde::{Deserialize, Serialize};

pub use define::Limit;

const KIB: f64 = 1_024.0;
const MIB: f64 = 1_024.0 * KIB;
const DAY_SECONDS: f64 = 86_400.0;
const DAY: Duration = Duration::from_secs(86_400);

// The words are those of the configuration reference too: for people who run a server.
limits! {
    /// One event's JSON as sent, in bytes (413 `too_large`).
    max_event_bytes: usize = 256 * 1024, 64.0..=16.0 * MIB;
    /// The smallest that a project may set its largest event to, in bytes (422).
    min_settable_event_bytes: usize = 1_024, 64.0..=16.0 * MIB;
    /// The largest that a project may set its largest event to, in bytes (422).
    max_settable_event_bytes: usize = 4 * 1024 * 1024, 64.0..=16.0 * MIB;
    /// Events in one batch request (422).
    max_batch_events: usize = 1_000, 1.0..=10_000.0;
    /// The body of a batch request, in bytes (413 `too_large`).
    max_batch_body_bytes: usize = 16 * 1024 * 1024, 4.0 * KIB..=32.0 * MIB;
    /// The body of any other request, in bytes (413 `too_large`).
    max_body_bytes: usize = 512 * 1024, 4.0 * KIB..=32.0 * MIB;
    /// Bodies of requests that are under way, all together, but for those up to 64 KiB (503 `overloaded`).
    max_bodies_bytes: usize = 64 * 1024 * 1024, MIB..=4_096.0 * MIB;
    /// From a request's headers to the end of its body (408 `request_timeout`).
    #[serde(rename = "max_body_wait_seconds", with = "seconds")]
    max_body_wait: Duration = Duration::from_secs(30), 1.0..=3_600.0;
    /// White space and a longer spelling around an event whose JSON is itself small enough, in bytes (413 `too_large`).
    event_body_slack_bytes: usize = 16 * 1024, 0.0..=MIB;
    /// Faults that one answer tells: many bad events need not make an answer of megabytes.
    max_faults: usize = 100, 1.0..=1_000.0;
    /// Levels of nesting of `data`, `changes`, `attributes`, filters and schemas (422).
    json_depth: usize = 64, 8.0..=120.0;
    /// Rows of a list where no `limit` is asked for.
    default_list_limit: usize = 50, 1.0..=1_000.0;
    /// The most rows of a list; a larger `limit` is taken as this.
    // DESIGN 4.4.
    max_list_limit: usize = 250, 1.0..=1_000.0;
    /// Bytes of an idempotency key (422).
    max_idempotency_key_bytes: usize = 255, 16.0..=KIB;
    /// Bytes of an ordering key (422).
    max_ordering_key_bytes: usize = 255, 16.0..=KIB;
    /// Members of an event's attributes (422).
    max_attributes: usize = 50, 0.0..=1_000.0;
    /// Bytes of an event's attributes as JSON (422).
    max_attributes_bytes: usize = 16 * 1024, 2.0..=256.0 * KIB;
    /// Bytes of an endpoint's URL (422). The sender takes no longer ones.
    max_url_bytes: usize = 2_048, 64.0..=2_048.0;
    /// Characters of names (422).
    max_name_chars: usize = 128, 1.0..=1_000.0;
    /// Characters of descriptions (422).
    max_description_chars: usize = 2_000, 0.0..=20_000.0;
    /// Type patterns of an endpoint (422).
    max_event_types: usize = 250, 1.0..=1_000.0;
    /// Custom headers of an endpoint (422).
    max_headers: usize = 20, 0.0..=50.0;
    /// Bytes of one custom header, name and value (422).
    max_header_bytes: usize = 4_096, 16.0..=8.0 * KIB;
    /// Bytes of an endpoint's metadata as JSON (422).
    max_metadata_bytes: usize = 16 * 1024, 2.0..=256.0 * KIB;
    /// Bytes of a filter as JSON (422).
    max_filter_bytes: usize = 16 * 1024, 2.0..=64.0 * KIB;
    /// Bytes of a JSON Schema (422).
    // DESIGN 7 "Bounds".
    max_schema_bytes: usize = 64 * 1024, 2.0..=256.0 * KIB;
    /// Regular expressions in a JSON Schema (422).
    // DESIGN 7 "Bounds".
    max_schema_patterns: usize = 64, 0.0..=1_000.0;
    /// Characters of an event type's description (422).
    max_event_type_description_chars: usize = 4_096, 0.0..=20_000.0;
    /// Bytes of an event type's example as JSON (422).
    max_example_bytes: usize = 64 * 1024, 2.0..=MIB;
    /// Schemas that one value of the data may meet, by the schema alone (422).
    // DESIGN 7 "Bounds".
    max_schemas_per_value: u64 = 500, 1.0..=10_000.0;
    /// Faults against its schema that are told of one event.
    max_schema_faults: usize = 20, 1.0..=1_000.0;
    /// Characters of the names of projects and keys (422).
    max_label_chars: usize = 256, 1.0..=1_000.0;
    /// Origins of pages that may embed a project's portal (422).
    max_origins: usize = 50, 0.0..=1_000.0;
    /// Bytes of a picture that a project's logo is made of (422).
    max_logo_bytes: usize = 64 * 1024, 0.0..=256.0 * KIB;
    /// Steps of a retry timetable (422).
    max_retry_steps: usize = 50, 1.0..=100.0;
    /// The longest step of a retry timetable (422).
    #[serde(rename = "max_retry_step_seconds", with = "seconds")]
    max_retry_step: Duration = 7 * DAY, 1.0..=30.0 * DAY_SECONDS;
    /// All steps of a retry timetable together (422).
    #[serde(rename = "max_retry_total_seconds", with = "seconds")]
    max_retry_total: Duration = 30 * DAY, 1.0..=365.0 * DAY_SECONDS;
    /// The shortest deadline of an attempt (422).
    #[serde(rename = "min_timeout_seconds", with = "seconds")]
    min_timeout: Duration = Duration::from_millis(50), 0.01..=600.0;
    /// The longest deadline of an attempt (422).
    #[serde(rename = "max_timeout_seconds", with = "seconds")]
    max_timeout: Duration = Duration::from_secs(120), 1.0..=600.0;
    /// The lowest rate an endpoint may ask for, in requests per second (422). At 0.0002 it is one in an hour and a half or so.
    min_rate_per_second: f64 = 0.0002, 0.0002..=1_000.0;
    /// The highest rate an endpoint may ask for where its contract sets none, in requests per second (422).
    max_rate_per_second: f64 = 100_000.0, 1.0..=1_000_000.0;
    /// The most attempts in flight of one endpoint (422).
    max_in_flight: u32 = 1_024, 1.0..=8_192.0;
    /// How long an old secret goes on signing where the request does not say.
    // DESIGN 4.4.
    #[serde(rename = "default_secret_overlap_seconds", with = "seconds")]
    default_secret_overlap: Duration = DAY, 0.0..=365.0 * DAY_SECONDS;
    /// The longest that an old secret may go on signing (422).
    #[serde(rename = "max_secret_overlap_seconds", with = "seconds")]
    max_secret_overlap: Duration = 7 * DAY, 0.0..=365.0 * DAY_SECONDS;
    /// Secrets of one endpoint that sign at once, for the header grows with each; a rotation beyond ends the oldest.
    max_secrets: usize = 8, 2.0..=32.0;
    /// How long a link to the portal can be opened, once.
    #[serde(rename = "portal_link_seconds", with = "seconds")]
    portal_link: Duration = Duration::from_secs(300), 10.0..=DAY_SECONDS;
    /// How long a customer who opened a link stays signed in to the portal.
    #[serde(rename = "portal_session_seconds", with = "seconds")]
    portal_session: Duration = Duration::from_secs(8 * 3_600), 60.0..=30.0 * DAY_SECONDS;
    /// How long an operator who signed in with a key stays signed in to the dashboard.
    #[serde(rename = "operator_session_seconds", with = "seconds")]
    operator_session: Duration = Duration::from_secs(12 * 3_600), 60.0..=30.0 * DAY_SECONDS;
    /// Steps of one answer of statistics (422).
    max_stats_steps: u64 = 1_500, 1.0..=10_000.0;
    /// The longest step of statistics, in minutes (422).
    max_stats_step_minutes: u32 = 1_440, 1.0..=43_200.0;
    /// Deliveries per second of a replay where the request does not say.
    default_replay_per_second: u32 = 50, 1.0..=100_000.0;
    /// The most deliveries per second of a replay (422).
    max_replay_per_second: u32 = 1_000, 1.0..=100_000.0;
    /// How far ahead an event may be scheduled (422).
    // DESIGN 4.4.
    #[serde(rename = "max_schedule_ahead_seconds", with = "seconds")]
    max_schedule_ahead: Duration = 30 * DAY, 0.0..=365.0 * DAY_SECONDS;
    /// Pages that are kept up to date while they are open, on one node; more stay as they were loaded (503 `overloaded`).
    max_live_streams: usize = 256, 0.0..=100_000.0;
    /// As many of them may one session have (503 `overloaded`).
    max_live_streams_of_session: usize = 16, 0.0..=100_000.0;
    /// Tenants and endpoints whose routes are kept in memory; those used least are read again when they come.
    cached_endpoints: u64 = 100_000, 100.0..=10_000_000.0;
    /// Event types of a project whose rows are kept in memory; others are looked up when they come.
    cached_event_types: u64 = 4_096, 16.0..=1_000_000.0;
}

impl Limits {
    /// Pairs of limits that leave nothing between them, a sentence for each.
    pub fn contradictions(&self) -> Vec<String> {
        let pairs = [
            (
                "min_settable_event_bytes",
                self.min_settable_event_bytes <= self.max_settable_event_bytes,
                "max_settable_event_bytes",
            ),
            ("default_list_limit", self.default_list_limit <= self.max_list_limit, "max_list_limit"),
            ("min_timeout_seconds", self.min_timeout <= self.max_timeout, "max_timeout_seconds"),
            (
                "min_rate_per_second",
                self.min_rate_per_second <= self.max_rate_per_second,
                "max_rate_per_second",
            ),
            (
                "default_secret_overlap_seconds",
                self.default_secret_overlap <= self.max_secret_overlap,
                "max_secret_overlap_seconds",
            ),
            (
                "default_replay_per_second",
                self.default_replay_per_second <= self.max_replay_per_second,
                "max_replay_per_second",
            ),
        ];
        let wrong = pairs.into_iter().filter(|(_, fits, _)| !fits);
        wrong.map(|(less, _, more)| format!("{less} is more than {more}")).collect()
    }
}
