//! The body of `POST /v1/events` and of each event in a batch: read once, sliced, never copied.
//!
//! This is the hot path. The members are taken as raw JSON that borrows from the body; `data`, `changes` and
//! `attributes` go on as slices of it (their bytes must arrive as they were sent), and only the short texts are
//! read. What they say is judged by the engine; here it is only seen that every member is known, there once, and
//! of its type, so that each fault can be told with its pointer.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use postrider_engine::EventIn;
use postrider_model::limits::Limits;
use postrider_model::time::Millis;
use postrider_service::Fault;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An event that was read, with its idempotency key still as text: it may come in a header too.
#[derive(Debug)]
pub(super) struct ReadEvent<'a> {
    /// The event, without its idempotency mark.
    pub(super) event: EventIn,
    /// `idempotency_key`.
    pub(super) idempotency_key: Option<Cow<'a, str>>,
}

/// Reads one event from `json`, a part of `body`. Faults get pointers that begin with `prefix`.
///
/// Returns `None` if anything is wrong; what it is has then been added to `faults`.
///
/// # Errors
/// If `json` is not JSON.
pub(super) fn read_event<'a>(
    body: &Bytes,
    json: &'a str,
    prefix: &str,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Result<Option<ReadEvent<'a>>, serde_json::Error> {
    let before = faults.len();
    let mut reader = serde_json::Deserializer::from_str(json);
    let members = reader.deserialize_any(MembersVisitor { prefix, faults })?;
    reader.end()?;
    let mut texts = Texts { prefix, faults };
    let required = (texts.required("tenant", members.tenant), texts.required("type", members.kind));
    let timestamp = texts.time("timestamp", members.timestamp);
    let deliver_at = texts.time("deliver_at", members.deliver_at);
    let ordering_key = texts.optional("ordering_key", members.ordering_key).map(Cow::into_owned);
    let idempotency_key = texts.idempotency_key(members.idempotency_key, limits);
    if members.data.is_none() && members.is_object {
        texts.fault("data", "This field is required.");
    }
    let ((Some(tenant), Some(kind)), Some(data)) = (required, members.data) else { return Ok(None) };
    if faults.len() > before {
        return Ok(None);
    }
    let slice = |raw: &RawValue| body.slice_ref(raw.get().as_bytes());
    let event = EventIn {
        tenant: tenant.into_owned(),
        kind: kind.into_owned(),
        data: slice(data),
        changes: members.changes.filter(|raw| !is_null(raw)).map(slice),
        attributes: members.attributes.filter(|raw| !is_null(raw)).map(slice),
        timestamp,
        ordering_key,
        deliver_at,
        idempotency: None,
        size: json.len(),
    };
    Ok(Some(ReadEvent { event, idempotency_key }))
}

/// The members of an event as they stand in the body.
#[derive(Debug, Default)]
struct Members<'a> {
    is_object: bool,
    tenant: Option<&'a RawValue>,
    kind: Option<&'a RawValue>,
    data: Option<&'a RawValue>,
    timestamp: Option<&'a RawValue>,
    changes: Option<&'a RawValue>,
    attributes: Option<&'a RawValue>,
    ordering_key: Option<&'a RawValue>,
    deliver_at: Option<&'a RawValue>,
    idempotency_key: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a RawValue>> {
        Some(match name {
            "tenant" => &mut self.tenant,
            "type" => &mut self.kind,
            "data" => &mut self.data,
            "timestamp" => &mut self.timestamp,
            "changes" => &mut self.changes,
            "attributes" => &mut self.attributes,
            "ordering_key" => &mut self.ordering_key,
            "deliver_at" => &mut self.deliver_at,
            "idempotency_key" => &mut self.idempotency_key,
            _ => return None,
        })
    }
}

struct MembersVisitor<'f> {
    prefix: &'f str,
    faults: &'f mut Vec<Fault>,
}

/// What is not an object has no members, and one fault.
macro_rules! not_an_object {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $kind) -> Result<Self::Value, E> { Ok(self.refuse()) })*
    };
}

