//! The second round trip of a commit: what was decided, and COMMIT.

use std::collections::BTreeSet;

use postrider_model::endpoint::Ordering;
use postrider_store::{MatchSet, NewEvent};
use tokio_postgres::types::Type;

use super::append::{Decided, Outcome, flags_code, new_outcome};
use super::first::Found;
use super::fresh::{COMMIT, LOW_WATER};
use super::order::Line;
use super::rows::Rows;
use super::work::{Work, class_of, world_of};
use super::{Stop, fanout, health, idempotency, unknown};
use crate::conn::{Param, Tx};
use crate::fault::Res;
use crate::pipeline::Pipeline;
use crate::signal;
use crate::store::{Membership, PostgresStore};

const EVENTS: &str =
    "INSERT INTO postrider.event (id, world, tenant, kind, \"timestamp\", deliver_at, deliveries, class,
        flags, endpoints, ordering_key, attributes, changes, data)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::integer[], $8::smallint[], $9::smallint[], $10::bytea[], $11::text[], $12::bytea[], $13::bytea[],
        $14::bytea[])";
const SIGNALS: &str = "INSERT INTO postrider.signal (xact, writer, kind, detail)
    SELECT $1, $2, u.kind, u.detail::bigint[] FROM unnest($3::smallint[], $4::text[]) AS u(kind, detail)";

/// Writes and commits; returns the lines that got a parked delivery.
pub(super) async fn write(
    store: &PostgresStore,
    tx: &mut Tx,
    me: Membership,
    work: &Work<'_>,
    found: &Found,
    decided: &Decided<'_>,
    outcome: &Outcome,
) -> Result<Vec<Line>, Stop> {
    let number = i16::from(me.number.0);
    let events = Events::of(&decided.events);
    let sets = fanout::New::of(decided.events.iter().copied());
    let known = work.fanouts.iter().filter(|chunk| found.fanouts.contains_key(&chunk.event.0));
    let progress = fanout::Progress::of(known);
    let rows = Rows::of(&outcome.ledger);
    let (unused_worlds, unused_hashes) = found.keys.unused();
    let rewritten = found.keys.rewritten();
    let health = health::Columns::of(work.health);
    let (kinds, details): (Vec<i16>, Vec<String>) = outcome.signals.iter().map(coded).unzip();
    let mut pipeline = Pipeline::default();
    events.send(&mut pipeline);
    sets.send(&mut pipeline, &number);
    progress.send(&mut pipeline);
    let waiting = rows.send(&mut pipeline, &found.xact, &number);
    let unused: Vec<Param<'_>> =
        vec![(&unused_worlds, Type::INT8_ARRAY), (&unused_hashes, Type::BYTEA_ARRAY)];
    pipeline.add_if(!unused_worlds.is_empty(), idempotency::GIVE_BACK, unused);
    rewritten.rewrite(&mut pipeline, &work.now.0);
    health.send(&mut pipeline, &found.xact, &number);
    let told: Vec<Param<'_>> = vec![
        (&found.xact, Type::INT8),
        (&number, Type::INT2),
        (&kinds, Type::INT2_ARRAY),
        (&details, Type::TEXT_ARRAY),
    ];
    pipeline.add_if(!kinds.is_empty(), SIGNALS, told);
    let moved: Vec<Param<'_>> =
        vec![(&number, Type::INT2), (&me.generation, Type::INT8), (&work.low_water.0, Type::INT8)];
    pipeline.add_if(work.moves_low_water, LOW_WATER, moved);
    pipeline.add(COMMIT, Vec::new());
    let answers = pipeline.run(tx).await?;
    tx.ended();
    if answers.lost_connection() {
        let first = decided.events.first().map(|event| (event.ordinal, class_of(event)));
        unknown::resolve(store, found.xact, first).await.map_err(Stop::Failed)?;
        // Which of them were parked is not known.
        return Ok(rows.waiting.lines());
    }
    let answers = answers.all()?;
    let written = waiting.and_then(|at| answers.get(at)).map_or(&[][..], |answer| &answer.rows[..]);
    Ok(parked(written)?)
}

