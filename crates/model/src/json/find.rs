//! Values found in a JSON text by their path, without a tree.

use std::borrow::Cow;

use super::text::{after_number, after_space, after_string, after_word};

/// The JSON text of the value at `path`, keys from the root inwards: `["data", "call_id"]` in `{"data":{"call_id":7}}`
/// is `7`. Of duplicate keys the first counts. `None` where there is no such value; what is not JSON never
/// panics, but may find something.
pub fn at_path<'a>(bytes: &'a [u8], path: &[&str]) -> Option<&'a str> {
    let mut at = after_space(bytes, 0);
    for key in path {
        at = member(bytes, at, key)?;
    }
    std::str::from_utf8(&bytes[at..after_value(bytes, at)?]).ok()
}

/// A scalar's text as a key to order or compare by: a string's characters, a number's or boolean's JSON; `None` for null,
/// lists and objects.
pub fn key_text(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => {
            let plain = json.len().checked_sub(1).and_then(|end| json.get(1..end))?;
            if plain.contains('\\') {
                serde_json::from_str(json).ok().map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(plain))
            }
        }
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// Given an object's first byte, the offset of the value of `key`.
fn member(bytes: &[u8], at: usize, key: &str) -> Option<usize> {
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = after_space(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let behind = after_string(bytes, at + 1).ok()?;
        let found = is_key(bytes.get(at..behind)?, key);
        let colon = after_space(bytes, behind);
        if bytes.get(colon) != Some(&b':') {
            return None;
        }
        let value = after_space(bytes, colon + 1);
        if found {
            return Some(value);
        }
        let comma = after_space(bytes, after_value(bytes, value)?);
        if bytes.get(comma) != Some(&b',') {
            return None;
        }
        at = after_space(bytes, comma + 1);
    }
    None
}

/// Whether a quoted string says `key`; escapes are read only where there are some.
fn is_key(quoted: &[u8], key: &str) -> bool {
    let Some(inner) = quoted.len().checked_sub(1).and_then(|end| quoted.get(1..end)) else { return false };
    inner == key.as_bytes()
        || (inner.contains(&b'\\') && serde_json::from_slice::<String>(quoted).is_ok_and(|read| read == key))
}

/// The offset behind the value that begins at `at`. Brackets are counted, not matched: the text was checked before.
fn after_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        at = match bytes.get(at)? {
            b'"' => after_string(bytes, at + 1).ok()?,
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at + 1
            }
            b'-' | b'0'..=b'9' => after_number(bytes, at).ok()?,
            b't' => after_word(bytes, at, b"true").ok()?,
            b'f' => after_word(bytes, at, b"false").ok()?,
            b'n' => after_word(bytes, at, b"null").ok()?,
            b',' | b':' if depth > 0 => at + 1,
            _ => return None,
        };
        if depth == 0 {
            return Some(at);
        }
        at = after_space(bytes, at);
    }
}
