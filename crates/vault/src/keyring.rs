//! Sealing and opening.
//!
//! A sealed secret is `version ‖ key id ‖ nonce ‖ ciphertext ‖ tag`. Version and key id are authenticated together
//! with the caller's context, so that a sealed secret can be neither altered nor moved to another place.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::{KeyId, MasterKey, MasterKeyError};

/// ChaCha20-Poly1305 with a random nonce of 96 bits. Secrets are written by hand or when endpoints are made: the
/// 2^32 messages up to which random nonces are safe under one key are out of reach.
const VERSION: u8 = 1;
const ID_AT: usize = 1;
const NONCE_AT: usize = ID_AT + 4;
const CIPHERTEXT_AT: usize = NONCE_AT + NONCE_LEN;

/// The master keys a node knows. The newest seals; all of them open, so that keys can be rotated while running.
pub struct Keyring {
    /// Newest first; never empty.
    keys: Vec<RingKey>,
    random: SystemRandom,
}

struct RingKey {
    id: KeyId,
    aead: LessSafeKey,
}

impl Keyring {
    /// A ring of `newest` alone.
    ///
    /// # Errors
    /// Only if the cipher refuses the key, which it does for none of the right length.
    pub fn new(newest: &MasterKey) -> Result<Self, MasterKeyError> {
        Ok(Self { keys: vec![RingKey::new(newest)?], random: SystemRandom::new() })
    }

    /// A ring of one key, or of several separated by commas or spaces, the newest first
    /// (`POSTRIDER_MASTER_KEY`).
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn from_base64(text: &str) -> Result<Self, MasterKeyError> {
        let mut keys = text.split([',', ' ', '\n']).filter(|key| !key.trim().is_empty());
        let mut ring = Self::new(&MasterKey::from_base64(keys.next().unwrap_or_default())?)?;
        for older in keys {
            ring.add_older(&MasterKey::from_base64(older)?)?;
        }
        Ok(ring)
    }

    /// Adds a key that opens what was sealed before, but seals nothing.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn add_older(&mut self, older: &MasterKey) -> Result<(), MasterKeyError> {
        if self.key(older.id()).is_none() {
            self.keys.push(RingKey::new(older)?);
        }
        Ok(())
    }

    /// The key that seals.
    #[must_use]
    pub fn newest(&self) -> KeyId {
        self.keys[0].id
    }

    /// Seals `secret`. `context` says what it belongs to (the endpoint's id, say) and is needed again to open it.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn seal(&self, secret: &[u8], context: &[u8]) -> Result<Vec<u8>, MasterKeyError> {
        let key = &self.keys[0];
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| MasterKeyError::NoRandomness)?;
        let mut sealed = Vec::with_capacity(CIPHERTEXT_AT + secret.len() + CHACHA20_POLY1305.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id.0);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret);
        let bound = Aad::from(bound_context(&sealed, context));
        let tag = key
            .aead
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                bound,
                &mut sealed[CIPHERTEXT_AT..],
            )
            // The cipher refuses only what is longer than 256 GiB.
            .map_err(|_| MasterKeyError::NoRandomness)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made, by whichever key it was sealed.
    ///
    /// # Errors
    /// When it was not sealed by a key of this ring, for this context, or was altered since.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let id = sealed_by(sealed)?;
        let key = self.key(id).ok_or(OpenError::UnknownKey(id))?;
        let nonce = sealed.get(NONCE_AT..CIPHERTEXT_AT).ok_or(OpenError::Malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Malformed)?;
        let bound = Aad::from(bound_context(sealed, context));
        let mut secret = Zeroizing::new(sealed[CIPHERTEXT_AT..].to_vec());
        let opened_bytes =
            key.aead.open_in_place(nonce, bound, &mut secret).map_err(|_| OpenError::Altered)?.len();
        secret.truncate(opened_bytes);
        Ok(secret)
    }

    /// Was it sealed by a key that is no longer the newest, so that a rotation has to seal it anew?
    ///
    /// # Errors
    /// When it is not a sealed secret.
    pub fn is_outdated(&self, sealed: &[u8]) -> Result<bool, OpenError> {
        sealed_by(sealed).map(|id| id != self.newest())
    }

    fn key(&self, id: KeyId) -> Option<&RingKey> {
        self.keys.iter().find(|key| key.id == id)
    }
}

impl RingKey {
    fn new(key: &MasterKey) -> Result<Self, MasterKeyError> {
        let unbound = UnboundKey::new(&CHACHA20_POLY1305, key.bytes())
            .map_err(|_| MasterKeyError::Length(key.bytes().len()))?;
        Ok(Self { id: key.id(), aead: LessSafeKey::new(unbound) })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| key.id)).finish()
    }
}

/// The head of the sealed secret and the caller's context. The head's length is fixed: there is one way to read it.
fn bound_context(sealed: &[u8], context: &[u8]) -> Vec<u8> {
    [&sealed[..NONCE_AT], context].concat()
}

fn sealed_by(sealed: &[u8]) -> Result<KeyId, OpenError> {
    match sealed {
        [VERSION, a, b, c, d, rest @ ..] if rest.len() >= NONCE_LEN => Ok(KeyId([*a, *b, *c, *d])),
        _ => Err(OpenError::Malformed),
    }
}

/// A sealed secret that cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not a sealed secret, or of a later version.
    #[error("not a sealed secret")]
    Malformed,
    /// Its key is not in the ring.
    #[error("sealed with the master key {0}, which is not the one given (POSTRIDER_MASTER_KEY)")]
    UnknownKey(KeyId),
    /// It was altered, or belongs elsewhere.
    #[error("the sealed secret was altered or belongs elsewhere")]
    Altered,
}

#[cfg(test)]
mod tests;
