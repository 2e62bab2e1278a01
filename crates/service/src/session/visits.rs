//! Whose session is this? A lookup by hash, remembered for less than a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use postrider_engine::Engine;
use postrider_store::{Session, SessionHolder, StoreError, TokenHash};
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use tokio::time::timeout;

use super::{Visitor, Who, token};
use crate::authenticate::{FRESH, PATIENCE, hash_key};
use crate::{Authenticator, Caller};

const KNOWN_SESSIONS: u64 = 4_096;

#[derive(Debug, Clone)]
struct Known {
    session: Arc<Session>,
    read: ReadAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReadAt {
    time: Instant,
    epochs: Epochs,
}

impl ReadAt {
    /// Whether what was read then may be used now.
    fn is_fresh(self, now: Self) -> bool {
        self.epochs == now.epochs && now.time.duration_since(self.time) < FRESH
    }
}

/// Which sign-out and which revocation on this node were the last before a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Epochs {
    sessions: u64,
    keys: u64,
}

/// Finds whose sessions there are.
#[derive(Debug)]
pub struct Sessions {
    known: Cache<TokenHash, Known>,
    /// Counted up with every session that ends on this node, as [`Authenticator`] does with keys.
    epoch: AtomicU64,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new()
    }
}

impl Sessions {
    /// That knows none yet.
    pub fn new() -> Self {
        Self { known: Cache::with_weighter(64, KNOWN_SESSIONS, UnitWeighter), epoch: AtomicU64::new(0) }
    }

    /// Whose session this is; `None` where there is none, or it has ended. One that ends on this node (signed out, the
    /// key revoked, tenant or project deleted) is not found any more when that was answered; on others within a second.
    ///
    /// # Errors
    /// [`StoreError`] when the answer is not in memory and the store cannot give it.
    pub async fn visitor(
        &self,
        engine: &Engine,
        authenticator: &Authenticator,
        token: &str,
    ) -> Result<Option<Arc<Visitor>>, StoreError> {
        if !token::is_formed(token::SESSION, token) {
            return Ok(None);
        }
        let hash = hash_key(token);
        let Some(session) = self.session(engine, authenticator, hash).await? else { return Ok(None) };
        if session.expires_at <= engine.now() {
            return Ok(None);
        }
        let Some(who) = who(engine, authenticator, token, &session.holder).await? else { return Ok(None) };
        let Session { created_at, expires_at, .. } = *session;
        Ok(Some(Arc::new(Visitor { who, created_at, expires_at, hash })))
    }

    /// To be called after a session was ended in the store: from now on it is not found here.
    pub fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    fn epochs(&self, authenticator: &Authenticator) -> Epochs {
        // Where a key, a tenant or a project ends, what it opened may have ended too.
        Epochs { sessions: self.epoch.load(Ordering::Acquire), keys: authenticator.epoch() }
    }

    async fn session(
        &self,
        engine: &Engine,
        authenticator: &Authenticator,
        hash: TokenHash,
    ) -> Result<Option<Arc<Session>>, StoreError> {
        let read = ReadAt { time: Instant::now(), epochs: self.epochs(authenticator) };
        if let Some(known) = self.known.get(&hash)
            && known.read.is_fresh(read)
        {
            return Ok(Some(known.session));
        }
        let answer = timeout(PATIENCE, engine.store().session(&hash)).await;
        let silent = |_| StoreError::Unavailable("it does not say whose session this is".to_owned());
        let Some(session) = answer.map_err(silent)?? else {
            self.known.remove(&hash);
            return Ok(None);
        };
        let session = Arc::new(session);
        self.known.insert(hash, Known { session: Arc::clone(&session), read });
        Ok(Some(session))
    }
}

/// Looked up each time: a key, too, is remembered for less than a second, and both together must not be longer.
async fn who(
    engine: &Engine,
    authenticator: &Authenticator,
    token: &str,
    holder: &SessionHolder,
) -> Result<Option<Who>, StoreError> {
    Ok(match holder {
        SessionHolder::Root { proof } => authenticator.proves_root(token, proof).then_some(Who::Root),
        SessionHolder::Key { key_hash } => {
            let holder = authenticator.holder_of(engine.store().as_ref(), *key_hash).await?;
            holder.filter(|holder| !holder.caller.is_tenant()).map(Who::Key)
        }
        SessionHolder::Customer { project, mode, tenant, tenant_id } => Some(Who::Customer(Caller {
            project: *project,
            mode: *mode,
            tenant: Some((*tenant, tenant_id.clone())),
            actor: format!("portal:{tenant_id}"),
        })),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_answer_is_used_for_less_than_a_second_and_until_something_ends() {
        let (sessions, authenticator) = (Sessions::new(), Authenticator::new([0; 32]));
        let began = Instant::now();
        let at =
            |ms| ReadAt { time: began + Duration::from_millis(ms), epochs: sessions.epochs(&authenticator) };
        let read = at(0);
        assert!(read.is_fresh(at(699)));
        assert!(!read.is_fresh(at(1_000)));
        sessions.forget_all();
        assert!(!read.is_fresh(at(0)));
        let read = at(0);
        authenticator.forget_all();
        assert!(!read.is_fresh(at(0)), "a key was revoked, or a tenant or project deleted");
    }
}
