//! Public ids in the forms a project's contract gives them (DESIGN 4.4). An ill-formed one is a 404.

use postrider_engine::{Engine, ProjectContext};
use postrider_model::id::{EndpointId, IdForm, Ordinal, ReplayId};
use ring::digest::{Context, SHA256};
use uuid::Uuid;

use crate::ServiceError;

/// An endpoint's public id.
pub fn show_endpoint(context: &ProjectContext, id: EndpointId) -> String {
    context.contract.endpoint.id.show(id.0)
}

/// Reads an endpoint's public id.
///
/// # Errors
/// [`ServiceError::NotFound`] if it is none.
pub fn read_endpoint(context: &ProjectContext, text: &str) -> Result<EndpointId, ServiceError> {
    context.contract.endpoint.id.read(text).map(EndpointId).ok_or(ServiceError::NotFound("endpoint"))
}

/// An event's public id.
pub fn show_event(engine: &Engine, context: &ProjectContext, event: Ordinal) -> String {
    context.contract.event_id_form().show(event.to_uuid(engine.salt()))
}

/// Reads an event's public id.
///
/// # Errors
/// [`ServiceError::NotFound`] if it is none that this installation made.
pub fn read_event(engine: &Engine, context: &ProjectContext, text: &str) -> Result<Ordinal, ServiceError> {
    let uuid = context.contract.event_id_form().read(text);
    uuid.and_then(|uuid| Ordinal::of_uuid(uuid, engine.salt())).ok_or(ServiceError::NotFound("event"))
}

/// A replay's public id.
pub fn show_replay(id: ReplayId) -> String {
    replay_form().show(id.0)
}

/// Reads a replay's public id.
///
/// # Errors
/// [`ServiceError::NotFound`] if it is none.
pub fn read_replay(text: &str) -> Result<ReplayId, ServiceError> {
    replay_form().read(text).map(ReplayId).ok_or(ServiceError::NotFound("replay"))
}

fn replay_form() -> IdForm {
    IdForm::prefix("rpl_")
}

/// An attempt's public id: derived from event, endpoint and number, not stored (DESIGN 4.4).
pub fn show_attempt(engine: &Engine, event: Ordinal, endpoint: EndpointId, number: u32) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(event.to_uuid(engine.salt()).as_bytes());
    hash.update(endpoint.0.as_bytes());
    hash.update(&number.to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finish().as_ref()[..16]);
    IdForm::prefix("whd_").show(Uuid::from_bytes(bytes))
}
