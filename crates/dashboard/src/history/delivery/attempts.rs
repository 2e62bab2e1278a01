//! The attempts of a delivery: one fold each, the last one open.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use maud::{Markup, html};
use postrider_model::time::Millis;

use crate::history::words;
use crate::view::facts::facts;
use crate::view::{code, json, shortened, time};

/// One HTTP request made for a delivery.
#[derive(Debug, Clone)]
pub(super) struct AttemptView {
    /// Its public id.
    pub(super) id: String,
    /// Counted from 1.
    pub(super) number: u32,
    /// When the request began.
    pub(super) started_at: Millis,
    /// From then to the end of the answer.
    pub(super) latency_ms: u32,
    /// Whether it counted as a success.
    pub(super) success: bool,
    /// The answer's status.
    pub(super) response_status: Option<u16>,
    /// A stable code.
    pub(super) error: Option<String>,
    /// A remark.
    pub(super) note: Option<String>,
    /// The beginning of the answer's body.
    pub(super) excerpt: Bytes,
}

/// All of them, by number.
pub(super) fn list(attempts: &[AttemptView]) -> Markup {
    html! {
        @if attempts.is_empty() { p.soft { "No attempt was made yet." } }
        div.attempts {
            @for (index, attempt) in attempts.iter().enumerate() { (attempt.markup(index + 1 == attempts.len())) }
        }
    }
}

impl AttemptView {
    fn markup(&self, last: bool) -> Markup {
        let (class, sign, word) =
            if self.success { ("good", "✓", "Delivered") } else { ("bad", "✗", "Failed") };
        html! {
            details open[last] data-key={ "attempt-" (self.number) } {
                summary {
                    span class={ "tick " (class) } { span aria-hidden="true" { (sign) } span.unseen { (word) } }
                    strong { "Attempt " (self.number) }
                    span { (self.outcome()) }
                    span.soft { (time::brief(self.started_at)) }
                    span.soft.num { (time::duration_ms(self.latency_ms.into())) }
                }
                div.attempt { (self.facts()) (self.answer()) }
            }
        }
    }

    fn outcome(&self) -> String {
        match (self.response_status, &self.error) {
            (Some(status), _) => words::status(status),
            (None, Some(code)) => words::trouble(code).title.to_owned(),
            (None, None) => "Sent".to_owned(),
        }
    }

    fn facts(&self) -> Markup {
        let mut pairs = vec![
            ("Started", time::at(self.started_at)),
            ("Took", html! { span.num { (time::duration_ms(self.latency_ms.into())) } }),
        ];
        if let Some(status) = self.response_status {
            pairs.push(("Status", html! { (words::status(status)) }));
        }
        if let Some(code) = &self.error {
            let trouble = words::trouble(code);
            pairs.push((
                "Error",
                html! { (trouble.title) " " code { (shortened(code, 60)) } p.soft { (trouble.advice) } },
            ));
        }
        if let Some(note) = &self.note {
            pairs.push(("Remark", shortened(note, 500)));
        }
        pairs.push(("Attempt id", html! { code { (self.id) } }));
        facts(&pairs)
    }

    /// What the receiver said: as text, whatever it is.
    fn answer(&self) -> Markup {
        if self.excerpt.is_empty() {
            return html! {
                @if self.response_status.is_some() {
                    p.soft { "Of the answer's body nothing is kept: it was empty, or is not one of the last failures." }
                }
            };
        }
        let label = format!("Answer to attempt {}", self.number);
        html! {
            h3 { "Answer" }
            @match readable(&self.excerpt) {
                Readable::Json => (json::viewer(&label, &self.excerpt)),
                Readable::Text(text) => (code::block(&label, text)),
                Readable::Neither => {
                    p.soft { "It is not text; this is it in base64." }
                    (code::block(&label, &STANDARD.encode(&self.excerpt)))
                }
            }
        }
    }
}

enum Readable<'a> {
    Json,
    Text(&'a str),
    Neither,
}

/// Text where it is text, but for a character that the cut split.
fn readable(bytes: &[u8]) -> Readable<'_> {
    let is_container = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    if is_container && serde_json::from_slice::<&serde_json::value::RawValue>(bytes).is_ok() {
        return Readable::Json;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Readable::Text(text),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            Readable::Text(std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default())
        }
        Err(_) => Readable::Neither,
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::samples::{Kind, hostile};

    fn attempt(number: u32, status: Option<u16>, excerpt: &str) -> AttemptView {
        let success = status == Some(200);
        AttemptView {
            id: format!("whd_{number}"),
            number,
            started_at: Millis(1_769_077_800_123 + i64::from(number) * 5_000),
            latency_ms: 234,
            success,
            response_status: status,
            error: (!success).then(|| if status.is_some() { "http_status" } else { "timeout" }.to_owned()),
            note: status.is_none().then(|| "Response timeout: while waiting for the answer".to_owned()),
            excerpt: Bytes::from(excerpt.to_owned()),
        }
    }

    /// Attempts of that kind.
    pub(crate) fn attempts(kind: Kind) -> Vec<AttemptView> {
        match kind {
            Kind::Empty => Vec::new(),
            Kind::Sample => vec![
                attempt(1, Some(500), "<html><body>oops</body></html>"),
                attempt(2, Some(503), "{\"error\":\"busy\"}"),
                attempt(3, None, ""),
                attempt(4, Some(200), ""),
            ],
            Kind::Hostile => vec![
                AttemptView {
                    error: Some(hostile()),
                    note: Some(hostile()),
                    ..attempt(1, Some(599), &hostile())
                },
                AttemptView { excerpt: Bytes::from_static(&[0xff, 0xfe]), ..attempt(u32::MAX, None, "") },
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_json_text_or_neither() {
        assert!(matches!(readable(b" {\"a\":1}"), Readable::Json));
        assert!(matches!(readable(b"{\"a\":"), Readable::Text(_)));
        assert!(matches!(readable(b"12"), Readable::Text("12")));
        assert!(matches!(readable("grü".as_bytes().get(..3).unwrap()), Readable::Text("gr")));
        assert!(matches!(readable(&[0xff, b'a']), Readable::Neither));
    }
}
