//! Enables or disables an endpoint.

use postrider_engine::Engine;
use postrider_model::endpoint::DisabledReason;
use postrider_store::{EndpointChange, EndpointPatch};
use serde_json::Value;

use super::FoundEndpoint;
use super::found::{Write, find, settle, write};
use crate::contention::{TRIES, too_busy};
use crate::{Caller, ServiceError};

/// An endpoint to enable or disable.
#[derive(Debug)]
pub struct SwitchEndpoint<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The tenant's id.
    pub tenant: &'a str,
    /// The endpoint's public id.
    pub id: &'a str,
    /// Whether it is to get events.
    pub enabled: bool,
}

impl SwitchEndpoint<'_> {
    /// Switches it; nothing happens if it is as wanted. Enabling clears the failure count, counts as creating for the
    /// contract's limit and sends nothing by itself; when a disable returns no attempt begins any more (DESIGN 4.4).
    ///
    /// # Errors
    /// [`ServiceError::NotFound`]; [`ServiceError::Invalid`] if the tenant has as many enabled endpoints as it may;
    /// [`ServiceError::Conflict`] where it could not sign.
    pub async fn run(self, engine: &Engine) -> Result<FoundEndpoint, ServiceError> {
        for _ in 0..TRIES {
            let found = find(engine, self.caller, self.tenant, self.id).await?;
            if found.endpoint.enabled == self.enabled {
                settle(engine, &found).await;
                return Ok(found);
            }
            let (change, action) = if self.enabled {
                (EndpointChange::Enable, "endpoint.enable")
            } else {
                (EndpointChange::Disable(DisabledReason::Manual), "endpoint.disable")
            };
            let patch = EndpointPatch {
                revision: found.endpoint.revision,
                config: None,
                sealed: None,
                change: Some(change),
                now: engine.clock().now(),
            };
            if let Some(switched) =
                write(engine, self.caller, &found, Write { patch, action, detail: Value::Null }).await?
            {
                return Ok(switched);
            }
        }
        Err(too_busy("endpoint"))
    }
}
