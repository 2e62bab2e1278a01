//! The notice that an endpoint was disabled by itself (DESIGN 4.4 "Notices").

use bytes::Bytes;
use postrider_model::endpoint::DisabledReason;
use postrider_model::id::EndpointId;
use postrider_model::time::Millis;

use crate::Contract;
use crate::envelope::{Precision, push_time};
use crate::json_text::push_json_text;

/// The notice of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The type of the event that carries it.
    pub event_type: String,
    /// The fields of the whole body; `None` where the notice is `data` in an ordinary envelope.
    pub(crate) fields: Option<Vec<(String, NoticeSource)>>,
}

impl Notice {
    /// Whether the notice is the whole body of its request, without an envelope, and so never in a batch.
    pub fn is_whole_body(&self) -> bool {
        self.fields.is_some()
    }
}

/// What a notice tells.
#[derive(Debug, Clone, Copy)]
pub struct NoticeView<'a> {
    /// The endpoint that was disabled.
    pub endpoint: EndpointId,
    /// Its URL.
    pub url: &'a str,
    /// Attempts of the exhausted delivery, or failures in a row.
    pub failure_count: u32,
    /// In words for people: `Connection timeout`, `HTTP 503`.
    pub last_error: &'a str,
    /// Why it was disabled.
    pub reason: DisabledReason,
    /// When.
    pub disabled_at: Millis,
}

/// What a field of a notice shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeSource {
    Type,
    EndpointId,
    Url,
    FailureCount,
    LastError,
    Reason,
    DisabledAt,
    Disabled,
}

/// The names of the sources in a contract file.
pub(crate) const NOTICE_SOURCES: [(&str, NoticeSource); 8] = [
    ("event.type", NoticeSource::Type),
    ("endpoint.id", NoticeSource::EndpointId),
    ("endpoint.url", NoticeSource::Url),
    ("endpoint.failure_count", NoticeSource::FailureCount),
    ("endpoint.last_error", NoticeSource::LastError),
    ("endpoint.disabled_reason", NoticeSource::Reason),
    ("endpoint.disabled_at", NoticeSource::DisabledAt),
    ("endpoint.disabled", NoticeSource::Disabled),
];

/// The `data` of a notice in an ordinary envelope.
const DATA: [(&str, NoticeSource); 6] = [
    ("endpoint_id", NoticeSource::EndpointId),
    ("url", NoticeSource::Url),
    ("failure_count", NoticeSource::FailureCount),
    ("last_error", NoticeSource::LastError),
    ("disabled_reason", NoticeSource::Reason),
    ("disabled_at", NoticeSource::DisabledAt),
];

impl Contract {
    /// What the event of a notice carries: its `data`, or, where [`Notice::is_whole_body`], the whole body.
    /// `None` where the contract has no notices.
    pub fn render_notice(&self, view: &NoticeView<'_>) -> Option<Bytes> {
        let notice = self.health.notice.as_ref()?;
        let mut body = vec![b'{'];
        let mut push = |(index, (name, source)): (usize, (&str, NoticeSource))| {
            if index > 0 {
                body.push(b',');
            }
            push_json_text(&mut body, name);
            body.push(b':');
            self.push_notice_value(&mut body, notice, source, view);
        };
        match &notice.fields {
            None => DATA.into_iter().enumerate().for_each(&mut push),
            Some(fields) => {
                fields.iter().map(|(name, source)| (name.as_str(), *source)).enumerate().for_each(&mut push)
            }
        }
        body.push(b'}');
        Some(Bytes::from(body))
    }

    fn push_notice_value(
        &self,
        body: &mut Vec<u8>,
        notice: &Notice,
        source: NoticeSource,
        view: &NoticeView<'_>,
    ) {
        match source {
            NoticeSource::Type => push_json_text(body, &notice.event_type),
            NoticeSource::EndpointId => push_json_text(body, &self.endpoint.id.show(view.endpoint.0)),
            NoticeSource::Url => push_json_text(body, view.url),
            NoticeSource::FailureCount => body.extend_from_slice(view.failure_count.to_string().as_bytes()),
            NoticeSource::LastError => push_json_text(body, view.last_error),
            NoticeSource::Reason => push_json_text(body, reason(view.reason)),
            NoticeSource::DisabledAt => push_time(body, view.disabled_at, self.notice_precision()),
            NoticeSource::Disabled => body.extend_from_slice(b"true"),
        }
    }

    fn notice_precision(&self) -> Precision {
        self.envelope.precision
    }
}

fn reason(reason: DisabledReason) -> &'static str {
    match reason {
        DisabledReason::Manual => "manual",
        DisabledReason::Gone => "gone",
        DisabledReason::Failures => "failures",
    }
}
