//! Deliveries as lists show them, many in one statement.

use postrider_model::delivery::{DeliveryKey, DeliveryState};
use postrider_model::id::{EndpointId, EndpointKey, Ordinal};
use postrider_store::attempt_log::{AttemptLog, BadLog};
use postrider_store::{DeliverySummary, EventFlags, Scope};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::VISIBLE;
use crate::conn::Conn;
use crate::fault::{Fault, Res};
use crate::row::time;

/// A delivery that may be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) key: DeliveryKey,
    /// Its event names it: it is in a lane where it has no row.
    pub(super) named: bool,
}

/// What is wanted of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'q> {
    pub(super) scope: Scope,
    /// Empty for all.
    pub(super) states: &'q [DeliveryState],
    /// Empty for all.
    pub(super) types: &'q [String],
}

/// A delivery with its log still packed.
pub(super) struct Found {
    pub(super) summary: DeliverySummary,
    pub(super) log: Vec<u8>,
}

/// Those of the candidates that are there and wanted, in their order.
pub(super) async fn read(conn: &Conn, candidates: &[Candidate], wanted: Wanted<'_>) -> Res<Vec<Found>> {
    let (Some(least), Some(greatest)) = (
        candidates.iter().map(|candidate| candidate.key.event.0).min(),
        candidates.iter().map(|candidate| candidate.key.event.0).max(),
    ) else {
        return Ok(Vec::new());
    };
    let events: Vec<i64> = candidates.iter().map(|candidate| candidate.key.event.0).collect();
    let endpoints: Vec<i64> = candidates.iter().map(|candidate| candidate.key.endpoint.0).collect();
    let named: Vec<bool> = candidates.iter().map(|candidate| candidate.named).collect();
    let scope = wanted.scope;
    let states = (!wanted.states.is_empty())
        .then(|| wanted.states.iter().map(|state| state.code() as i16).collect::<Vec<i16>>());
    let types = (!wanted.types.is_empty()).then_some(wanted.types);
    let rows = conn
        .query(
            &statement(),
            &[
                (&events, Type::INT8_ARRAY),
                (&endpoints, Type::INT8_ARRAY),
                (&named, Type::BOOL_ARRAY),
                (&least, Type::INT8),
                (&greatest, Type::INT8),
                (&(scope.project.0 * 2 + scope.mode.bit()), Type::INT8),
                (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
                (&types, Type::TEXT_ARRAY),
                (&states, Type::INT2_ARRAY),
            ],
        )
        .await?;
    rows.iter().map(|row| found(row, candidates)).collect()
}

/// The event `e` of each candidate `k`, between `$4` and `$5`. Candidates are looked up one by one whatever the planner
/// thinks of it: it might read a whole partition instead. The bounds leave it few partitions to think of.
pub(super) const EVENT: &str = "JOIN LATERAL (SELECT * FROM postrider.event e
     WHERE e.id = k.event AND e.id >= $4 AND e.id <= $5 LIMIT 1) e ON true";

/// The rows of each candidate with its event: `d` where it has ended, `q` where it waits.
pub(super) const ROWS: &str = "LEFT JOIN LATERAL (SELECT * FROM postrider.delivery d
         WHERE d.endpoint = k.endpoint AND d.event = k.event AND d.class = e.class
         AND d.event >= $4 AND d.event <= $5 LIMIT 1) d ON true
     LEFT JOIN LATERAL (SELECT * FROM postrider.pending q
         WHERE q.endpoint = k.endpoint AND q.event = k.event LIMIT 1) q ON true";

/// A pending delivery of a disabled endpoint is shown as held: the sweep that holds it follows behind the disabling. One
/// that is named and has no row is in a lane.
fn statement() -> String {
    format!(
        "SELECT k.i, p.id, t.id, n.name, e.flags, s.state, coalesce(d.log, q.log),
             CASE WHEN s.state = 0 AND NOT q.parked THEN q.due END
         FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) WITH ORDINALITY AS k (event, endpoint, named, i)
         {EVENT}
         JOIN postrider.endpoint p ON p.key = k.endpoint
         JOIN postrider.tenant t ON t.key = e.tenant
         JOIN postrider.type_name n ON n.key = e.kind
         {ROWS}
         CROSS JOIN LATERAL (SELECT CASE WHEN d.event IS NOT NULL THEN d.state
             WHEN NOT p.enabled AND e.flags & 1 = 0 THEN 3 ELSE 0 END AS state) s
         WHERE e.world = $6 AND ($7 IS NULL OR e.tenant = $7)
         AND (d.event IS NOT NULL OR q.event IS NOT NULL OR k.named) AND {VISIBLE}
         AND ($8 IS NULL OR n.name = ANY($8)) AND ($9 IS NULL OR s.state = ANY($9))
         ORDER BY k.i"
    )
}

fn found(row: &Row, candidates: &[Candidate]) -> Res<Found> {
    let index = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
    let key = candidates.get(index).ok_or_else(|| Fault::unavailable("an answer to another question"))?.key;
    let log = row.try_get::<_, Option<Vec<u8>>>(6)?.unwrap_or_default();
    let broken = broken_log(key);
    let summary = DeliverySummary {
        event: key.event,
        endpoint: key.endpoint,
        endpoint_id: EndpointId(row.try_get(1)?),
        tenant: row.try_get(2)?,
        kind: row.try_get(3)?,
        accepted_at: key.event.time(),
        state: state_of(key, row.try_get::<_, i32>(5)?)?,
        attempts: AttemptLog::count(&log).map_err(&broken)?,
        last_attempt: AttemptLog::last(&log).map_err(&broken)?,
        next_attempt_at: time(row, 7)?,
        test: EventFlags::from_code(i64::from(row.try_get::<_, i16>(4)?)).test,
    };
    Ok(Found { summary, log })
}

/// The state of a code, or which row is broken.
pub(super) fn state_of(key: DeliveryKey, code: i32) -> Res<DeliveryState> {
    DeliveryState::from_code(i64::from(code))
        .ok_or_else(|| Fault::corrupt("delivery", "state", show(key), format!("code {code}")))
}

/// Names the row whose attempt log cannot be read.
pub(super) fn broken_log(key: DeliveryKey) -> impl Fn(BadLog) -> Fault {
    move |bad| Fault::corrupt("delivery", "log", show(key), bad)
}

fn show(key: DeliveryKey) -> String {
    format!("{},{}", key.event.0, key.endpoint.0)
}

/// A pair of row numbers as a key.
pub(super) fn key_of(event: i64, endpoint: i64) -> DeliveryKey {
    DeliveryKey { event: Ordinal(event), endpoint: EndpointKey(endpoint) }
}
