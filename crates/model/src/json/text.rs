//! The pieces of JSON that are not brackets: white space, strings, numbers, words.

use super::FaultKind;

/// Where a piece is wrong.
pub(super) type Broken = (FaultKind, usize);

/// Bytes that end the plain part of a string: the quote, the backslash and everything below the space.
const STOPS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;

/// The offset of the first byte from `at` on that is not white space.
#[inline]
pub(super) fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Given the offset behind an opening quote, the offset behind the closing one.
#[inline]
pub(super) fn after_string(bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
    loop {
        at = after_plain(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = after_escape(bytes, at)?,
            Some(_) => return Err((FaultKind::Control, at)),
            None => return Err((FaultKind::End, at)),
        }
    }
}

/// The next byte that ends the plain part of a string, eight bytes at a time.
#[inline]
fn after_plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(Ok(word)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let stops = stops_in(u64::from_le_bytes(word));
        if stops != 0 {
            return at + (stops.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !STOPS[usize::from(*byte)]) {
        at += 1;
    }
    at
}

/// A word whose lowest set bit lies in the first byte that stops. (Higher bits may be wrong by a borrow; the lowest never is.)
#[inline]
fn stops_in(word: u64) -> u64 {
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (control | is_zero(word ^ (ONES * b'"' as u64)) | is_zero(word ^ (ONES * b'\\' as u64))) & HIGHS
}

/// Given the offset of a backslash, the offset behind its sequence; of both sequences of a surrogate pair.
fn after_escape(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match unit(bytes, at)? {
            0xd800..=0xdbff => {
                let low = matches!(bytes.get(at + 6..at + 8), Some(b"\\u")) && is_low(unit(bytes, at + 6)?);
                if low { Ok(at + 12) } else { Err((FaultKind::Surrogate, at)) }
            }
            low if is_low(low) => Err((FaultKind::Surrogate, at)),
            _ => Ok(at + 6),
        },
        Some(_) => Err((FaultKind::Escape, at)),
        None => Err((FaultKind::End, at + 1)),
    }
}

fn is_low(unit: u16) -> bool {
    (0xdc00..=0xdfff).contains(&unit)
}

/// The number in a `\uXXXX` that begins at `at`.
fn unit(bytes: &[u8], at: usize) -> Result<u16, Broken> {
    (at + 2..at + 6).try_fold(0, |unit, place| {
        let digit = match bytes.get(place) {
            Some(byte) => char::from(*byte).to_digit(16).ok_or((FaultKind::Escape, at))?,
            None => return Err((FaultKind::End, place)),
        };
        Ok(unit << 4 | digit as u16)
    })
}

/// Given the offset of a number's first byte, the offset behind it.
#[inline]
pub(super) fn after_number(bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    at = match bytes.get(at) {
        Some(b'0') if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
            return Err((FaultKind::Number, at));
        }
        _ => after_digits(bytes, at)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = after_digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = after_digits(bytes, at + 1 + usize::from(sign))?;
    }
    Ok(at)
}

/// At least one digit.
#[inline]
fn after_digits(bytes: &[u8], from: usize) -> Result<usize, Broken> {
    let mut at = from;
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    if at > from {
        Ok(at)
    } else if at < bytes.len() {
        Err((FaultKind::Number, at))
    } else {
        Err((FaultKind::End, at))
    }
}

/// Given the offset of `true`, `false` or `null`, the offset behind it.
pub(super) fn after_word(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Broken> {
    for (index, letter) in word.iter().enumerate() {
        match bytes.get(at + index) {
            Some(byte) if byte == letter => {}
            Some(_) => return Err((FaultKind::Unexpected, at + index)),
            None => return Err((FaultKind::End, at + index)),
        }
    }
    Ok(at + word.len())
}
