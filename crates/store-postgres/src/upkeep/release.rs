//! Ordered keys go on whose deliveries were ended: after the commit, in a statement of its own, so that whatever another
//! transaction adds meanwhile is seen by one of both.

use std::collections::BTreeMap;

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{Cluster, StoreError};

use crate::fault::Res;
use crate::store::PostgresStore;
use crate::writer::order::look;

/// The first deliveries of lines of which one ended; they may be attempted now.
pub(super) async fn firsts(
    store: &PostgresStore,
    lines: &[(EndpointKey, i64)],
    now: Millis,
) -> Res<Vec<(EndpointKey, Ordinal)>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let touched: BTreeMap<_, _> = lines.iter().map(|(endpoint, okey)| ((endpoint.0, *okey), true)).collect();
    let firsts = look(store, store.writer(), now, &touched).await?;
    store.ring();
    // In the order of the lines: the same every time.
    let first = |line: &(i64, i64)| Some((EndpointKey(line.0), Ordinal(firsts.get(line)?.1)));
    Ok(touched.keys().filter_map(first).collect())
}

/// The endpoints of the lines that go on.
pub(super) async fn go_on(
    store: &PostgresStore,
    lines: &[(EndpointKey, i64)],
    now: Millis,
) -> Result<Vec<EndpointKey>, StoreError> {
    let mut endpoints: Vec<_> =
        firsts(store, lines, now).await?.into_iter().map(|(endpoint, _)| endpoint).collect();
    endpoints.dedup();
    Ok(endpoints)
}
