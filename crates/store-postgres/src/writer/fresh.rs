//! Settling deliveries that were handed to this node's lanes and never settled: written without a look at what is
//! stored. Where something is stored already the row is not written, which the count tells: those settles are done again
//! with a look. To write one twice is to write it once, so an attempt whose end is not known is simply made again.

use postrider_model::delivery::DeliveryState;
use postrider_model::slot::Slot;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{Committed, Next, Settle};
use tokio_postgres::types::Type;

use super::work::Work;
use super::{Done, Stop, settled};
use crate::conn::Tx;
use crate::fault::Fault;
use crate::memory::LaneEvent;
use crate::pipeline::{Answer, Pipeline};
use crate::store::{Membership, PostgresStore};

pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
pub(super) const COMMIT: &str = "COMMIT";
/// With it, an end for what a machine that vanishes leaves open: whoever buries it waits for that.
pub(super) const FENCE: &str =
    "SELECT postrider.fence($1, $2), set_config('idle_in_transaction_session_timeout', '5s', true)";
pub(super) const LOW_WATER: &str =
    "UPDATE postrider.node SET low_water = $3 WHERE number = $1 AND generation = $2";
/// Who puts a delivery that was in a lane into the due index shares it; who changes one from elsewhere has it alone.
pub(super) const LANES_SHARED: &str = "SELECT pg_advisory_xact_lock_shared(7954877732893449573)";
pub(crate) const LANES_ALONE: &str = "SELECT pg_advisory_xact_lock(7954877732893449573)";

const END: &str = "INSERT INTO postrider.delivery (event, endpoint, tenant, class, state, attempts, log)
    SELECT u.event, u.endpoint, u.tenant, u.class, u.state, u.attempts, u.log
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::integer[], $7::bytea[])
        AS u(event, endpoint, tenant, class, state, attempts, log)
    WHERE NOT EXISTS (SELECT FROM postrider.pending p WHERE p.endpoint = u.endpoint AND p.event = u.event)
        AND NOT EXISTS (SELECT FROM postrider.erased x WHERE x.event = u.event)
    ON CONFLICT DO NOTHING";
const POSTPONE: &str = "INSERT INTO postrider.pending (event, endpoint, tenant, class, flags, slot, due, step, attempts,
        first_attempt_at, log, xact, writer, parked, scheduled)
    SELECT u.event, u.endpoint, u.tenant, u.class, u.flags, u.slot, u.due, u.step, u.attempts, u.first_attempt_at, u.log,
        pg_current_xact_id()::text::bigint, $12, false, false
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::smallint[], $7::bigint[],
            $8::integer[], $9::integer[], $10::bigint[], $11::bytea[])
        AS u(event, endpoint, tenant, class, flags, slot, due, step, attempts, first_attempt_at, log)
    WHERE NOT EXISTS (SELECT FROM postrider.delivery d
            WHERE d.endpoint = u.endpoint AND d.event = u.event AND d.class = u.class)
        AND NOT EXISTS (SELECT FROM postrider.erased x WHERE x.event = u.event)
    ON CONFLICT DO NOTHING";

/// The state that comes next.
pub(super) fn state_of(next: Next) -> DeliveryState {
    match next {
        Next::Delivered => DeliveryState::Delivered,
        Next::Failed => DeliveryState::Failed,
        Next::Held => DeliveryState::Held,
        Next::Cancelled => DeliveryState::Cancelled,
        Next::Due { .. } => DeliveryState::Pending,
    }
}

pub(super) fn code_of(state: DeliveryState) -> i16 {
    state as i16
}

/// The rows of fresh settles, by columns.
#[derive(Debug, Default)]
pub(super) struct Columns {
    ended: Ended,
    postponed: Postponed,
}

#[derive(Debug, Default)]
struct Ended {
    indices: Vec<usize>,
    events: Vec<i64>,
    endpoints: Vec<i64>,
    tenants: Vec<i64>,
    classes: Vec<i16>,
    states: Vec<i16>,
    attempts: Vec<i32>,
    logs: Vec<Option<Vec<u8>>>,
}

#[derive(Debug, Default)]
struct Postponed {
    indices: Vec<usize>,
    events: Vec<i64>,
    endpoints: Vec<i64>,
    tenants: Vec<i64>,
    classes: Vec<i16>,
    flags: Vec<i16>,
    slots: Vec<i16>,
    due: Vec<i64>,
    steps: Vec<i32>,
    attempts: Vec<i32>,
    first_attempt_at: Vec<Option<i64>>,
    logs: Vec<Option<Vec<u8>>>,
}

/// Places of the two statements among the answers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    ended: Option<usize>,
    postponed: Option<usize>,
}

/// Which of the statements wrote less than they were to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Short {
    ended: bool,
    postponed: bool,
}

impl Columns {
    pub(super) fn of(work: &Work<'_>) -> Result<Self, Fault> {
        let mut columns = Self::default();
        for (index, event) in &work.fresh {
            columns.add(*index, work.settles[*index], event)?;
        }
        Ok(columns)
    }

