//! The headers that a contract puts on a request: signatures, and others.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut as _, BytesMut};
use http::{HeaderName, HeaderValue};
use ring::hmac;
use smallvec::SmallVec;

use crate::template::Part;
use crate::{Contract, SigningKey};

/// What a request's headers tell of it.
#[derive(Debug, Clone, Copy)]
pub struct AttemptContext<'a> {
    /// The public id of the event, or of the batch ([`batch_id`](crate::batch_id)).
    pub id: &'a str,
    /// The Unix second at which the attempt begins (DESIGN 4.4).
    pub timestamp_unix: i64,
    /// The event's type. Empty where the request has none of its own, which leaves out the headers that show it.
    pub event_type: &'a str,
}

/// Headers with their values.
pub type SignedHeaders<'c> = SmallVec<[(&'c HeaderName, HeaderValue); 4]>;

/// What stands in for a placeholder of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Var {
    /// The public id of the event, or of the batch.
    Id,
    /// The Unix second of the attempt.
    Timestamp,
    /// The name of the event's type.
    EventType,
    /// The bytes of the body.
    Body,
    /// The signature in lower-case hexadecimal digits.
    Hex,
    /// The signature in base64 (RFC 4648, 4: with padding).
    Base64,
}

/// The placeholders of `[[header]]`.
pub(crate) const HEADER_VARS: [(&str, Var); 3] =
    [("id", Var::Id), ("timestamp", Var::Timestamp), ("event.type", Var::EventType)];
/// The placeholders of a signature's `content`.
pub(crate) const CONTENT_VARS: [(&str, Var); 3] =
    [("id", Var::Id), ("timestamp", Var::Timestamp), ("body", Var::Body)];
/// The placeholders of what stands before the signatures.
pub(crate) const BEFORE_VARS: [(&str, Var); 2] = [("id", Var::Id), ("timestamp", Var::Timestamp)];
/// The placeholders of a signature's `value`.
pub(crate) const VALUE_VARS: [(&str, Var); 4] =
    [("hex", Var::Hex), ("base64", Var::Base64), ("id", Var::Id), ("timestamp", Var::Timestamp)];

/// How a secret becomes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// HMAC-SHA256 with the secret's characters.
    Utf8,
    /// HMAC-SHA256 with the bytes whose base64 follows the prefix.
    Base64,
    /// An ed25519 key pair.
    Ed25519,
}

/// A header with signatures. Several `[[signature]]` of one header are gathered here.
#[derive(Debug, Clone)]
pub struct SignatureHeader {
    /// Its name.
    pub name: HeaderName,
    /// What stands between the signatures of several keys; `None` where the newest key's stands alone.
    pub joined: Option<Box<str>>,
    /// What stands once before all of them: Stripe's `t={timestamp},`.
    pub before: Vec<Part<Var>>,
    /// How a signature in it is made and written; any of them may be there.
    pub schemes: Vec<Scheme>,
}

/// One `[[signature]]`.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// How a secret becomes its key.
    pub key: KeyForm,
    /// What is signed.
    pub content: Vec<Part<Var>>,
    /// How the signature is written in the header.
    pub value: Vec<Part<Var>>,
}

/// One `[[header]]`.
#[derive(Debug, Clone)]
pub struct ExtraHeader {
    /// Its name.
    pub name: HeaderName,
    /// What it shows.
    pub value: Vec<Part<Var>>,
}

/// Room for one signature and the text around it, and for one other header: enough for every shipped contract, so
/// that the values of a request take one buffer.
const SIGNATURE_BYTES: usize = 112;
const HEADER_BYTES: usize = 32;

/// Bytes of an ed25519 signature, the longest there is.
const MAX_SIGNATURE: usize = 64;

/// A signature, or the tag of an HMAC.
pub(crate) type Signature = SmallVec<[u8; MAX_SIGNATURE]>;

impl Contract {
    /// The headers of a request with this body: signatures of `keys` (newest first; none of them, no signature) and
    /// whatever else the contract sets. Content-Type and User-Agent are the sender's.
    ///
    /// HMAC runs over the pieces of the content, so the body is not copied.
    pub fn sign_headers<'c, 'k, K>(
        &'c self,
        attempt: &AttemptContext<'_>,
        body: &[u8],
        keys: K,
    ) -> SignedHeaders<'c>
    where
        K: IntoIterator<Item = &'k SigningKey, IntoIter: Clone>,
    {
        let keys = keys.into_iter();
        let mut headers = SignedHeaders::new();
        let signature_bytes = self.signatures.len() * (keys.clone().count() * SIGNATURE_BYTES);
        let header_bytes =
            self.headers.len() * (HEADER_BYTES + attempt.id.len().max(attempt.event_type.len()));
        let mut buffer = BytesMut::with_capacity(signature_bytes + header_bytes);
        for header in &self.headers {
            if header.push(&mut buffer, attempt) {
                take(&mut buffer, &header.name, &mut headers);
            }
        }
        for signature in &self.signatures {
            if signature.push(&mut buffer, attempt, body, keys.clone()) {
                take(&mut buffer, &signature.name, &mut headers);
            }
        }
        headers
    }
}

