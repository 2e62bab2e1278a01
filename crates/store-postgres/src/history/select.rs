//! What a replay takes: an endpoint's deliveries, oldest first.

use postrider_model::delivery::DeliveryState;
use postrider_model::id::Ordinal;
use postrider_model::pattern::TypePattern;
use postrider_model::time::Millis;
use postrider_store::Selection;
use tokio_postgres::types::Type;

use super::list::Lanes;
use super::matches::{WAITING, written};
use super::summary::{EVENT, ROWS as ROWS_OF_EACH, key_of, state_of};
use super::window::oldest_first;
use super::{COUNTED, VISIBLE};
use crate::conn::Conn;
use crate::fault::Res;
use crate::row::limit;

/// See [`postrider_store::History::select`].
pub(super) async fn select(
    conn: &Conn,
    selection: &Selection,
    after: Option<Ordinal>,
    most: usize,
    now: Millis,
) -> Res<(Vec<Ordinal>, Option<Ordinal>)> {
    let (candidates, ended) = candidates(conn, selection, after, wanted(most), now).await?;
    let matching = matching(conn, selection, &candidates).await?;
    let (mut found, mut last) = (Vec::new(), after);
    for (candidate, matches) in candidates.iter().zip(matching) {
        if found.len() == most {
            return Ok((found, last));
        }
        last = Some(candidate.event);
        if matches {
            found.push(candidate.event);
        }
    }
    Ok((found, last.filter(|_| !ended)))
}

/// How many candidates are read for so many that are asked for: most of them match, or few do.
fn wanted(most: usize) -> usize {
    most.saturating_mul(4).clamp(256, COUNTED)
}

/// An event of which the endpoint may have a delivery.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    event: Ordinal,
    /// The event names it: it is in a lane where it has no row.
    named: bool,
    /// It is there only to say how far was looked.
    passed: bool,
}

/// The next events of the endpoint, about `most`, and whether these are all.
async fn candidates(
    conn: &Conn,
    selection: &Selection,
    after: Option<Ordinal>,
    most: usize,
    now: Millis,
) -> Res<(Vec<Candidate>, bool)> {
    let since = selection.since.map_or(i64::MIN, |at| Ordinal::at(at).0);
    let first = after.map_or(since, |after| since.max(after.0.saturating_add(1)));
    let end = selection.until.map_or(i64::MAX, |at| Ordinal::at(at).0);
    let problem = |state: &DeliveryState| matches!(state, DeliveryState::Failed | DeliveryState::Held);
    let problems = !selection.states.is_empty() && selection.states.iter().all(problem);
    let Some(lanes) = Lanes::of(conn, selection.endpoint).await? else { return Ok((Vec::new(), true)) };
    let split = if problems { end } else { end.min(lanes.low_water.0) };
    let mut found = Vec::new();
    let sql = if problems { PROBLEMS } else { ROWS };
    let oldest = oldest_mark(conn).await?;
    for (from, until) in oldest_first(first, split, oldest, now) {
        if from >= until {
            continue;
        }
        let left = most - found.len();
        let params = &[
            (&selection.endpoint.0 as _, Type::INT8),
            (&from as _, Type::INT8),
            (&until as _, Type::INT8),
            (&limit(left) as _, Type::INT8),
        ];
        for row in conn.query(sql, params).await? {
            found.push(Candidate { event: Ordinal(row.try_get(0)?), named: false, passed: false });
        }
        if found.len() == most {
            return Ok((found, false));
        }
    }
    if split >= end {
        return Ok((found, true));
    }
    let left = most - found.len();
    let read = in_lanes(conn, selection, &lanes, first.max(split), end, left, &mut found).await?;
    Ok((found, read < left))
}

/// In one statement, so that a delivery on its way from one table to the other is in one of them.
const ROWS: &str = "SELECT event FROM (
     (SELECT event FROM postrider.delivery WHERE endpoint = $1 AND event >= $2 AND event < $3
      ORDER BY event LIMIT $4)
     UNION ALL
     (SELECT event FROM postrider.pending WHERE endpoint = $1 AND event >= $2 AND event < $3
      ORDER BY event LIMIT $4)) AS rows ORDER BY event LIMIT $4";

