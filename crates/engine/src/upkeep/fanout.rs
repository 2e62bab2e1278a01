//! Events whose deliveries a stop or a crash left unwritten go on at the start.

use std::sync::Arc;

use postrider_model::endpoint::Ordering;
use postrider_store::StoreError;

use crate::accept::{Match, order_hash};
use crate::core::Fanout;
use crate::engine::Shared;

/// The unfinished fan-outs, with today's plans: an endpoint disabled meanwhile gets a held delivery.
pub(crate) async fn unfinished(shared: &Arc<Shared>) -> Result<Vec<Fanout>, StoreError> {
    let mut fanouts = Vec::new();
    for left in shared.store.unfinished_fanouts().await? {
        let key = left.ordering_key.as_deref().map(order_hash);
        let mut matches = Vec::with_capacity(left.left.len());
        for endpoint in &left.left {
            let plan = shared.routes.plan_or_dead(*endpoint, shared).await?;
            let order = match plan.ordering {
                Ordering::None => None,
                Ordering::Key => key,
                Ordering::Endpoint => Some(0),
            };
            matches.push(Match { plan, order });
        }
        fanouts.push(Fanout::resumed(&left, matches));
    }
    Ok(fanouts)
}