/// Cuts what was written to the buffer off as a header's value, which shares the buffer's memory.
fn take<'c>(buffer: &mut BytesMut, name: &'c HeaderName, headers: &mut SignedHeaders<'c>) {
    // Literals were checked when the contract was read, and the names of event types hold no control characters;
    // one that a header cannot carry costs its header, not the delivery.
    if let Ok(value) = HeaderValue::from_maybe_shared(buffer.split().freeze()) {
        headers.push((name, value));
    }
}

impl ExtraHeader {
    /// Writes the value; `false` and nothing where the request has no event type to show.
    fn push(&self, buffer: &mut BytesMut, attempt: &AttemptContext<'_>) -> bool {
        let shows_type = self.value.contains(&Part::Var(Var::EventType));
        if shows_type && attempt.event_type.is_empty() {
            return false;
        }
        push_parts(buffer, &self.value, attempt, &[]);
        true
    }
}

impl SignatureHeader {
    /// Writes the signatures; `false` and nothing where no key fits.
    fn push<'k>(
        &self,
        buffer: &mut BytesMut,
        attempt: &AttemptContext<'_>,
        body: &[u8],
        keys: impl Iterator<Item = &'k SigningKey>,
    ) -> bool {
        let between = self.joined.as_deref();
        let mut is_signed = false;
        for key in keys {
            for scheme in &self.schemes {
                let Some(signature) = scheme.sign(key, attempt, body) else { continue };
                if is_signed {
                    buffer.put_slice(between.unwrap_or_default().as_bytes());
                } else {
                    push_parts(buffer, &self.before, attempt, &[]);
                }
                is_signed = true;
                push_parts(buffer, &scheme.value, attempt, &signature);
            }
            if between.is_none() && is_signed {
                break;
            }
        }
        is_signed
    }
}

impl Scheme {
    /// The signature of a request; `None` where the key is of another kind.
    fn sign(&self, key: &SigningKey, attempt: &AttemptContext<'_>, body: &[u8]) -> Option<Signature> {
        if self.key == KeyForm::Ed25519 {
            let pair = key.ed25519()?;
            return Some(SmallVec::from_slice(pair.sign(&self.message(attempt, body)).as_ref()));
        }
        key.hmac(self.key).map(|key| self.tag(key, attempt, body))
    }

    /// The HMAC of the content, piece by piece.
    pub(crate) fn tag(&self, key: &hmac::Key, attempt: &AttemptContext<'_>, body: &[u8]) -> Signature {
        let mut context = hmac::Context::with_key(key);
        self.each_piece(attempt, body, |piece| context.update(piece));
        SmallVec::from_slice(context.sign().as_ref())
    }

    /// The content in one piece, which ed25519 needs: it reads it twice.
    pub(crate) fn message(&self, attempt: &AttemptContext<'_>, body: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(body.len() + attempt.id.len() + 32);
        self.each_piece(attempt, body, |piece| message.extend_from_slice(piece));
        message
    }

    /// The content in as few pieces as can be had without copying the body.
    fn each_piece(&self, attempt: &AttemptContext<'_>, body: &[u8], mut piece: impl FnMut(&[u8])) {
        let mut small: SmallVec<[u8; 128]> = SmallVec::new();
        for part in &self.content {
            match part {
                Part::Text(text) => small.extend_from_slice(text.as_bytes()),
                Part::Var(Var::Id) => small.extend_from_slice(attempt.id.as_bytes()),
                Part::Var(Var::Timestamp) => {
                    small.extend_from_slice(itoa::Buffer::new().format(attempt.timestamp_unix).as_bytes());
                }
                Part::Var(Var::Body) => {
                    piece(&small);
                    small.clear();
                    piece(body);
                }
                // Not among the placeholders of a content.
                Part::Var(Var::EventType | Var::Hex | Var::Base64) => {}
            }
        }
        piece(&small);
    }
}

fn push_parts(buffer: &mut BytesMut, parts: &[Part<Var>], attempt: &AttemptContext<'_>, signature: &[u8]) {
    for part in parts {
        match part {
            Part::Text(text) => buffer.put_slice(text.as_bytes()),
            Part::Var(Var::Id) => buffer.put_slice(attempt.id.as_bytes()),
            Part::Var(Var::Timestamp) => {
                buffer.put_slice(itoa::Buffer::new().format(attempt.timestamp_unix).as_bytes());
            }
            Part::Var(Var::EventType) => buffer.put_slice(attempt.event_type.as_bytes()),
            Part::Var(Var::Hex) => push_hex(buffer, signature),
            Part::Var(Var::Base64) => push_base64(buffer, signature),
            // Not among the placeholders of a header.
            Part::Var(Var::Body) => {}
        }
    }
}

fn push_hex(buffer: &mut BytesMut, signature: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in signature {
        buffer.put_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)]]);
    }
}

fn push_base64(buffer: &mut BytesMut, signature: &[u8]) {
    let mut digits = [0; MAX_SIGNATURE.div_ceil(3) * 4];
    // The longest signature fits, so this cannot fail.
    if let Ok(len) = STANDARD.encode_slice(signature, &mut digits) {
        buffer.put_slice(&digits[..len]);
    }
}
