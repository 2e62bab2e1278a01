//! Deliveries that are written after their events: what a stop or a crash left of them, and the reading of their match
//! sets.

use std::sync::Arc;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_store::{FanoutPart, FanoutQuery, StoreError, WaitingFanout};

use crate::accept::{Match, order_hash, order_of};
use crate::plan::EndpointPlan;
use crate::shared::Shared;

/// Fan-outs read at once at a start.
const PAGE: usize = 4_096;

/// The unfinished fan-outs, oldest first: which events, and no more. Their match sets are read when their turn comes,
/// so that a start need not wait for them.
pub(crate) async fn unfinished(shared: &Shared) -> Result<Vec<WaitingFanout>, StoreError> {
    let mut all = Vec::new();
    let mut after = Ordinal::default();
    loop {
        let page = shared.store.unfinished_fanouts(after, PAGE).await?;
        let ended = page.len() < PAGE;
        after = page.last().map_or(after, |last| last.event);
        all.extend(page);
        if ended {
            return Ok(all);
        }
    }
}

/// A part of a match set with today's plans.
pub(crate) struct Planned {
    /// As it is stored.
    pub part: FanoutPart,
    /// Its endpoints: one disabled meanwhile gets a held delivery, one deleted meanwhile a cancelled one.
    pub matches: Vec<Match>,
}

/// Reads the next parts of a tenant's match sets.
pub(crate) async fn read(shared: &Shared, query: FanoutQuery) -> Result<Vec<Planned>, StoreError> {
    let tenant = query.tenant;
    let page = shared.store.fanout_parts(query).await?;
    let routes = match page.routing {
        Some(version) => shared.routes.of_tenant(tenant, version, shared).await?,
        None => None,
    };
    let plan = |endpoint: &EndpointKey| match routes.as_ref().and_then(|routes| routes.plan(*endpoint)) {
        Some(plan) => Ok(Arc::clone(plan)),
        None => EndpointPlan::dead(*endpoint, tenant, shared).map(Arc::new),
    };
    let planned = |part: FanoutPart| {
        let key = part.ordering_key.as_deref().map(order_hash);
        let matches = part.endpoints.iter().map(|(endpoint, ordering)| {
            let plan = plan(endpoint)?;
            let order = order_of(ordering.unwrap_or(plan.ordering), part.flags, key);
            Ok(Match { plan, order })
        });
        Ok(Planned { matches: matches.collect::<Result<_, StoreError>>()?, part })
    };
    page.parts.into_iter().map(planned).collect()
}
