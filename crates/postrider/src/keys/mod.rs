//! The two keys of an installation: the root key, of which only a hash is kept, and the master key.

mod command;
mod file;
mod master;
mod resealing;
mod root;
mod rotate;

pub(crate) use command::{command, run};
pub(crate) use file::KeyFile;
pub(crate) use master::{KeyError, fits, open_keyring, opens_proof};
pub(crate) use resealing::check as check_sealed;
pub(crate) use root::root_key;

use postrider_engine::ports::Rng;

/// Letters and digits: nothing that a shell or a form would change.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `prefix` and 40 random letters and digits: 238 bits.
pub(crate) fn random_key(prefix: &str, rng: &dyn Rng) -> String {
    let mut key = prefix.to_owned();
    let mut byte = [0];
    while key.len() < prefix.len() + 40 {
        rng.fill(&mut byte);
        // 248 is four times 62: above it some letters would be likelier than others.
        if byte[0] < 248 {
            key.push(char::from(ALPHABET[usize::from(byte[0] % 62)]));
        }
    }
    key
}