impl<'f> MembersVisitor<'f> {
    fn refuse<'a>(self) -> Members<'a> {
        self.faults.push(Fault::at(self.prefix, "An event must be a JSON object."));
        Members::default()
    }
}

impl<'de> Visitor<'de> for MembersVisitor<'_> {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members { is_object: true, ..Members::default() };
        while let Some(name) = map.next_key::<MemberName<'de>>()? {
            let pointer = || format!("{}/{}", self.prefix, escape(&name.0));
            match members.slot(&name.0) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                    self.faults.push(Fault::at(pointer(), "There is no such field in an event."));
                }
                Some(slot) => {
                    if slot.replace(map.next_value()?).is_some() {
                        self.faults.push(Fault::at(pointer(), "This field is given twice."));
                    }
                }
            }
        }
        Ok(members)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.refuse())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.refuse())
    }

    not_an_object!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

/// A member's name: borrowed unless it is written with escapes.
pub(super) struct MemberName<'a>(pub(super) Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for MemberName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = MemberName<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(MemberName(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(MemberName(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Reads texts out of raw members and notes what is wrong with them.
struct Texts<'f> {
    prefix: &'f str,
    faults: &'f mut Vec<Fault>,
}

impl Texts<'_> {
    fn fault(&mut self, name: &str, detail: &str) {
        self.faults.push(Fault::at(format!("{}/{name}", self.prefix), detail));
    }

    fn required<'a>(&mut self, name: &str, raw: Option<&'a RawValue>) -> Option<Cow<'a, str>> {
        match raw {
            None => {
                // Of what is not an object it was said already.
                if !self.faults.iter().any(|fault| fault.pointer == self.prefix) {
                    self.fault(name, "This field is required.");
                }
                None
            }
            Some(raw) => self.text(name, raw),
        }
    }

    fn optional<'a>(&mut self, name: &str, raw: Option<&'a RawValue>) -> Option<Cow<'a, str>> {
        raw.filter(|raw| !is_null(raw)).and_then(|raw| self.text(name, raw))
    }

    fn text<'a>(&mut self, name: &str, raw: &'a RawValue) -> Option<Cow<'a, str>> {
        let json = raw.get();
        match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            None => {
                self.fault(name, "This must be a string.");
                None
            }
            // The common case: nothing to unescape, nothing to copy. RawValue is valid JSON, so it is the text.
            Some(inner) if !inner.contains('\\') => Some(Cow::Borrowed(inner)),
            Some(_) => match serde_json::from_str::<String>(json) {
                Ok(text) => Some(Cow::Owned(text)),
                Err(_) => {
                    self.fault(name, "This holds an escape that stands for no character.");
                    None
                }
            },
        }
    }

    fn time(&mut self, name: &str, raw: Option<&RawValue>) -> Option<Millis> {
        let text = self.optional(name, raw)?;
        let time = Millis::parse(&text).ok();
        if time.is_none() {
            self.fault(name, "This must be an RFC 3339 time, such as 2026-01-22T10:30:00Z.");
        }
        time
    }

    fn idempotency_key<'a>(&mut self, raw: Option<&'a RawValue>, limits: &Limits) -> Option<Cow<'a, str>> {
        let key = self.optional("idempotency_key", raw)?;
        if let Err(detail) = check_idempotency_key(&key, limits) {
            self.fault("idempotency_key", &detail);
        }
        Some(key)
    }
}

/// Whether a text can be an idempotency key.
pub(super) fn check_idempotency_key(key: &str, limits: &Limits) -> Result<(), String> {
    let most = limits.max_idempotency_key_bytes;
    if key.is_empty() {
        Err("An idempotency key must not be empty.".to_owned())
    } else if key.len() > most {
        Err(format!("An idempotency key has at most {most} bytes."))
    } else {
        Ok(())
    }
}

fn is_null(raw: &RawValue) -> bool {
    raw.get() == "null"
}

/// A name as a part of a JSON Pointer (RFC 6901, 3).
pub(super) fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        Cow::Owned(name.replace('~', "~0").replace('/', "~1"))
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests;
