//! An event as the contract sends it.

use bytes::Bytes;
use postrider_contract::{AttemptContext, Contract, EventView, NoticeView, SecretError, SigningKey};
use postrider_model::endpoint::{DisabledReason, SignatureKind};
use postrider_model::id::{EndpointId, EventId, IdSalt, Ordinal};
use postrider_model::time::Millis;

use super::words::Words;

/// When the example happened: 2026-01-31T12:00:00.123Z. It is attempted two seconds later.
const AT: Millis = Millis(1_769_860_800_123);
const ATTEMPTED_UNIX: i64 = 1_769_860_802;
/// The secret where the customer chooses it.
const GIVEN: &str = "a-secret-of-the-customer";
const DATA: &[u8] = br#"{"id":7,"stage":"Closed Won","amount":1.50}"#;
const CHANGES: &[u8] = br#"{"stage":["Negotiation","Closed Won"]}"#;

/// What is told of an endpoint that gave up.
fn notice(contract: &Contract) -> Option<Bytes> {
    contract.render_notice(&NoticeView {
        endpoint: EndpointId(Ordinal::at(AT).to_uuid(IdSalt(0x5eed))),
        url: "https://your-app.example/webhook",
        failure_count: 6,
        last_error: "Connection timeout",
        reason: DisabledReason::Failures,
        disabled_at: AT,
    })
}

/// A request of the contract.
#[derive(Debug)]
pub(super) struct Example {
    /// What it is signed with, if it is.
    pub(super) secret: Option<String>,
    /// The headers that the contract sets, in their order.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: String,
    /// The body, or `data`, of the notice that an endpoint was disabled, if there is one.
    pub(super) notice: Option<String>,
    /// For each signature of this kind of key: what is signed.
    pub(super) signed: Vec<String>,
}

impl Example {
    /// Makes it; always the same.
    pub(super) fn of(contract: &Contract, words: &Words) -> Result<Self, SecretError> {
        let told_by = contract.health.notice.as_ref().map_or("", |notice| notice.event_type.as_str());
        let ordinary = || contract.event_types.iter().filter(|known| known.name != told_by);
        let known = ordinary().find(|known| known.example.is_some()).or_else(|| ordinary().next());
        let event_type = known.map_or("contact.created", |known| known.name.as_str());
        let example = known.and_then(|known| known.example.as_ref()).map(ToString::to_string);
        let id = EventId(Ordinal::at(AT).to_uuid(IdSalt(0x5eed)));
        let body = contract.render(&EventView {
            id,
            event_type,
            timestamp: AT,
            tenant: "customer-1",
            data: example.as_deref().map_or(DATA, str::as_bytes),
            changes: example.is_none().then_some(CHANGES),
            attributes: None,
        });
        let shown_id = contract.event_id_form().show(id.0);
        let attempt = AttemptContext { id: &shown_id, timestamp_unix: ATTEMPTED_UNIX, event_type };
        let secret = secret(contract);
        let key = secret.as_deref().map(|secret| SigningKey::parse(secret, contract)).transpose()?;
        let headers = contract.sign_headers(&attempt, &body, key.iter());
        let shown = |(name, value): (&http::HeaderName, http::HeaderValue)| {
            (as_written(name.as_str(), words), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = headers.into_iter().map(shown).collect();
        let is_pair = secret
            .as_deref()
            .is_some_and(|secret| secret.starts_with(postrider_contract::PRIVATE_KEY_PREFIX));
        let used = words.signature.iter().filter(|signature| (signature.key == "ed25519") == is_pair);
        let signed = used.map(|signature| filled(&signature.content, &attempt, &body)).collect();
        let shown = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
        let notice = notice(contract).as_ref().map(shown);
        Ok(Self { secret, headers, body: shown(&body), notice, signed })
    }
}

/// A secret of the kind that the contract has: made, or given by the customer.
fn secret(contract: &Contract) -> Option<String> {
    let fixed = |bytes: &mut [u8]| (0u8..).zip(bytes).for_each(|(number, byte)| *byte = number);
    let made = |kind| contract.generate_secret(kind, fixed).ok();
    let given = || contract.check_given_secret(SignatureKind::Hmac, GIVEN).ok().map(|()| GIVEN.to_owned());
    made(SignatureKind::Hmac).or_else(|| made(SignatureKind::Ed25519)).or_else(given)
}

/// A header's name as the file writes it; on the wire its case means nothing.
fn as_written(name: &str, words: &Words) -> String {
    let mut written = words
        .signature
        .iter()
        .map(|signature| &signature.header)
        .chain(words.header.iter().map(|header| &header.name));
    written.find(|written| written.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned())
}

/// The content of a signature with its placeholders filled; `{{` and `}}` are braces.
fn filled(content: &str, attempt: &AttemptContext<'_>, body: &Bytes) -> String {
    let body = String::from_utf8_lossy(body);
    let (mut text, mut rest) = (String::new(), content);
    let places = [
        ("{{", "{"),
        ("}}", "}"),
        ("{id}", attempt.id),
        ("{timestamp}", &attempt.timestamp_unix.to_string()),
        ("{body}", &body),
    ];
    while let Some(first) = rest.chars().next() {
        match places.iter().find(|(place, _)| rest.starts_with(place)) {
            Some((place, value)) => {
                text.push_str(value);
                rest = &rest[place.len()..];
            }
            None => {
                text.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_filled_in_once() {
        let attempt = AttemptContext { id: "evt_{body}", timestamp_unix: 7, event_type: "" };
        let text = filled("{id}.{timestamp}.{body}{{}}", &attempt, &Bytes::from_static(b"{id}"));
        assert_eq!(text, "evt_{body}.7.{id}{}");
    }
}
