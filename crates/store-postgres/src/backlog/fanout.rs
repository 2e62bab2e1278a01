//! Match sets whose deliveries are not all written, read in pages: nothing here grows with how many there are.

use std::collections::HashMap;
use std::sync::Arc;

use postrider_model::endpoint::Ordering;
use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::{EventFlags, FanoutPage, FanoutPart, FanoutQuery, MatchSet, WaitingFanout};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::event;
use crate::cluster::bury;
use crate::fault::Res;
use crate::pipeline::Pipeline;
use crate::store::PostgresStore;
use crate::writer::ROUTING;

const UNFINISHED: &str = "SELECT f.event, f.tenant, f.ordered, f.total, f.done FROM postrider.fanout f
    WHERE f.event > $1 AND f.owner = $2 ORDER BY f.event LIMIT $3";
const PARTS: &str = "SELECT f.event, f.total, f.endpoints, e.deliver_at, e.ordering_key, e.flags, e.class
    FROM postrider.fanout f JOIN postrider.event e ON e.id = f.event AND e.class = f.class
    WHERE f.event = ANY($1)";

/// This node's events after `after` with deliveries that are still to be written, oldest first.
pub(super) async fn unfinished(
    store: &PostgresStore,
    after: Ordinal,
    limit: usize,
) -> Res<Vec<WaitingFanout>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let owner = store.writer();
    let params = [(&after.0 as _, Type::INT8), (&owner as _, Type::INT2), (&limit as _, Type::INT8)];
    let rows = store.prompt().await?.query(UNFINISHED, &params).await?;
    rows.iter().map(bury::waiting).collect()
}

/// Parts of match sets, in the order asked for, until there are enough endpoints.
pub(super) async fn page(store: &PostgresStore, query: &FanoutQuery) -> Res<FanoutPage> {
    let (tenants, events) = (vec![query.tenant.0], query.events.iter().map(|(event, _)| event.0).collect());
    let (tenants, events): (Vec<i64>, Vec<i64>) = (tenants, events);
    let mut tx = crate::conn::Tx::of(store.prompt().await?);
    let mut pipeline = Pipeline::default();
    pipeline.add("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", Vec::new());
    pipeline.add(ROUTING, vec![(&tenants, Type::INT8_ARRAY)]);
    pipeline.add(PARTS, vec![(&events, Type::INT8_ARRAY)]);
    pipeline.add("COMMIT", Vec::new());
    let answers = pipeline.run(&tx).await?;
    tx.ended();
    drop(tx);
    let answers = answers.all()?;
    let [_, routing, found, _] = answers.as_slice() else { return Ok(FanoutPage::default()) };
    let routing = routing.rows.first().map(|row| row.try_get::<_, i64>(1)).transpose()?;
    let mut sets = HashMap::new();
    for row in &found.rows {
        sets.insert(row.try_get::<_, i64>(0)?, row);
    }
    let (mut parts, mut classes, mut left) = (Vec::new(), Vec::new(), query.limit);
    for (event, done) in &query.events {
        if left == 0 {
            break;
        }
        let set = sets.get(&event.0);
        let part = part(*event, *done, set.copied(), left)?;
        left = left.saturating_sub(part.endpoints.len());
        classes.push(set.map(|row| row.try_get(6)).transpose()?.unwrap_or_default());
        parts.push(part);
    }
    fill(store, &mut parts, &classes, query.known).await?;
    Ok(FanoutPage { routing: routing.map(i64::cast_unsigned), parts })
}

async fn fill(
    store: &PostgresStore,
    parts: &mut [FanoutPart],
    classes: &[i16],
    known: Option<Ordinal>,
) -> Res<()> {
    let wanted = |part: &FanoutPart| !part.endpoints.is_empty() && known != Some(part.event);
    let events: Vec<i64> = parts.iter().filter(|part| wanted(part)).map(|part| part.event.0).collect();
    let contents = event::several(store, &events, classes, usize::MAX).await?;
    for (part, content) in parts.iter_mut().filter(|part| wanted(part)).zip(contents) {
        part.content = content.map(Arc::new);
    }
    Ok(())
}

fn part(event: Ordinal, done: u32, row: Option<&Row>, most: usize) -> Res<FanoutPart> {
    let mut part = FanoutPart {
        event,
        done,
        endpoints: Vec::new(),
        deliver_at: None,
        ordering_key: None,
        flags: EventFlags::default(),
        content: None,
    };
    let Some(row) = row else { return Ok(part) };
    let (total, bytes): (i32, &[u8]) = (row.try_get(1)?, row.try_get(2)?);
    part.deliver_at = row.try_get::<_, Option<i64>>(3)?.map(Millis);
    part.ordering_key = row.try_get(4)?;
    part.flags = EventFlags::from_code(i64::from(row.try_get::<_, i16>(5)?));
    // Told of and passed over: it would keep all that come after it waiting.
    part.endpoints = endpoints(total.cast_unsigned(), bytes, done, most).unwrap_or_else(|| {
        tracing::error!(table = "fanout", column = "endpoints", key = event.0, "it is no match set");
        Vec::new()
    });
    Ok(part)
}

/// The next endpoints of a set; `None` where it cannot be read, or holds fewer than it must.
fn endpoints(
    total: u32,
    bytes: &[u8],
    done: u32,
    most: usize,
) -> Option<Vec<(EndpointKey, Option<Ordering>)>> {
    let found = MatchSet::decode(bytes, done, most)?;
    let left = total.saturating_sub(done) as usize;
    let found: Vec<_> = found.into_iter().map(|(endpoint, ordering)| (endpoint, Some(ordering))).collect();
    (found.len() == left.min(most)).then_some(found)
}
