//! One attempt in the log: a byte of flags, numbers as varints, texts with their length.

use bytes::Bytes;
use postrider_model::delivery::Attempt;
use postrider_model::time::Millis;

use super::varint::{push, push_bytes, take, take_bytes, unzigzag, zigzag};
use super::{BadLog, FAILURE_EXCERPT_BYTES, SUCCESS_EXCERPT_BYTES};

const SUCCESS: u8 = 1;
const STATUS: u8 = 2;
const ERROR: u8 = 4;
const EXCERPT: u8 = 8;
const NOTE: u8 = 16;

/// An attempt whose texts are borrowed from the log or the caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) number: u32,
    pub(super) started_at: Millis,
    pub(super) latency_ms: u32,
    pub(super) status: Option<u16>,
    pub(super) error: Option<&'a str>,
    pub(super) success: bool,
    pub(super) excerpt: &'a [u8],
    pub(super) note: Option<&'a str>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(attempt: &'a Attempt) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at,
            latency_ms: attempt.latency_ms,
            status: attempt.response_status,
            error: attempt.error.as_deref(),
            success: attempt.success,
            excerpt: &attempt.excerpt,
            note: attempt.note.as_deref(),
        }
    }

    pub(super) fn to_attempt(self: &Entry<'a>) -> Attempt {
        Attempt {
            number: self.number,
            started_at: self.started_at,
            latency_ms: self.latency_ms,
            response_status: self.status,
            error: self.error.map(str::to_owned),
            success: self.success,
            excerpt: Bytes::copy_from_slice(self.excerpt),
            note: self.note.map(str::to_owned),
        }
    }

    fn trimmed(&self, keeps_excerpt: bool) -> &'a [u8] {
        let most = match (keeps_excerpt, self.success) {
            (false, _) => 0,
            (true, true) => SUCCESS_EXCERPT_BYTES,
            (true, false) => FAILURE_EXCERPT_BYTES,
        };
        &self.excerpt[..self.excerpt.len().min(most)]
    }
}

/// Appends an entry; `before` is the start of the one before it.
pub(super) fn write_entry(log: &mut Vec<u8>, entry: &Entry<'_>, keeps_excerpt: bool, before: Millis) {
    let excerpt = entry.trimmed(keeps_excerpt);
    let mut flags = if entry.success { SUCCESS } else { 0 };
    for (present, flag) in [
        (entry.status.is_some(), STATUS),
        (entry.error.is_some(), ERROR),
        (!excerpt.is_empty(), EXCERPT),
        (entry.note.is_some(), NOTE),
    ] {
        flags |= if present { flag } else { 0 };
    }
    log.push(flags);
    push(log, u64::from(entry.number));
    push(log, zigzag(entry.started_at.0.wrapping_sub(before.0)));
    push(log, u64::from(entry.latency_ms));
    if let Some(status) = entry.status {
        push(log, u64::from(status));
    }
    if let Some(error) = entry.error {
        push_bytes(log, error.as_bytes());
    }
    if !excerpt.is_empty() {
        push_bytes(log, excerpt);
    }
    if let Some(note) = entry.note {
        push_bytes(log, note.as_bytes());
    }
}

/// Takes an entry off the front.
pub(super) fn take_entry<'a>(rest: &mut &'a [u8], before: Millis) -> Result<Entry<'a>, BadLog> {
    let (flags, after) = rest.split_first().ok_or(BadLog::Broken)?;
    *rest = after;
    let has = |flag| flags & flag != 0;
    Ok(Entry {
        success: has(SUCCESS),
        number: u32::try_from(take(rest)?).map_err(|_| BadLog::Broken)?,
        started_at: Millis(before.0.wrapping_add(unzigzag(take(rest)?))),
        latency_ms: u32::try_from(take(rest)?).map_err(|_| BadLog::Broken)?,
        status: if has(STATUS) {
            Some(u16::try_from(take(rest)?).map_err(|_| BadLog::Broken)?)
        } else {
            None
        },
        error: if has(ERROR) { Some(text(rest)?) } else { None },
        excerpt: if has(EXCERPT) { take_bytes(rest)? } else { &[] },
        note: if has(NOTE) { Some(text(rest)?) } else { None },
    })
}

fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, BadLog> {
    std::str::from_utf8(take_bytes(rest)?).map_err(|_| BadLog::Broken)
}
