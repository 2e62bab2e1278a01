//! The body of a request: an event's envelope, or a batch of them.
//!
//! The contract's fields are compiled once into pieces of text and places for values, so that rendering is
//! a few copies into one allocation. `data`, `changes` and `attributes` are copied byte for byte: `1.50` stays
//! `1.50` and keys keep their order.

use bytes::Bytes;
use jiff::fmt::temporal::DateTimePrinter;
use postrider_model::id::{EventId, IdForm};
use postrider_model::time::Millis;

use crate::Contract;
use crate::json_text::{escapes, push_json_text};

/// An event as its envelope shows it.
#[derive(Debug, Clone, Copy)]
pub struct EventView<'a> {
    /// Its id.
    pub id: EventId,
    /// The name of its type.
    pub event_type: &'a str,
    /// When it happened.
    pub timestamp: Millis,
    /// The tenant's id, as the product gave it.
    pub tenant: &'a str,
    /// `data`: JSON as it came.
    pub data: &'a [u8],
    /// `changes`: JSON as it came.
    pub changes: Option<&'a [u8]>,
    /// `attributes`: JSON as it came.
    pub attributes: Option<&'a [u8]>,
}

/// What of an event a field shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Id,
    Type,
    Timestamp,
    Tenant,
    Data,
    Changes,
    Attributes,
    /// Nothing: the text before it has all there is to say.
    Constant,
}

/// The names of the sources in a contract file.
pub(crate) const SOURCES: [(&str, Source); 7] = [
    ("event.id", Source::Id),
    ("event.type", Source::Type),
    ("event.timestamp", Source::Timestamp),
    ("event.tenant", Source::Tenant),
    ("event.data", Source::Data),
    ("event.changes", Source::Changes),
    ("event.attributes", Source::Attributes),
];

/// How fine the times in a body are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    Seconds,
    Millis,
    /// Seconds since 1970, as a number.
    Unix,
    /// Milliseconds since 1970, as a number.
    UnixMillis,
}

/// A value and the text that stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) before: Box<str>,
    pub(crate) source: Source,
    /// Text and value are left out where the event has no such value.
    pub(crate) optional: bool,
}

/// `[payload]`, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) event_id: IdForm,
    pub(crate) precision: Precision,
    pub(crate) segments: Vec<Segment>,
    pub(crate) after: &'static str,
    /// The start of a batch, up to its list: `{"events":`.
    pub(crate) batch_before: Box<str>,
    pub(crate) batch_after: &'static str,
    /// Bytes of all texts and values whose length does not depend on the event.
    fixed_bytes: usize,
}

/// The longest RFC 3339 text of a [`Millis`], with its quotes.
const TIME_BYTES: usize = 32;
/// The longest public id's base62 or UUID part, with quotes.
const ID_BYTES: usize = 38;

impl Envelope {
    pub(crate) fn new(
        event_id: IdForm,
        precision: Precision,
        segments: Vec<Segment>,
        after: &'static str,
        batch_field: Option<&str>,
    ) -> Self {
        let prefix_bytes = if let IdForm::Prefix(prefix) = &event_id { prefix.len() } else { 0 };
        let value_bytes = |segment: &Segment| match segment.source {
            Source::Id => ID_BYTES + prefix_bytes,
            Source::Timestamp => TIME_BYTES,
            Source::Constant => 0,
            // `null`, or the quotes.
            _ => 4,
        };
        let fixed_bytes =
            segments.iter().map(|segment| segment.before.len() + value_bytes(segment)).sum::<usize>();
        let (batch_before, batch_after) = match batch_field {
            None => (String::new(), ""),
            Some(field) => (format!("{{{}:", serde_json::Value::from(field)), "}"),
        };
        Self {
            event_id,
            precision,
            fixed_bytes: fixed_bytes + after.len(),
            segments,
            after,
            batch_before: batch_before.into(),
            batch_after,
        }
    }

