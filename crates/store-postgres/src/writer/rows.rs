//! The rows that a commit's deliveries leave, by where they come from and where they go.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::slot::Slot;
use tokio_postgres::types::Type;

use super::append::flags_code;
use super::fresh::code_of;
use super::ledger::{Ledger, Row, Was};
use super::order::Line;
use crate::conn::Param;
use crate::pipeline::Pipeline;

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
/// Of one that was pending: whatever else says that it has ended must not keep it pending for ever, and with it the commit.
const END_PENDING: &str = "INSERT INTO postrider.delivery AS d (event, endpoint, class, tenant, state, attempts, log)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::smallint[], $6::integer[],
        $7::bytea[])
    ON CONFLICT (endpoint, event, class) DO UPDATE
        SET state = excluded.state, attempts = excluded.attempts, log = excluded.log WHERE d.state <> 1";

/// What becomes of the deliveries that were looked at, by where they come from and where they go.
#[derive(Default)]
pub(super) struct Rows<'a> {
    again: Waiting<'a>,
    pub(super) waiting: Waiting<'a>,
    reopened: Ended<'a>,
    amended: Ended<'a>,
    ended: Ended<'a>,
    left: Ended<'a>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(ledger: &'a Ledger) -> Self {
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
                (Was::Pending, _) => rows.left.add(key, row),
                (Was::Ended, _) => rows.amended.add(key, row),
            }
        }
        rows
    }

    /// Adds the statements that there are rows for; returns the place of that which writes new waiting ones.
    pub(super) fn send<'p>(
        &'p self,
        pipeline: &mut Pipeline<'p>,
        xact: &'p i64,
        writer: &'p i16,
    ) -> Option<usize> {
        let left: Vec<Param<'p>> =
            vec![(&self.left.endpoints, Type::INT8_ARRAY), (&self.left.events, Type::INT8_ARRAY)];
        pipeline.add_if(!self.left.events.is_empty(), LEAVE, left);
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
        pipeline.add_if(!self.left.events.is_empty(), END_PENDING, self.left.params());
        waiting
    }
}

#[derive(Default)]
pub(super) struct Waiting<'a> {
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
    pub(super) fn lines(&self) -> Vec<Line> {
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