const PROBLEMS: &str = "SELECT event FROM (
     (SELECT event FROM postrider.delivery WHERE endpoint = $1 AND state = 2 AND event >= $2 AND event < $3
      ORDER BY event LIMIT $4)
     UNION ALL
     (SELECT event FROM postrider.delivery WHERE endpoint = $1 AND state = 3 AND event >= $2 AND event < $3
      ORDER BY event LIMIT $4)) AS rows ORDER BY event LIMIT $4";

/// What ends before this is little.
async fn oldest_mark(conn: &Conn) -> Res<Option<Ordinal>> {
    let row = conn.query_one("SELECT min(mark) FROM postrider.retention", &[]).await?;
    Ok(row.try_get::<_, Option<i64>>(0)?.map(Ordinal))
}

/// From the tenant's latest events: lanes have deliveries that no row tells of. Returns how many events were read.
async fn in_lanes(
    conn: &Conn,
    selection: &Selection,
    lanes: &Lanes,
    first: i64,
    end: i64,
    most: usize,
    found: &mut Vec<Candidate>,
) -> Res<usize> {
    let rows = conn
        .query(
            &format!(
                "SELECT e.id, e.endpoints, {WAITING}
                 FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
                 WHERE e.tenant = $1 AND e.id >= $2 AND e.id < $3 ORDER BY e.id LIMIT $4"
            ),
            &[
                (&lanes.tenant.0, Type::INT8),
                (&first, Type::INT8),
                (&end, Type::INT8),
                (&limit(most), Type::INT8),
            ],
        )
        .await?;
    for (number, row) in (1..).zip(&rows) {
        let event = Ordinal(row.try_get(0)?);
        let named = written(event, row.try_get(1)?, row.try_get(2)?).contains(&selection.endpoint);
        // Where nothing was ours the next call would begin here again; the last event itself moves it on.
        if named || number == rows.len() {
            found.push(Candidate { event, named, passed: !named });
        }
    }
    Ok(rows.len())
}

/// Which of the candidates are as selected.
async fn matching(conn: &Conn, selection: &Selection, candidates: &[Candidate]) -> Res<Vec<bool>> {
    let mut matching = vec![false; candidates.len()];
    let (Some(least), Some(greatest)) = (candidates.first(), candidates.last()) else { return Ok(matching) };
    let events: Vec<i64> = candidates.iter().map(|candidate| candidate.event.0).collect();
    let named: Vec<bool> = candidates.iter().map(|candidate| candidate.named && !candidate.passed).collect();
    // A test send was missed by nobody.
    let rows = conn
        .query(
            &format!(
                "SELECT k.i, coalesce(d.state, 0)::integer, n.name
                 FROM (SELECT event, named, i, $3::bigint AS endpoint
                     FROM unnest($1::bigint[], $2::boolean[]) WITH ORDINALITY AS n (event, named, i)) k
                 {EVENT}
                 JOIN postrider.type_name n ON n.key = e.kind
                 {ROWS_OF_EACH}
                 WHERE e.flags & 1 = 0 AND (d.event IS NOT NULL OR q.event IS NOT NULL OR k.named) AND {VISIBLE}"
            ),
            &[
                (&events, Type::INT8_ARRAY),
                (&named, Type::BOOL_ARRAY),
                (&selection.endpoint.0, Type::INT8),
                (&least.event.0, Type::INT8),
                (&greatest.event.0, Type::INT8),
            ],
        )
        .await?;
    for row in rows {
        let index = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
        let (Some(candidate), Some(matches)) = (candidates.get(index), matching.get_mut(index)) else {
            continue;
        };
        let key = key_of(candidate.event.0, selection.endpoint.0);
        let state = state_of(key, row.try_get(1)?)?;
        *matches = is_selected(selection, state, row.try_get(2)?);
    }
    Ok(matching)
}

fn is_selected(selection: &Selection, state: DeliveryState, kind: &str) -> bool {
    let wanted = |wanted: &String| {
        *wanted == kind || TypePattern::parse(wanted).is_ok_and(|pattern| pattern.matches(kind))
    };
    (selection.states.is_empty() || selection.states.contains(&state))
        && (selection.types.is_empty() || selection.types.iter().any(wanted))
}
