//! Idempotency marks: hashes of the key and of the request (DESIGN 4.4 "Idempotency").

use postrider_store::IdempotencyMark;
use ring::digest::{Context, SHA256, digest};

/// The mark of one event: its key and its JSON as it came.
pub fn mark_of(key: &str, body: &[u8]) -> IdempotencyMark {
    IdempotencyMark {
        key: first_half(digest(&SHA256, key.as_bytes()).as_ref()),
        body: first_half(digest(&SHA256, body).as_ref()),
    }
}

/// The mark of a whole batch: told apart from a single event's with the same key and body.
pub fn mark_of_batch(key: &str, body: &[u8]) -> IdempotencyMark {
    let mut context = Context::new(&SHA256);
    context.update(b"batch\0");
    context.update(body);
    IdempotencyMark {
        key: first_half(digest(&SHA256, key.as_bytes()).as_ref()),
        body: first_half(context.finish().as_ref()),
    }
}

/// 128 bits are enough to tell the keys of one day apart.
fn first_half(hash: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}
