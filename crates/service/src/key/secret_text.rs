//! The text of a key: `sk_live_` or `sk_test_` and base62 characters.

use postrider_engine::ports::Rng;
use postrider_model::id::Mode;

/// Random characters of a key: 238 bits.
const CHARACTERS: usize = 40;
/// Of these, how many a list shows. What is left (202 bits) cannot be guessed.
const SHOWN: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new key.
pub(super) fn make(mode: Mode, rng: &dyn Rng) -> String {
    let mut key = String::from(match mode {
        Mode::Live => "sk_live_",
        Mode::Test => "sk_test_",
    });
    let end = key.len() + CHARACTERS;
    while key.len() < end {
        let mut bytes = [0; 64];
        rng.fill(&mut bytes);
        // 248 is the last multiple of 62 in a byte: above it some characters would be likelier.
        let fair =
            bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        key.extend(fair.take(end - key.len()));
    }
    key
}

/// The first characters of a key, for people to tell keys apart.
pub(super) fn prefix(key: &str) -> &str {
    &key[..key.len() - CHARACTERS + SHOWN]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Counting(std::sync::atomic::AtomicU8);

    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_key_says_its_mode_and_is_long_enough() {
        let rng = Counting(240.into());
        let key = make(Mode::Live, &rng);
        assert_eq!(key.len(), "sk_live_".len() + CHARACTERS);
        assert!(key.starts_with("sk_live_"));
        assert!(key[8..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(prefix(&key), &key[..14]);
        assert!(make(Mode::Test, &rng).starts_with("sk_test_"));
    }
}
