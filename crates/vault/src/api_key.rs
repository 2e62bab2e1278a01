//! API keys are kept as hashes only.

use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// The hash under which an API key is kept: SHA-256. Keys are long and random, so that there is nothing to guess, and
/// a slow hash would cost every request its time for nothing.
#[must_use]
pub fn hash_key(key: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    hash
}

/// Are the hashes the same? Takes the same time whatever they are.
#[must_use]
pub fn is_same_hash(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash: String = hash_key("abc").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, expected);
    }

    #[test]
    fn hashes_are_the_same_only_if_every_bit_is() {
        let hash = hash_key("sk_live_1");
        assert!(is_same_hash(&hash, &hash_key("sk_live_1")));
        for bit in 0..256 {
            let mut other = hash;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_same_hash(&hash, &other), "bit {bit}");
        }
    }
}