fn coded(signal: &postrider_store::Signal) -> (i16, String) {
    let (kind, detail) = signal::encode(signal);
    let numbers: Vec<String> = detail.iter().map(ToString::to_string).collect();
    (kind, format!("{{{}}}", numbers.join(",")))
}

/// Lines with a parked delivery, of the rows that were written.
fn parked(rows: &[tokio_postgres::Row]) -> Res<Vec<Line>> {
    let mut lines = BTreeSet::new();
    for row in rows {
        if row.try_get(2)?
            && let Some(okey) = row.try_get(1)?
        {
            lines.insert((row.try_get(0)?, okey));
        }
    }
    Ok(lines.into_iter().collect())
}

/// Events, by columns.
#[derive(Default)]
struct Events<'a> {
    ids: Vec<i64>,
    worlds: Vec<i64>,
    tenants: Vec<i64>,
    kinds: Vec<i64>,
    timestamps: Vec<i64>,
    deliver_at: Vec<Option<i64>>,
    deliveries: Vec<i32>,
    classes: Vec<i16>,
    flags: Vec<i16>,
    endpoints: Vec<Vec<u8>>,
    ordering_keys: Vec<Option<&'a str>>,
    attributes: Vec<Option<&'a [u8]>>,
    changes: Vec<Option<&'a [u8]>>,
    data: Vec<&'a [u8]>,
}

impl<'a> Events<'a> {
    fn of(events: &[&'a NewEvent]) -> Self {
        let mut columns = Self::default();
        for event in events {
            columns.ids.push(event.ordinal.0);
            columns.worlds.push(world_of(event));
            columns.tenants.push(event.tenant.0);
            columns.kinds.push(event.kind.0);
            columns.timestamps.push(event.timestamp.0);
            columns.deliver_at.push(event.deliver_at.map(|at| at.0));
            columns.deliveries.push(new_outcome(event).deliveries.cast_signed());
            columns.classes.push(class_of(event));
            columns.flags.push(flags_code(event.flags));
            columns.endpoints.push(endpoints(event));
            columns.ordering_keys.push(event.ordering_key.as_deref());
            columns.attributes.push(event.attributes.as_deref());
            columns.changes.push(event.changes.as_deref());
            columns.data.push(&event.data);
        }
        columns
    }

    fn send<'p>(&'p self, pipeline: &mut Pipeline<'p>) {
        pipeline.add_if(
            !self.ids.is_empty(),
            EVENTS,
            vec![
                (&self.ids, Type::INT8_ARRAY),
                (&self.worlds, Type::INT8_ARRAY),
                (&self.tenants, Type::INT8_ARRAY),
                (&self.kinds, Type::INT8_ARRAY),
                (&self.timestamps, Type::INT8_ARRAY),
                (&self.deliver_at, Type::INT8_ARRAY),
                (&self.deliveries, Type::INT4_ARRAY),
                (&self.classes, Type::INT2_ARRAY),
                (&self.flags, Type::INT2_ARRAY),
                (&self.endpoints, Type::BYTEA_ARRAY),
                (&self.ordering_keys, Type::TEXT_ARRAY),
                (&self.attributes, Type::BYTEA_ARRAY),
                (&self.changes, Type::BYTEA_ARRAY),
                (&self.data, Type::BYTEA_ARRAY),
            ],
        );
    }
}

/// All deliveries of an event: those written with it, then those that follow.
fn endpoints(event: &NewEvent) -> Vec<u8> {
    let mut all: MatchSet =
        event.deliveries.iter().map(|delivery| (delivery.endpoint, Ordering::None)).collect();
    if !event.fanout.endpoints.is_empty() {
        let rest = MatchSet::decode(&event.fanout.endpoints.encode(), 0, usize::MAX).unwrap_or_default();
        for (endpoint, ordering) in rest {
            all.push(endpoint, ordering);
        }
    }
    all.encode()
}