    fn add(&mut self, index: usize, settle: &Settle, event: &LaneEvent) -> Result<(), Fault> {
        let key = settle.delivery;
        let log = match &settle.attempt {
            Some(attempt) => Some(AttemptLog::append(&[], attempt).map_err(|bad| {
                Fault::corrupt("delivery", "log", format!("{},{}", key.event.0, key.endpoint.0), bad)
            })?),
            None => None,
        };
        let attempts = i32::from(log.is_some());
        if let Next::Due { at, step } = settle.next {
            let to = &mut self.postponed;
            to.indices.push(index);
            to.events.push(key.event.0);
            to.endpoints.push(key.endpoint.0);
            to.tenants.push(event.tenant);
            to.classes.push(event.class);
            to.flags.push(event.flags.code() as i16);
            to.slots.push(i16::from(Slot::of(key.endpoint).0));
            to.due.push(at.0);
            to.steps.push(step.cast_signed());
            to.attempts.push(attempts);
            let began = settle.attempt.as_ref().filter(|_| step > 0).map(|attempt| attempt.started_at.0);
            to.first_attempt_at.push(began);
            to.logs.push(log);
        } else {
            let to = &mut self.ended;
            to.indices.push(index);
            to.events.push(key.event.0);
            to.endpoints.push(key.endpoint.0);
            to.tenants.push(event.tenant);
            to.classes.push(event.class);
            to.states.push(code_of(state_of(settle.next)));
            to.attempts.push(attempts);
            to.logs.push(log);
        }
        Ok(())
    }

    /// Adds the statements that there are rows for.
    pub(super) fn send<'a>(&'a self, pipeline: &mut Pipeline<'a>, writer: &'a i16) -> Sent {
        let (end, due) = (&self.ended, &self.postponed);
        // First, so that nobody who has the lanes alone waits for a row of this.
        pipeline.add_if(!due.indices.is_empty(), LANES_SHARED, Vec::new());
        let ended = pipeline.add_if(
            !end.indices.is_empty(),
            END,
            vec![
                (&end.events, Type::INT8_ARRAY),
                (&end.endpoints, Type::INT8_ARRAY),
                (&end.tenants, Type::INT8_ARRAY),
                (&end.classes, Type::INT2_ARRAY),
                (&end.states, Type::INT2_ARRAY),
                (&end.attempts, Type::INT4_ARRAY),
                (&end.logs, Type::BYTEA_ARRAY),
            ],
        );
        let postponed = pipeline.add_if(
            !due.indices.is_empty(),
            POSTPONE,
            vec![
                (&due.events, Type::INT8_ARRAY),
                (&due.endpoints, Type::INT8_ARRAY),
                (&due.tenants, Type::INT8_ARRAY),
                (&due.classes, Type::INT2_ARRAY),
                (&due.flags, Type::INT2_ARRAY),
                (&due.slots, Type::INT2_ARRAY),
                (&due.due, Type::INT8_ARRAY),
                (&due.steps, Type::INT4_ARRAY),
                (&due.attempts, Type::INT4_ARRAY),
                (&due.first_attempt_at, Type::INT8_ARRAY),
                (&due.logs, Type::BYTEA_ARRAY),
                (writer, Type::INT2),
            ],
        );
        Sent { ended, postponed }
    }

    /// What the counts say.
    pub(super) fn short(&self, sent: Sent, answers: &[Answer]) -> Short {
        let wrote = |at: Option<usize>| at.and_then(|at| answers.get(at)).map_or(0, |answer| answer.count);
        Short {
            ended: wrote(sent.ended) < self.ended.indices.len() as u64,
            postponed: wrote(sent.postponed) < self.postponed.indices.len() as u64,
        }
    }
}

impl Short {
    /// The settles that must be done again: all of a statement that wrote too little.
    pub(super) fn undone(self, work: &Work<'_>) -> Vec<usize> {
        let again = |index: &usize| match work.settles[*index].next {
            Next::Due { .. } => self.postponed,
            _ => self.ended,
        };
        work.fresh.iter().map(|(index, _)| *index).filter(again).collect()
    }
}

/// A commit of nothing else: one round trip.
pub(super) async fn commit(
    store: &PostgresStore,
    tx: &mut Tx,
    me: Membership,
    work: &Work<'_>,
) -> Result<Done, Stop> {
    let number = i16::from(me.number.0);
    let columns = Columns::of(work)?;
    let mut pipeline = Pipeline::default();
    pipeline.add(BEGIN, Vec::new());
    pipeline.add(FENCE, vec![(&number, Type::INT2), (&me.generation, Type::INT8)]);
    let sent = columns.send(&mut pipeline, &number);
    let params: Vec<crate::conn::Param<'_>> =
        vec![(&number, Type::INT2), (&me.generation, Type::INT8), (&work.low_water.0, Type::INT8)];
    pipeline.add_if(work.moves_low_water, LOW_WATER, params);
    pipeline.add(COMMIT, Vec::new());
    let answers = pipeline.run(tx).await?;
    tx.ended();
    let short = columns.short(sent, &answers.all()?);
    super::remember(store, &[], work);
    let settles = work.settles.iter().map(|settle| settled(state_of(settle.next))).collect();
    let committed = Committed { settles, ..Committed::default() };
    Ok(Done { committed, undone: short.undone(work) })
}
