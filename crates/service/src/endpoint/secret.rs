//! Signing secrets by the contract's terms: given, generated, or none (DESIGN 4.3, 4.4 "Secrets given").

use postrider_contract::{Contract, SecretError, SecretSource, SigningKey};
use postrider_engine::Engine;
use postrider_model::endpoint::{EndpointSecrets, SignatureKind};

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

/// Whether requests can be signed as the contract says. Where it signs only if the customer gave a secret, none is
/// needed.
pub(crate) fn can_sign(contract: &Contract, secrets: &EndpointSecrets) -> bool {
    if !contract.is_signed() {
        return true;
    }
    match secrets.secrets.iter().find(|secret| secret.expires_at.is_none()) {
        Some(current) => SigningKey::parse(&current.value, contract).is_ok(),
        None => contract.endpoint.secret.as_ref().is_some_and(|terms| terms.source == SecretSource::Given),
    }
}

#[cfg(test)]
mod tests {
    use postrider_model::endpoint::EndpointSecret;
    use postrider_model::time::Millis;

    use super::*;

    fn secrets(value: &str, expires_at: Option<Millis>) -> EndpointSecrets {
        let secret = EndpointSecret { value: value.to_owned(), created_at: Millis(0), expires_at };
        EndpointSecrets { secrets: vec![secret], headers: Vec::new() }
    }

    #[test]
    fn only_a_current_secret_of_the_contract_can_sign() {
        let standard = Contract::builtin("standard").unwrap();
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(can_sign(&standard, &secrets(good, None)));
        assert!(!can_sign(&standard, &secrets("sec_of_another_contract", None)));
        assert!(!can_sign(&standard, &secrets(good, Some(Millis(1)))), "it signs until it expires only");
        assert!(!can_sign(&standard, &EndpointSecrets::default()));
    }
}
