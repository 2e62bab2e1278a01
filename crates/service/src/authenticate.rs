//! Whose key is this? A lookup by hash, remembered for less than a second (DESIGN 4.2, 7 "Secrets").
//!
//! A key is found by its SHA-256: nothing in the lookup depends on how much of a key was guessed right.
//! On the hot path a hit costs one hash and one look into memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use postrider_model::id::KeyId;
use postrider_store::{ApiKey, Store, StoreError};
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use ring::{digest, hmac};
use tokio::time::timeout;

use crate::{Caller, Rights};

/// SHA-256 of a key.
pub type KeyHash = [u8; 32];

/// How long an answer of the store is used. A key revoked on another node ends within a second (DESIGN 4.2):
/// this, one read of the store, and a margin.
pub(crate) const FRESH: Duration = Duration::from_millis(700);
/// How long the store is waited for: where it does not answer, whoever asks is told to try again and does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
const KNOWN_KEYS: usize = 16_384;
/// Apart from the known ones, so that somebody who tries keys cannot drive real ones out of memory.
const UNKNOWN_KEYS: usize = 1_024;

/// The hash a key is kept and found by.
pub fn hash_key(key: &str) -> KeyHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, key.as_bytes()).as_ref());
    hash
}

/// What a valid key opens.
#[derive(Debug, Clone)]
pub struct KeyHolder {
    /// The key's id.
    pub id: KeyId,
    /// Who asks, as the use cases see it.
    pub caller: Caller,
    /// What the key may do.
    pub rights: Rights,
}

impl KeyHolder {
    fn of(key: ApiKey) -> Self {
        let rights = Rights::of_stored(&key.scopes);
        let actor = format!("key:{}", key.prefix);
        let caller = Caller { project: key.project, mode: key.mode, tenant: key.tenant, actor };
        Self { id: key.id, caller, rights }
    }
}

#[derive(Debug, Clone, Copy)]
struct ReadAt {
    time: Instant,
    epoch: u64,
}

#[derive(Debug, Clone)]
struct Known {
    holder: Arc<KeyHolder>,
    read: ReadAt,
}

/// Finds the holders of keys.
#[derive(Debug)]
pub struct Authenticator {
    root: KeyHash,
    known: Cache<KeyHash, Known>,
    unknown: Cache<KeyHash, ReadAt>,
    /// Counted up with every revocation on this node; what was read in an earlier epoch is read again. An answer
    /// that was on its way from the store while a key was revoked is therefore never used.
    epoch: AtomicU64,
}

impl Authenticator {
    /// `root`: the hash of the root key.
    pub fn new(root: KeyHash) -> Self {
        Self {
            root,
            // Most installations have a handful of keys: room for more is made when there are more.
            known: Cache::with_weighter(64, KNOWN_KEYS as u64, UnitWeighter),
            unknown: Cache::with_weighter(64, UNKNOWN_KEYS as u64, UnitWeighter),
            epoch: AtomicU64::new(0),
        }
    }

    /// Whether `key` is the root key. Takes the same time whatever it is.
    pub fn is_root(&self, key: &str) -> bool {
        let hash = hash_key(key);
        self.root.iter().zip(hash).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }

    /// Says that whoever has `token` had the root key. Of use with the token only: the root key's hash, from which a weak
    /// key could be guessed, is not to be had from it.
    pub fn root_proof(&self, token: &str) -> [u8; 32] {
        let mut proof = [0; 32];
        proof.copy_from_slice(hmac::sign(&proof_key(token), &self.root).as_ref());
        proof
    }

    /// Whether `proof` is of the root key in force, for this token.
    pub fn proves_root(&self, token: &str, proof: &[u8; 32]) -> bool {
        hmac::verify(&proof_key(token), &self.root, proof).is_ok()
    }

    /// The holder of a project key; `None` for a key that does not exist or was revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the answer is not in memory and the store cannot give it.
    pub async fn holder(&self, store: &dyn Store, key: &str) -> Result<Option<Arc<KeyHolder>>, StoreError> {
        self.holder_of(store, hash_key(key)).await
    }

    /// As [`Authenticator::holder`], by the key's hash.
    ///
    /// # Errors
    /// As [`Authenticator::holder`].
    pub async fn holder_of(
        &self,
        store: &dyn Store,
        hash: KeyHash,
    ) -> Result<Option<Arc<KeyHolder>>, StoreError> {
        let now = Instant::now();
        if let Some(known) = self.known.get(&hash)
            && self.is_fresh(known.read, now)
        {
            return Ok(Some(known.holder));
        }
        if self.unknown.get(&hash).is_some_and(|read| self.is_fresh(read, now)) {
            return Ok(None);
        }
        self.read(store, hash, now).await
    }

    /// To be called after a key was revoked in the store: from now on it opens nothing here.
    pub fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// Counted up by [`Authenticator::forget_all`].
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn is_fresh(&self, read: ReadAt, now: Instant) -> bool {
        read.epoch == self.epoch.load(Ordering::Acquire) && now.duration_since(read.time) < FRESH
    }

    async fn read(
        &self,
        store: &dyn Store,
        hash: KeyHash,
        now: Instant,
    ) -> Result<Option<Arc<KeyHolder>>, StoreError> {
        let read = ReadAt { time: now, epoch: self.epoch.load(Ordering::Acquire) };
        let answer = timeout(PATIENCE, store.key_by_hash(&hash)).await;
        let silent = |_| StoreError::Unavailable("it does not say whose key this is".to_owned());
        let Some(key) = answer.map_err(silent)?? else {
            self.known.remove(&hash);
            self.unknown.insert(hash, read);
            return Ok(None);
        };
        let holder = Arc::new(KeyHolder::of(key));
        self.known.insert(hash, Known { holder: Arc::clone(&holder), read });
        Ok(Some(holder))
    }
}

fn proof_key(token: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_root_key_is_the_root_key() {
        let authenticator = Authenticator::new(hash_key("root-key-of-24-characters"));
        assert!(authenticator.is_root("root-key-of-24-characters"));
        assert!(!authenticator.is_root("root-key-of-24-character"));
        assert!(!authenticator.is_root(""));
    }

    #[test]
    fn a_proof_of_the_root_key_holds_for_its_token_and_that_root_key_only() {
        let authenticator = Authenticator::new(hash_key("root-key-of-24-characters"));
        let proof = authenticator.root_proof("ses_a");
        assert!(authenticator.proves_root("ses_a", &proof));
        assert!(!authenticator.proves_root("ses_b", &proof));
        assert!(!Authenticator::new(hash_key("another-root-key-of-24-ch")).proves_root("ses_a", &proof));
    }

    #[test]
    fn what_was_read_before_a_revocation_is_not_used_after_it() {
        let authenticator = Authenticator::new([0; 32]);
        let now = Instant::now();
        let read = ReadAt { time: now, epoch: 0 };
        assert!(authenticator.is_fresh(read, now));
        authenticator.forget_all();
        assert!(!authenticator.is_fresh(read, now));
    }

    #[test]
    fn an_answer_is_used_for_less_than_a_second() {
        let authenticator = Authenticator::new([0; 32]);
        let now = Instant::now();
        let read = ReadAt { time: now, epoch: 0 };
        assert!(authenticator.is_fresh(read, now + Duration::from_millis(699)));
        assert!(!authenticator.is_fresh(read, now + Duration::from_millis(1_000)));
    }
}
