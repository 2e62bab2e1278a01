//! Signing secrets and header values are sealed together, bound to their endpoint (DESIGN 7 "Secrets").

use bytes::Bytes;
use postrider_engine::Engine;
use postrider_model::endpoint::EndpointSecrets;
use postrider_model::id::EndpointId;
use zeroize::Zeroizing;

use crate::ServiceError;

/// Seals what must not be readable in the data directory.
pub(super) fn seal(
    engine: &Engine,
    id: EndpointId,
    secrets: &EndpointSecrets,
) -> Result<Bytes, ServiceError> {
    let json = serde_json::to_vec(secrets).map(Zeroizing::new);
    let json = json.map_err(|error| ServiceError::Internal(format!("secrets cannot be written: {error}")))?;
    let sealed = engine.keyring().seal(&json, id.0.as_bytes());
    sealed
        .map(Bytes::from)
        .map_err(|error| ServiceError::Internal(format!("secrets cannot be sealed: {error}")))
}

/// Opens what [`seal`] made.
pub(crate) fn open(engine: &Engine, id: EndpointId, sealed: &[u8]) -> Result<EndpointSecrets, ServiceError> {
    let json = engine.keyring().open(sealed, id.0.as_bytes());
    let json =
        json.map_err(|error| ServiceError::Internal(format!("endpoint {id:?} cannot be opened: {error}")))?;
    serde_json::from_slice(&json).map_err(|error| {
        ServiceError::Internal(format!("the secrets of endpoint {id:?} cannot be read: {error}"))
    })
}
