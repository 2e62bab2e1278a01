//! The check of a whole text (RFC 8259).

use super::stack::Stack;
use super::text::{Broken, after_number, after_space, after_string, after_word};
use super::{FaultKind, JsonFault, place};

/// Checks that `bytes` are one JSON text: the whole grammar of RFC 8259, UTF-8, no lone surrogates, at most `max_depth`
/// brackets open at a time. Duplicate keys are not a fault: they are passed through as they came.
///
/// # Errors
/// The first [`JsonFault`]; bytes that are not UTF-8 are found before anything else.
pub fn check(bytes: &[u8], max_depth: usize) -> Result<(), JsonFault> {
    let broken = match std::str::from_utf8(bytes) {
        Ok(_) => match scan(bytes, max_depth) {
            Ok(()) => return Ok(()),
            Err(broken) => broken,
        },
        Err(error) => (FaultKind::Utf8, error.valid_up_to()),
    };
    let (kind, offset) = broken;
    Err(JsonFault { kind, offset, pointer: place::pointer(bytes, offset) })
}

fn scan(bytes: &[u8], max_depth: usize) -> Result<(), Broken> {
    let mut stack = Stack::default();
    let mut at = 0;
    loop {
        let (behind, opened) = value(bytes, after_space(bytes, at), &mut stack, max_depth)?;
        at = behind;
        if !opened {
            at = match next(bytes, at, &mut stack)? {
                Some(next) => next,
                None => return Ok(()),
            };
        }
    }
}

/// Takes one scalar, an empty bracket pair, or an opening bracket (with the first key): the offset behind it, and whether
/// a value must follow.
#[inline]
fn value(bytes: &[u8], at: usize, stack: &mut Stack, max_depth: usize) -> Result<(usize, bool), Broken> {
    let scalar = |behind: Result<usize, Broken>| behind.map(|behind| (behind, false));
    match bytes.get(at) {
        Some(b'"') => scalar(after_string(bytes, at + 1)),
        Some(b'-' | b'0'..=b'9') => scalar(after_number(bytes, at)),
        Some(b'{') => open(bytes, at, stack, max_depth, true),
        Some(b'[') => open(bytes, at, stack, max_depth, false),
        Some(b't') => scalar(after_word(bytes, at, b"true")),
        Some(b'f') => scalar(after_word(bytes, at, b"false")),
        Some(b'n') => scalar(after_word(bytes, at, b"null")),
        Some(_) => Err((FaultKind::Unexpected, at)),
        None => Err((FaultKind::End, at)),
    }
}

fn open(
    bytes: &[u8],
    at: usize,
    stack: &mut Stack,
    max_depth: usize,
    object: bool,
) -> Result<(usize, bool), Broken> {
    if stack.depth() >= max_depth {
        return Err((FaultKind::TooDeep, at));
    }
    let inside = after_space(bytes, at + 1);
    match (object, bytes.get(inside)) {
        (true, Some(b'}')) | (false, Some(b']')) => Ok((inside + 1, false)),
        (true, _) => {
            stack.push(true);
            Ok((after_key(bytes, inside)?, true))
        }
        (false, _) => {
            stack.push(false);
            Ok((inside, true))
        }
    }
}

/// Behind a value: closes brackets and finds where the next value begins; `None` at the end of the text.
#[inline]
fn next(bytes: &[u8], mut at: usize, stack: &mut Stack) -> Result<Option<usize>, Broken> {
    let mut inside = stack.in_object();
    loop {
        at = after_space(bytes, at);
        match (inside, bytes.get(at)) {
            (Some(true), Some(b',')) => return after_key(bytes, after_space(bytes, at + 1)).map(Some),
            (Some(false), Some(b',')) => return Ok(Some(at + 1)),
            (Some(true), Some(b'}')) | (Some(false), Some(b']')) => {
                inside = stack.pop();
                at += 1;
            }
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err((FaultKind::Trailing, at)),
            (Some(_), Some(_)) => return Err((FaultKind::Unexpected, at)),
            (Some(_), None) => return Err((FaultKind::End, at)),
        }
    }
}

/// Given where a key must begin, the offset behind its colon.
#[inline]
fn after_key(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    let wrong = |at: usize| (if at < bytes.len() { FaultKind::Unexpected } else { FaultKind::End }, at);
    if bytes.get(at) != Some(&b'"') {
        return Err(wrong(at));
    }
    let colon = after_space(bytes, after_string(bytes, at + 1)?);
    if bytes.get(colon) == Some(&b':') { Ok(colon + 1) } else { Err(wrong(colon)) }
}
