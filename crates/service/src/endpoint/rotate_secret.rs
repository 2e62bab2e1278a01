//! Gives an endpoint a new signing secret.

use std::time::Duration;

use postrider_engine::Engine;
use postrider_model::endpoint::{EndpointSecret, EndpointSecrets};
use postrider_model::limits::Limits;
use postrider_model::time::Millis;
use postrider_store::EndpointPatch;
use serde_json::json;

use super::found::{Write, find, write};
use super::{FoundEndpoint, sealed, secret, terms::Terms};
use crate::contention::{TRIES, too_busy};
use crate::{Caller, Fault, ServiceError, no_faults};

/// A rotation.
#[derive(Debug)]
pub struct RotateSecret<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// How long the old secret still signs beside the new one.
    pub overlap_seconds: Option<u32>,
    /// The new secret, where the contract lets it be given; else it is made.
    pub secret: Option<String>,
}

/// The new secret.
#[derive(Debug)]
pub struct RotatedSecret {
    /// The endpoint.
    pub found: FoundEndpoint,
    /// What its owner verifies with: the new secret, or the public half of the new key pair.
    pub secret: String,
    /// Until when the one before still signs.
    pub previous_expires_at: Option<Millis>,
}

impl RotateSecret<'_> {
    /// Rotates. A header that holds one signature is signed with the new secret at once, so an overlap is refused
    /// there; other headers carry every secret until it expires, newest first (DESIGN 4.4).
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`].
    pub async fn run(self, engine: &Engine) -> Result<RotatedSecret, ServiceError> {
        for _ in 0..TRIES {
            let found = find(engine, self.caller, self.tenant, self.id).await?;
            let now = engine.clock().now();
            let mut faults = Vec::new();
            let overlap = self.overlap(&Terms::of(&found.context), engine.limits(), &mut faults);
            let (contract, kind) = (&found.context.contract, found.endpoint.config.signature);
            let secret = secret::next(engine, contract, kind, self.secret.as_deref(), &mut faults);
            no_faults(faults)?;
            let value = secret.ok_or_else(|| ServiceError::Internal("no fault and no secret".to_owned()))?;

            let ends = (!overlap.is_zero() && !found.secrets.secrets.is_empty()).then(|| now + overlap);
            let secrets = EndpointSecrets {
                secrets: rotated(&found.secrets.secrets, &value, now, ends, engine.limits()),
                headers: found.secrets.headers.clone(),
            };
            let patch = EndpointPatch {
                revision: found.endpoint.revision,
                config: None,
                sealed: Some(sealed::seal(engine, found.endpoint.id, &secrets)?),
                change: None,
                now,
            };
            let detail = json!({ "overlap_seconds": overlap.as_secs() });
            let change = Write { patch, action: "endpoint.rotate_secret", detail };
            if let Some(found) = write(engine, self.caller, &found, change).await? {
                let secret = secret::shown(&found.context.contract, &value)?;
                return Ok(RotatedSecret { found, secret, previous_expires_at: ends });
            }
        }
        Err(too_busy("endpoint"))
    }

    fn overlap(&self, terms: &Terms, limits: &Limits, faults: &mut Vec<Fault>) -> Duration {
        let default = if terms.single_signature { Duration::ZERO } else { limits.default_secret_overlap };
        let overlap = self.overlap_seconds.map_or(default, |seconds| Duration::from_secs(seconds.into()));
        if terms.single_signature && !overlap.is_zero() {
            faults.push(Fault::at(
                "/overlap_seconds",
                format!(
                    "The contract {} sends one signature, so the new secret signs at once; an overlap can only be 0.",
                    terms.contract
                ),
            ));
        }
        let most = limits.max_secret_overlap;
        if overlap > most {
            faults
                .push(Fault::at("/overlap_seconds", format!("This lies between 0 and {}.", most.as_secs())));
        }
        overlap
    }
}

/// When the secret before stops signing where nobody said; `None` for at once.
pub(super) fn default_end(terms: &Terms, limits: &Limits, now: Millis) -> Option<Millis> {
    (!terms.single_signature).then(|| now + limits.default_secret_overlap)
}

/// The secrets after a rotation, newest first; `ends` is when the one before stops signing, `None` for at once.
pub(super) fn rotated(
    before: &[EndpointSecret],
    value: &str,
    now: Millis,
    ends: Option<Millis>,
    limits: &Limits,
) -> Vec<EndpointSecret> {
    let mut secrets = vec![EndpointSecret { value: value.to_owned(), created_at: now, expires_at: None }];
    let Some(ends) = ends else { return secrets };
    let older = before.iter().map(|old| {
        let expires_at = old.expires_at.map_or(ends, |earlier| earlier.min(ends));
        EndpointSecret { expires_at: Some(expires_at), ..old.clone() }
    });
    secrets.extend(older.filter(|old| old.expires_at.is_some_and(|end| end > now)));
    secrets.truncate(limits.max_secrets);
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(value: &str, expires_at: Option<i64>) -> EndpointSecret {
        EndpointSecret { value: value.to_owned(), created_at: Millis(0), expires_at: expires_at.map(Millis) }
    }

    fn values(secrets: &[EndpointSecret]) -> Vec<(&str, Option<i64>)> {
        secrets.iter().map(|secret| (secret.value.as_str(), secret.expires_at.map(|end| end.0))).collect()
    }

    #[test]
    fn the_newest_comes_first_and_each_keeps_its_earlier_end() {
        let before = [secret("b", None), secret("a", Some(1_500)), secret("gone", Some(900))];
        let after = rotated(&before, "c", Millis(1_000), Some(Millis(2_000)), &Limits::default());
        assert_eq!(values(&after), [("c", None), ("b", Some(2_000)), ("a", Some(1_500))]);
    }

    #[test]
    fn without_an_overlap_only_the_new_one_signs() {
        let before = [secret("b", None), secret("a", Some(1_500))];
        assert_eq!(values(&rotated(&before, "c", Millis(1_000), None, &Limits::default())), [("c", None)]);
    }

    #[test]
    fn the_header_does_not_grow_without_end() {
        let before: Vec<_> = (0..20).map(|_| secret("x", None)).collect();
        let limits = Limits { max_secrets: 3, ..Limits::default() };
        assert_eq!(rotated(&before, "c", Millis(0), Some(Millis(9)), &limits).len(), 3);
    }
}
