//! The second round trip of a commit: what was decided, and COMMIT.

use std::collections::BTreeSet;

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::endpoint::Ordering;
use postrider_model::slot::Slot;
use postrider_store::{MatchSet, NewEvent};
use tokio_postgres::types::Type;

use super::append::{Decided, Outcome, flags_code, new_outcome};
use super::first::Found;
use super::fresh::{COMMIT, LOW_WATER, code_of};
use super::ledger::{Ledger, Row, Was};
use super::order::Line;
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
const LEAVE: &str =
    "DELETE FROM postrider.pending p USING unnest($1::bigint[], $2::bigint[]) AS u(endpoint, event)
    WHERE p.endpoint = u.endpoint AND p.event = u.event";
const AGAIN: &str = "UPDATE postrider.pending p SET due = u.due, step = u.step, attempts = u.attempts,
        first_attempt_at = u.first_attempt_at, okey = u.okey, place = u.place, scheduled = u.scheduled, log = u.log,
        parked = u.enters AND (u.behind OR EXISTS (SELECT FROM postrider.pending q
            WHERE q.endpoint = u.endpoint AND q.okey = u.okey AND q.place < u.place))
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::boolean[], $10::boolean[], $11::boolean[], $12::bytea[])
        AS u(event, endpoint, due, step, attempts, first_attempt_at, okey, place, enters, behind, scheduled, log)
    WHERE p.endpoint = u.endpoint AND p.event = u.event";
const WAIT: &str = "INSERT INTO postrider.pending (event, endpoint, due, step, attempts, first_attempt_at, okey, place,
        scheduled, log, tenant, class, flags, slot, xact, writer, parked)
    SELECT u.event, u.endpoint, u.due, u.step, u.attempts, u.first_attempt_at, u.okey, u.place, u.scheduled, u.log,
        u.tenant, u.class, u.flags, u.slot, $17, $18,
        u.enters AND (u.behind OR EXISTS (SELECT FROM postrider.pending q
            WHERE q.endpoint = u.endpoint AND q.okey = u.okey AND q.place < u.place))
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::boolean[], $10::boolean[], $11::boolean[], $12::bytea[], $13::bigint[], $14::smallint[],
            $15::smallint[], $16::smallint[])
        AS u(event, endpoint, due, step, attempts, first_attempt_at, okey, place, enters, behind, scheduled, log,
            tenant, class, flags, slot)
    RETURNING endpoint, okey, parked";
const REOPEN: &str = "DELETE FROM postrider.delivery d
    USING unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS u(event, endpoint, class)
    WHERE d.endpoint = u.endpoint AND d.event = u.event AND d.class = u.class";
const AMEND: &str = "UPDATE postrider.delivery d SET state = u.state, attempts = u.attempts, log = u.log
    FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::smallint[], $6::integer[], $7::bytea[])
        AS u(event, endpoint, class, tenant, state, attempts, log)
    WHERE d.endpoint = u.endpoint AND d.event = u.event AND d.class = u.class";
const END: &str = "INSERT INTO postrider.delivery (event, endpoint, class, tenant, state, attempts, log)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::smallint[], $6::integer[],
        $7::bytea[])";
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

/// What becomes of the deliveries that were looked at, by where they come from and where they go.
#[derive(Default)]
struct Rows<'a> {
    again: Waiting<'a>,
    waiting: Waiting<'a>,
    reopened: Ended<'a>,
    amended: Ended<'a>,
    ended: Ended<'a>,
    left_endpoints: Vec<i64>,
    left_events: Vec<i64>,
}

impl<'a> Rows<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        let firsts = ledger.firsts();
        let mut changed: Vec<(DeliveryKey, &Row)> = ledger.changed().map(|(key, row)| (*key, row)).collect();
        changed.sort_unstable_by_key(|(key, _)| *key);
        let mut rows = Self::default();
        for (key, row) in changed {
            let behind = row.okey.zip(row.place).is_some_and(|(okey, place)| {
                firsts.get(&(key.endpoint.0, okey)).is_some_and(|first| *first < place)
            });
            match (row.was, row.state) {
                (Was::Nothing, DeliveryState::Pending) if row.lane => {}
                (Was::Nothing, DeliveryState::Pending) => rows.waiting.add(key, row, behind),
                (Was::Pending, DeliveryState::Pending) => rows.again.add(key, row, behind),
                (Was::Ended, DeliveryState::Pending) => {
                    rows.reopened.add(key, row);
                    rows.waiting.add(key, row, behind);
                }
                (Was::Nothing, _) => rows.ended.add(key, row),
                (Was::Pending, _) => {
                    rows.left_endpoints.push(key.endpoint.0);
                    rows.left_events.push(key.event.0);
                    rows.ended.add(key, row);
                }
                (Was::Ended, _) => rows.amended.add(key, row),
            }
        }
        rows
    }

    /// Adds the statements that there are rows for; returns the place of that which writes new waiting ones.
    fn send<'p>(&'p self, pipeline: &mut Pipeline<'p>, xact: &'p i64, writer: &'p i16) -> Option<usize> {
        let left: Vec<Param<'p>> =
            vec![(&self.left_endpoints, Type::INT8_ARRAY), (&self.left_events, Type::INT8_ARRAY)];
        pipeline.add_if(!self.left_events.is_empty(), LEAVE, left);
        pipeline.add_if(!self.again.events.is_empty(), AGAIN, self.again.params());
        let reopened = self.reopened.params().into_iter().take(3).collect();
        pipeline.add_if(!self.reopened.events.is_empty(), REOPEN, reopened);
        let mut waiting = self.waiting.params();
        waiting.extend::<[Param<'p>; 6]>([
            (&self.waiting.tenants, Type::INT8_ARRAY),
            (&self.waiting.classes, Type::INT2_ARRAY),
            (&self.waiting.flags, Type::INT2_ARRAY),
            (&self.waiting.slots, Type::INT2_ARRAY),
            (xact, Type::INT8),
            (writer, Type::INT2),
        ]);
        let waiting = pipeline.add_if(!self.waiting.events.is_empty(), WAIT, waiting);
        pipeline.add_if(!self.amended.events.is_empty(), AMEND, self.amended.params());
        pipeline.add_if(!self.ended.events.is_empty(), END, self.ended.params());
        waiting
    }
}

