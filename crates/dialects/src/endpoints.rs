//! What several documents ask of endpoints alike.

use postrider_http::{App, Problem};
use postrider_service::endpoint::{FoundEndpoint, ListEndpoints};

use crate::customer::Customer;

/// All endpoints of the customer, newest first: the documents' lists have no pages.
pub(crate) async fn all<R>(app: &App, customer: &Customer<R>) -> Result<Vec<FoundEndpoint>, Problem> {
    let limit = app.engine.limits().max_list_limit;
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let list = ListEndpoints {
            caller: customer.caller(),
            tenant: Some(customer.tenant()),
            enabled: None,
            failing: None,
            cursor,
            limit,
        };
        let page = list.run(&app.engine).await?;
        found.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}
