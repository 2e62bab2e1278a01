//! Unsigned LEB128, and zigzag for differences that may be negative.

use super::BadLog;

/// Appends `value`.
pub(crate) fn push(log: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        log.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    log.push(value as u8);
}

/// Takes a value off the front.
pub(crate) fn take(rest: &mut &[u8]) -> Result<u64, BadLog> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(BadLog::Broken)?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(BadLog::Broken)
}

/// Appends a length and the bytes.
pub(crate) fn push_bytes(log: &mut Vec<u8>, bytes: &[u8]) {
    push(log, bytes.len() as u64);
    log.extend_from_slice(bytes);
}

/// Takes a length and that many bytes.
pub(crate) fn take_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], BadLog> {
    let length = usize::try_from(take(rest)?).map_err(|_| BadLog::Broken)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(BadLog::Broken)?;
    *rest = after;
    Ok(bytes)
}

pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