#[derive(Default)]
struct Waiting<'a> {
    events: Vec<i64>,
    endpoints: Vec<i64>,
    due: Vec<i64>,
    steps: Vec<i32>,
    attempts: Vec<i32>,
    first_attempt_at: Vec<Option<i64>>,
    okeys: Vec<Option<i64>>,
    places: Vec<Option<i64>>,
    enters: Vec<bool>,
    behind: Vec<bool>,
    scheduled: Vec<bool>,
    logs: Vec<Option<&'a [u8]>>,
    tenants: Vec<i64>,
    classes: Vec<i16>,
    flags: Vec<i16>,
    slots: Vec<i16>,
}

impl<'a> Waiting<'a> {
    fn add(&mut self, key: DeliveryKey, row: &'a Row, behind: bool) {
        self.events.push(key.event.0);
        self.endpoints.push(key.endpoint.0);
        self.due.push(row.due);
        self.steps.push(row.step.cast_signed());
        self.attempts.push(row.attempts());
        self.first_attempt_at.push(row.first_attempt_at);
        self.okeys.push(row.okey);
        self.places.push(row.place);
        self.enters.push(row.enters);
        self.behind.push(behind);
        self.scheduled.push(row.scheduled);
        self.logs.push(log(row));
        self.tenants.push(row.tenant);
        self.classes.push(row.class);
        self.flags.push(flags_code(row.flags));
        self.slots.push(i16::from(Slot::of(key.endpoint).0));
    }

    fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.events, Type::INT8_ARRAY),
            (&self.endpoints, Type::INT8_ARRAY),
            (&self.due, Type::INT8_ARRAY),
            (&self.steps, Type::INT4_ARRAY),
            (&self.attempts, Type::INT4_ARRAY),
            (&self.first_attempt_at, Type::INT8_ARRAY),
            (&self.okeys, Type::INT8_ARRAY),
            (&self.places, Type::INT8_ARRAY),
            (&self.enters, Type::BOOL_ARRAY),
            (&self.behind, Type::BOOL_ARRAY),
            (&self.scheduled, Type::BOOL_ARRAY),
            (&self.logs, Type::BYTEA_ARRAY),
        ]
    }

    /// The lines of those that entered one.
    fn lines(&self) -> Vec<Line> {
        let line = |index: usize| Some((self.endpoints[index], self.okeys[index]?));
        let mut lines: Vec<Line> =
            (0..self.events.len()).filter(|index| self.enters[*index]).filter_map(line).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

#[derive(Default)]
struct Ended<'a> {
    events: Vec<i64>,
    endpoints: Vec<i64>,
    classes: Vec<i16>,
    tenants: Vec<i64>,
    states: Vec<i16>,
    attempts: Vec<i32>,
    logs: Vec<Option<&'a [u8]>>,
}

impl<'a> Ended<'a> {
    fn add(&mut self, key: DeliveryKey, row: &'a Row) {
        self.events.push(key.event.0);
        self.endpoints.push(key.endpoint.0);
        self.classes.push(row.class);
        self.tenants.push(row.tenant);
        self.states.push(code_of(row.state));
        self.attempts.push(row.attempts());
        self.logs.push(log(row));
    }

    fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.events, Type::INT8_ARRAY),
            (&self.endpoints, Type::INT8_ARRAY),
            (&self.classes, Type::INT2_ARRAY),
            (&self.tenants, Type::INT8_ARRAY),
            (&self.states, Type::INT2_ARRAY),
            (&self.attempts, Type::INT4_ARRAY),
            (&self.logs, Type::BYTEA_ARRAY),
        ]
    }
}

fn log(row: &Row) -> Option<&[u8]> {
    (!row.log.is_empty()).then_some(row.log.as_slice())
}
