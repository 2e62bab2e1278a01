//! What several documents ask of endpoints alike.

use postrider_engine::ProjectContext;
use postrider_http::{App, Problem};
use postrider_service::Fault;
use postrider_service::endpoint::{FoundEndpoint, ListEndpoints};

use crate::customer::Customer;

/// All endpoints of the customer, newest first: the documents' lists have no pages.
pub(crate) async fn all<R>(app: &App, customer: &Customer<R>) -> Result<Vec<FoundEndpoint>, Problem> {
    let limit = app.engine.limits().max_list_limit;
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let list = ListEndpoints { caller: customer.caller(), tenant: customer.tenant(), cursor, limit };
        let page = list.run(&app.engine).await?;
        found.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// The events a request names. The documents ask for at least one, where an empty list means all in the native API
/// (DESIGN 4.4).
///
/// # Errors
/// 422 at `/events` where there is none.
pub(crate) fn at_least_one(
    events: Option<Vec<String>>,
    context: &ProjectContext,
) -> Result<Vec<String>, Problem> {
    match events {
        Some(events) if !events.is_empty() => Ok(events),
        _ => Err(Problem::invalid(vec![no_events(context)])),
    }
}

/// What is wrong where a request names no event.
pub(crate) fn no_events(context: &ProjectContext) -> Fault {
    let valid = context.valid_types().join(", ");
    Fault::at("/events", format!("Name at least one event; valid are {valid}."))
}
