//! Deliveries and attempts as the native API shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postrider_engine::{Engine, ProjectContext};
use postrider_model::delivery::{Attempt, DeliveryState};
use postrider_model::time::Millis;
use postrider_service::delivery::FoundDelivery;
use postrider_service::ids;
use postrider_store::DeliverySummary;
use serde::Serialize;
use utoipa::ToSchema;

/// A delivery: one event for one endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryOut {
    /// The event.
    pub event: String,
    /// The endpoint.
    pub endpoint: String,
    /// The tenant.
    pub tenant: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `pending`, `delivered`, `failed`, `held` or `cancelled`.
    #[schema(value_type = String)]
    pub status: DeliveryState,
    /// When the event was accepted.
    #[schema(value_type = String, format = DateTime)]
    pub accepted_at: Millis,
    /// Attempts made.
    pub attempt_count: u32,
    /// The last one.
    pub last_attempt: Option<AttemptOut>,
    /// The earliest time of the next attempt.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Millis>,
    /// Whether it is a test send.
    pub test: bool,
}

/// A delivery with all its attempts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryWithAttempts)]
pub struct DeliveryDetailOut {
    #[serde(flatten)]
    delivery: DeliveryOut,
    /// By number.
    attempts: Vec<AttemptOut>,
}

/// One HTTP request made for a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct AttemptOut {
    /// Its id, made from event, endpoint and number.
    pub id: String,
    /// Counted from 1, going on over resends and replays.
    pub number: u32,
    /// When the request began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Millis,
    /// From then to the end of the answer or the failure.
    pub latency_ms: u32,
    /// Whether it counted as a success.
    pub success: bool,
    /// The answer's status, where there was one.
    pub response_status: Option<u16>,
    /// A stable code such as `timeout`; `null` on success.
    pub error: Option<String>,
    /// The beginning of the answer's body; kept of the last failures only.
    pub response_excerpt: Option<String>,
    /// How the excerpt is written: `utf-8`, or `base64` where it is not text.
    pub response_excerpt_encoding: Option<&'static str>,
    /// A remark, for example that the body was cut.
    pub note: Option<String>,
    /// When the next one follows; `null` where none does, or it was made already.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_attempt_at: Option<Millis>,
}

impl AttemptOut {
    /// An attempt under its public id.
    pub fn new(id: String, attempt: Attempt, next_attempt_at: Option<Millis>) -> Self {
        let (response_excerpt, response_excerpt_encoding) = excerpt(&attempt.excerpt).unzip();
        Self {
            id,
            number: attempt.number,
            started_at: attempt.started_at,
            latency_ms: attempt.latency_ms,
            success: attempt.success,
            response_status: attempt.response_status,
            error: attempt.error,
            response_excerpt,
            response_excerpt_encoding,
            note: attempt.note,
            next_attempt_at,
        }
    }
}

/// Text where it is text; a character that the cut split is left out.
fn excerpt(bytes: &[u8]) -> Option<(String, &'static str)> {
    if bytes.is_empty() {
        return None;
    }
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    match std::str::from_utf8(whole) {
        Ok(text) if !text.is_empty() => Some((text.to_owned(), "utf-8")),
        _ => Some((STANDARD.encode(bytes), "base64")),
    }
}

impl DeliveryOut {
    /// A delivery with the public ids of its project.
    pub fn new(engine: &Engine, context: &ProjectContext, summary: DeliverySummary) -> Self {
        let next = summary.next_attempt_at;
        let last_attempt = summary.last_attempt.map(|attempt| {
            let id = ids::show_attempt(engine, summary.event, summary.endpoint_id, attempt.number);
            AttemptOut::new(id, attempt, next)
        });
        Self {
            event: ids::show_event(engine, context, summary.event),
            endpoint: ids::show_endpoint(context, summary.endpoint_id),
            tenant: summary.tenant,
            kind: summary.kind,
            status: summary.state,
            accepted_at: summary.accepted_at,
            attempt_count: summary.attempts,
            last_attempt,
            next_attempt_at: next,
            test: summary.test,
        }
    }
}

impl DeliveryDetailOut {
    /// A delivery with all its attempts.
    pub fn new(engine: &Engine, found: FoundDelivery) -> Self {
        let summary = found.detail.summary;
        let (event, endpoint, next) = (summary.event, summary.endpoint_id, summary.next_attempt_at);
        let last = found.detail.attempts.len();
        let attempts = found.detail.attempts.into_iter().enumerate().map(|(index, attempt)| {
            let id = ids::show_attempt(engine, event, endpoint, attempt.number);
            AttemptOut::new(id, attempt, next.filter(|_| index + 1 == last))
        });
        let attempts = attempts.collect();
        Self { delivery: DeliveryOut::new(engine, &found.context, summary), attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_text_and_anything_else_as_base64() {
        assert_eq!(excerpt(b""), None);
        assert_eq!(excerpt("grün".as_bytes()), Some(("grün".to_owned(), "utf-8")));
        assert_eq!(excerpt(&[0xff, 0xfe]), Some(("//4=".to_owned(), "base64")));
    }

    #[test]
    fn a_character_that_the_cut_split_is_left_out() {
        assert_eq!(excerpt(&"grü".as_bytes()[..3]), Some(("gr".to_owned(), "utf-8")));
        assert_eq!(excerpt(&"ü".as_bytes()[..1]), Some(("ww==".to_owned(), "base64")));
    }
}
