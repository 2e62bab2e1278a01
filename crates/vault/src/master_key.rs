//! The keys that secrets are sealed with.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The length of a master key.
pub const KEY_BYTES: usize = 32;

/// What a sealed secret names its key by: the first four bytes of a hash of the key. It needs no book-keeping, is the
/// same on every node, and tells nothing about the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub(crate) [u8; 4]);

/// Said before the key is hashed, so that the hash serves no other purpose.
const ID_CONTEXT: &[u8] = b"postrider master key id\0";

/// 32 random bytes. Wiped from memory when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    bytes: [u8; KEY_BYTES],
}

impl MasterKey {
    /// A new key from the system's source of randomness.
    ///
    /// # Errors
    /// When the system has none to give.
    pub fn generate() -> Result<Self, MasterKeyError> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new().fill(&mut bytes).map_err(|_| MasterKeyError::NoRandomness)?;
        Ok(Self { bytes })
    }

    /// Reads a key as `POSTRIDER_MASTER_KEY` gives it: base64 of 32 bytes, in either alphabet, padded or not.
    ///
    /// # Errors
    /// Says what is wrong without repeating any of it.
    pub fn from_base64(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let decoded = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
            .iter()
            .find_map(|alphabet| alphabet.decode(text).ok())
            .map(Zeroizing::new)
            .ok_or(MasterKeyError::NotBase64)?;
        let bytes = decoded.as_slice().try_into().map_err(|_| MasterKeyError::Length(decoded.len()))?;
        Ok(Self { bytes })
    }

    /// The key in base64, as [`from_base64`](Self::from_base64) reads it.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes))
    }

    /// What sealed secrets name it by.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let hashed = Zeroizing::new([ID_CONTEXT, &self.bytes].concat());
        let mut id = [0; 4];
        id.copy_from_slice(&digest(&SHA256, &hashed).as_ref()[..4]);
        KeyId(id)
    }

    pub(crate) const fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A master key that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Not base64.
    #[error(
        "the master key is not base64: it must be 32 bytes in base64, such as `openssl rand -base64 32` prints"
    )]
    NotBase64,
    /// Not 32 bytes.
    #[error(
        "the master key has {0} bytes, but it must have exactly 32 (`openssl rand -base64 32` prints one)"
    )]
    Length(usize),
    /// Nothing to make a key from.
    #[error("the system gives no random numbers")]
    NoRandomness,
}