    fn size(&self, event: &EventView<'_>) -> usize {
        let value_bytes = |segment: &Segment| match segment.source {
            Source::Id | Source::Timestamp | Source::Constant => 0,
            Source::Type => event.event_type.len() + escapes(event.event_type),
            Source::Tenant => event.tenant.len() + escapes(event.tenant),
            Source::Data => event.data.len(),
            Source::Changes => event.changes.map_or(0, <[u8]>::len),
            Source::Attributes => event.attributes.map_or(0, <[u8]>::len),
        };
        self.fixed_bytes + self.segments.iter().map(value_bytes).sum::<usize>()
    }

    fn push(&self, body: &mut Vec<u8>, segment: &Segment, event: &EventView<'_>) {
        let raw = match segment.source {
            Source::Data => Some(event.data),
            Source::Changes => event.changes,
            Source::Attributes => event.attributes,
            _ => None,
        };
        let is_raw = matches!(segment.source, Source::Data | Source::Changes | Source::Attributes);
        if is_raw && raw.is_none() && segment.optional {
            return;
        }
        body.extend_from_slice(segment.before.as_bytes());
        match segment.source {
            Source::Id => push_json_text(body, &self.event_id.show(event.id.0)),
            Source::Type => push_json_text(body, event.event_type),
            Source::Timestamp => push_time(body, event.timestamp, self.precision),
            Source::Tenant => push_json_text(body, event.tenant),
            Source::Data | Source::Changes | Source::Attributes => {
                body.extend_from_slice(raw.unwrap_or(b"null"))
            }
            Source::Constant => {}
        }
    }
}

/// Writes an instant: RFC 3339 in quotes, in UTC, or a number. Seconds are cut, not rounded.
pub(crate) fn push_time(body: &mut Vec<u8>, time: Millis, precision: Precision) {
    const SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));
    const MILLIS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    let push_number = |body: &mut Vec<u8>, number: i64| {
        body.extend_from_slice(itoa::Buffer::new().format(number).as_bytes())
    };
    let (printer, time) = match precision {
        Precision::Seconds => (&SECONDS, jiff::Timestamp::from_second(time.unix_seconds())),
        Precision::Millis => (&MILLIS, jiff::Timestamp::from_millisecond(time.0)),
        Precision::Unix => return push_number(body, time.unix_seconds()),
        Precision::UnixMillis => return push_number(body, time.0),
    };
    body.push(b'"');
    // Beyond the year 9999 there is no text: the latest one stands in, as in `Millis`. Writing to memory cannot fail.
    let _ = printer.print_timestamp(&time.unwrap_or(jiff::Timestamp::MAX), &mut *body);
    body.push(b'"');
}

impl Contract {
    /// The envelope of an event, in one allocation.
    pub fn render(&self, event: &EventView<'_>) -> Bytes {
        let envelope = &self.envelope;
        let mut body = Vec::with_capacity(envelope.size(event));
        for segment in &envelope.segments {
            envelope.push(&mut body, segment, event);
        }
        body.extend_from_slice(envelope.after.as_bytes());
        Bytes::from(body)
    }

    /// A batch of envelopes that [`Contract::render`] made: a list, in `batch_field` where the contract has one.
    pub fn render_batch(&self, members: &[Bytes]) -> Bytes {
        let envelope = &self.envelope;
        let member_bytes = members.iter().map(|member| member.len() + 1).sum::<usize>();
        let frame_bytes = envelope.batch_before.len() + envelope.batch_after.len() + 2;
        let mut body = Vec::with_capacity(frame_bytes + member_bytes);
        body.extend_from_slice(envelope.batch_before.as_bytes());
        body.push(b'[');
        for (index, member) in members.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend_from_slice(member);
        }
        body.push(b']');
        body.extend_from_slice(envelope.batch_after.as_bytes());
        Bytes::from(body)
    }
}
