//! Shows an event of a type as it arrives: its example in the contract's envelope, with the contract's headers.

use postrider_contract::EventView;
use postrider_engine::Engine;
use postrider_model::id::EventId;
use uuid::Uuid;

use super::{CatalogueType, FindEventType};
use crate::delivery::request::Making;
use crate::delivery::{ShownRequest, ShownValue};
use crate::{Caller, ServiceError};

/// The id that examples carry: of no event.
const ID: EventId = EventId(Uuid::from_u128(0x019b_e4f1_c8d0_7a3e_9c41_5b7d_02e6_f18a));
/// The tenant of an example that is not shown to a tenant.
const TENANT: &str = "customer-1";
/// Where an example goes.
const URL: &str = "https://your-server.example/webhooks";

/// A type whose example is to be shown.
#[derive(Debug)]
pub struct ShowExample<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// Its name.
    pub name: &'a str,
}

/// A type with its example.
#[derive(Debug)]
pub struct Example {
    /// The type.
    pub kind: CatalogueType,
    /// The request that test events of it make.
    pub request: ShownRequest,
}

impl ShowExample<'_> {
    /// Makes it as of now. A type without an example has a small body that says so, as test events have.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`].
    pub async fn run(self, engine: &Engine) -> Result<Example, ServiceError> {
        let Self { caller, name } = self;
        let kind = FindEventType { caller, name }.run(engine).await?;
        let context = engine.project(caller.project).await?;
        let data = crate::endpoint::test::example(engine, &context, name).await?;
        let now = engine.now();
        let body = context.contract.render(&EventView {
            id: ID,
            event_type: name,
            timestamp: now,
            tenant: caller.tenant.as_ref().map_or(TENANT, |(_, id)| id),
            data: &data,
            changes: None,
            attributes: None,
        });
        let making = Making { engine, context: &context, id: ID, kind: name, at: now, batch: false };
        let none: [(String, ShownValue); 0] = [];
        let headers = making.headers(none, context.contract.is_signed());
        let request = ShownRequest { url: URL.to_owned(), headers, body: Some(body), batch: false };
        Ok(Example { kind, request })
    }
}
