//! Signing secrets by the contract's terms: given, generated, or none (DESIGN 4.3, 4.4 "Secrets given").

use postrider_contract::{Contract, SecretError, SecretSource};
use postrider_engine::Engine;
use postrider_model::endpoint::SignatureKind;

use super::check::sentence;
use crate::{Fault, ServiceError};

/// The first secret of an endpoint: the one given, or one that is made where the contract makes them. `None` where
/// requests are not signed, and where a fault was noted.
pub(super) fn first(
    engine: &Engine,
    contract: &Contract,
    kind: SignatureKind,
    given: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    if !contract.offers(kind) && contract.is_signed() {
        // The rules have told of it at /signature.
        return None;
    }
    let source = contract.endpoint.secret.as_ref().map(|terms| terms.source);
    match (given, source) {
        (None, None | Some(SecretSource::Given)) => None,
        _ => next(engine, contract, kind, given, faults),
    }
}

/// Another secret: the one given, or one that is made.
pub(super) fn next(
    engine: &Engine,
    contract: &Contract,
    kind: SignatureKind,
    given: Option<&str>,
    faults: &mut Vec<Fault>,
) -> Option<String> {
    let secret = match given {
        Some(secret) => contract.check_given_secret(kind, secret).map(|()| secret.to_owned()),
        None => contract.generate_secret(kind, |bytes| engine.rng().fill(bytes)),
    };
    match secret {
        Ok(secret) => Some(secret),
        Err(error) => {
            faults.push(Fault::at("/secret", sentence(&error.to_string())));
            None
        }
    }
}

/// What its owner is shown: the secret, or of a key pair the public half.
pub(super) fn shown(contract: &Contract, secret: &str) -> Result<String, ServiceError> {
    let unreadable = |error: SecretError| {
        ServiceError::Internal(format!("a stored secret is not the contract's: {error}"))
    };
    contract.verifying_secret(secret).map_err(unreadable)
}
