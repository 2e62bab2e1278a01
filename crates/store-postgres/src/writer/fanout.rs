//! Match sets too large for one append.

use std::collections::BTreeMap;

use postrider_store::{Append, EventFlags, FanoutChunk};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::conn::Param;
use crate::fault::Res;
use crate::pipeline::Pipeline;

/// Match sets that chunks are written of, held until the commit ends. One that is gone (its event was erased) is not
/// among the answers.
pub(super) const READ: &str = "SELECT f.event, f.class, f.tenant, e.flags
    FROM postrider.fanout f JOIN postrider.event e ON e.id = f.event AND e.class = f.class
    WHERE f.event = ANY($1) ORDER BY f.event FOR UPDATE OF f";
const INSERT: &str =
    "INSERT INTO postrider.fanout (event, class, tenant, total, done, ordered, endpoints, owner)
    SELECT u.*, $8 FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::integer[], $5::integer[], $6::boolean[],
        $7::bytea[]) AS u";
const ADVANCE: &str = "UPDATE postrider.fanout f SET done = u.done
    FROM unnest($1::bigint[], $2::integer[]) AS u(event, done) WHERE f.event = u.event";
const FINISH: &str = "DELETE FROM postrider.fanout WHERE event = ANY($1)";

/// What of an event is written with the deliveries of a chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) class: i16,
    pub(super) tenant: i64,
    pub(super) flags: EventFlags,
}

/// Reads the rows of [`READ`].
pub(super) fn read(rows: &[Row]) -> Res<BTreeMap<i64, Known>> {
    let known = |row: &Row| {
        let known = Known {
            class: row.try_get(1)?,
            tenant: row.try_get(2)?,
            flags: EventFlags::from_code(i64::from(row.try_get::<_, i16>(3)?)),
        };
        Ok((row.try_get(0)?, known))
    };
    rows.iter().map(known).collect()
}

/// New match sets, by columns.
#[derive(Debug, Default)]
pub(super) struct New {
    events: Vec<i64>,
    classes: Vec<i16>,
    tenants: Vec<i64>,
    totals: Vec<i32>,
    done: Vec<i32>,
    ordered: Vec<bool>,
    endpoints: Vec<Vec<u8>>,
}

impl New {
    pub(super) fn of<'a>(events: impl Iterator<Item = &'a postrider_store::NewEvent>) -> Self {
        let mut new = Self::default();
        for event in events.filter(|event| !event.fanout.endpoints.is_empty()) {
            new.events.push(event.ordinal.0);
            new.classes.push(super::work::class_of(event));
            new.tenants.push(event.tenant.0);
            new.totals.push(event.fanout.endpoints.len().cast_signed());
            new.done.push(0);
            new.ordered.push(event.fanout.ordered);
            new.endpoints.push(event.fanout.endpoints.encode());
        }
        new
    }

    pub(super) fn send<'a>(&'a self, pipeline: &mut Pipeline<'a>, owner: &'a i16) {
        pipeline.add_if(
            !self.events.is_empty(),
            INSERT,
            vec![
                (&self.events, Type::INT8_ARRAY),
                (&self.classes, Type::INT2_ARRAY),
                (&self.tenants, Type::INT8_ARRAY),
                (&self.totals, Type::INT4_ARRAY),
                (&self.done, Type::INT4_ARRAY),
                (&self.ordered, Type::BOOL_ARRAY),
                (&self.endpoints, Type::BYTEA_ARRAY),
                (owner, Type::INT2),
            ],
        );
    }
}

/// How far the match sets are after the chunks, by columns.
#[derive(Debug, Default)]
pub(super) struct Progress {
    events: Vec<i64>,
    done: Vec<i32>,
    finished: Vec<i64>,
}

impl Progress {
    pub(super) fn of<'a>(chunks: impl Iterator<Item = &'a FanoutChunk>) -> Self {
        let mut last: BTreeMap<i64, Option<u32>> = BTreeMap::new();
        for chunk in chunks {
            last.insert(chunk.event.0, (!chunk.last).then_some(chunk.done));
        }
        let mut progress = Self::default();
        for (event, done) in last {
            match done {
                Some(done) => {
                    progress.events.push(event);
                    progress.done.push(done.cast_signed());
                }
                None => progress.finished.push(event),
            }
        }
        progress
    }

    pub(super) fn send<'a>(&'a self, pipeline: &mut Pipeline<'a>) {
        let advance: Vec<Param<'a>> = vec![(&self.events, Type::INT8_ARRAY), (&self.done, Type::INT4_ARRAY)];
        pipeline.add_if(!self.events.is_empty(), ADVANCE, advance);
        pipeline.add_if(!self.finished.is_empty(), FINISH, vec![(&self.finished, Type::INT8_ARRAY)]);
    }
}

/// The events of chunks, to be read.
pub(super) fn events(chunks: &[FanoutChunk]) -> Vec<i64> {
    let mut events: Vec<i64> = chunks.iter().map(|chunk| chunk.event.0).collect();
    events.sort_unstable();
    events.dedup();
    events
}

/// How many deliveries take a place in an order.
pub(super) fn ordered(appends: &[Append], chunks: &[FanoutChunk]) -> usize {
    let appended = appends.iter().flat_map(|append| &append.events).flat_map(|event| &event.deliveries);
    let ordered =
        |new: &&postrider_store::NewDelivery| matches!(new.place, postrider_store::Place::Ordered { .. });
    appended.chain(chunks.iter().flat_map(|chunk| &chunk.deliveries)).filter(ordered).count()
}
