//! Match sets whose deliveries are not all written, read in pages: nothing here grows with how many there are.

use std::sync::Arc;

use postrider_model::endpoint::Ordering;
use postrider_model::id::{EndpointKey, Ordinal, TenantKey};
use postrider_store::{EventFlags, FanoutPage, FanoutPart, FanoutQuery, MatchSet, WaitingFanout};
use rusqlite::{Connection, OptionalExtension, params};

use super::stored_event;
use crate::fault::Res;
use crate::pack;
use crate::row::time;
use crate::writer::memory::ROUTING;

/// Events after `after` with deliveries that are still to be written, oldest first.
pub(super) fn unfinished(conn: &Connection, after: Ordinal, limit: usize) -> Res<Vec<WaitingFanout>> {
    let mut statement = conn.prepare_cached(
        "SELECT f.event, e.tenant, f.ordered, coalesce(f.total, length(f.endpoints) / 8), f.done
         FROM fanout f JOIN event e ON e.id = f.event WHERE f.event > ?1 ORDER BY f.event LIMIT ?2",
    )?;
    let found = statement.query_map(params![after.0, i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        Ok(WaitingFanout {
            event: Ordinal(row.get(0)?),
            tenant: TenantKey(row.get(1)?),
            ordered: row.get(2)?,
            total: row.get(3)?,
            done: row.get(4)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Parts of match sets, in the order asked for, until there are enough endpoints.
pub(super) fn page(conn: &Connection, query: &FanoutQuery) -> Res<FanoutPage> {
    let mut routing = conn.prepare_cached(ROUTING)?;
    let routing: Option<i64> = routing.query_row([query.tenant.0], |row| row.get(0)).optional()?;
    let (mut parts, mut left) = (Vec::new(), query.limit);
    for (event, done) in &query.events {
        if left == 0 {
            break;
        }
        let mut part = part(conn, *event, *done, left)?;
        if !part.endpoints.is_empty() && query.known != Some(*event) {
            part.content = stored_event(conn, *event)?.map(Arc::new);
        }
        left = left.saturating_sub(part.endpoints.len());
        parts.push(part);
    }
    Ok(FanoutPage { routing: routing.map(i64::cast_unsigned), parts })
}

fn part(conn: &Connection, event: Ordinal, done: u32, most: usize) -> Res<FanoutPart> {
    let mut statement = conn.prepare_cached(
        "SELECT f.total, f.endpoints, e.deliver_at, e.ordering_key, e.flags
         FROM fanout f JOIN event e ON e.id = f.event WHERE f.event = ?1",
    )?;
    let found = statement.query_row([event.0], |row| {
        let total: Option<u32> = row.get(0)?;
        let bytes = row.get_ref(1)?.as_blob()?;
        let endpoints = endpoints(total, bytes, done, most);
        Ok((endpoints, time(row, 2)?, row.get(3)?, row.get(4)?))
    });
    let gone = (Some(Vec::new()), None, None, 0);
    let (endpoints, deliver_at, ordering_key, flags) = found.optional()?.unwrap_or(gone);
    // Told of and passed over: it would keep all that come after it waiting.
    let endpoints = endpoints.unwrap_or_else(|| {
        tracing::error!(table = "fanout", column = "endpoints", key = event.0, "it is no match set");
        Vec::new()
    });
    Ok(FanoutPart {
        event,
        done,
        endpoints,
        deliver_at,
        ordering_key,
        flags: EventFlags::from_code(flags),
        content: None,
    })
}

/// The next endpoints of a set; `None` where it cannot be read, or holds fewer than it must.
fn endpoints(
    total: Option<u32>,
    bytes: &[u8],
    done: u32,
    most: usize,
) -> Option<Vec<(EndpointKey, Option<Ordering>)>> {
    let Some(total) = total else {
        let found = pack::read_endpoints(bytes, done, most)?;
        return Some(found.into_iter().map(|endpoint| (endpoint, None)).collect());
    };
    let found = MatchSet::decode(bytes, done, most)?;
    let left = total.saturating_sub(done) as usize;
    let found: Vec<_> = found.into_iter().map(|(endpoint, ordering)| (endpoint, Some(ordering))).collect();
    (found.len() == left.min(most)).then_some(found)
}
