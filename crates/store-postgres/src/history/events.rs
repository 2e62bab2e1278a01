//! Pages of events, and single ones.

use postrider_model::id::{EndpointKey, Ordinal};
use postrider_model::time::Millis;
use postrider_store::attempt_log::AttemptLog;
use postrider_store::{DeliveryDetail, EventDetail, EventFlags, EventQuery, EventSummary, Page, Scope};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::matches::{WAITING, written};
use super::summary::{self, Candidate, Wanted, broken_log, key_of};
use super::window::newest_first;
use super::{EXAMINED, MOST_OF_CHUNK, VISIBLE, none_is_known};
use crate::conn::Conn;
use crate::fault::Res;
use crate::row::{limit, millis, small_count, time};
use postrider_store::paging::{Place, Range};

/// Deliveries that an event shows at most.
const SHOWN: usize = 250;

/// Columns of an [`EventSummary`] of an event `e`.
const COLUMNS: &str = "e.id, t.id, n.name, e.timestamp, e.deliveries, e.deliver_at, e.flags";

/// A page of events.
pub(super) async fn list(conn: &Conn, query: &EventQuery, now: Millis) -> Res<Page<EventSummary>> {
    let range = Range::new(query.since, query.until, query.cursor.as_deref())?;
    // Events have no endpoint: the cursor's event itself is not shown again.
    let below = Place { endpoint: EndpointKey(i64::MIN), ..range.below };
    if none_is_known(conn, query.scope, &query.types).await? {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let most = query.limit.max(1);
    let (mut rows, mut examined) = (Vec::new(), 0);
    let mut asked = most.clamp(16, 250) + 1;
    for window in newest_first(Range { below, ..range }, now) {
        let mut end = window.below.event;
        loop {
            let found = events(conn, query, window.first, end, asked).await?;
            for row in &found {
                if examined == EXAMINED {
                    return Ok(Page { rows, next: Some(show(end)) });
                }
                examined += 1;
                if row.try_get::<_, bool>(7)? {
                    if rows.len() == most {
                        return Ok(Page {
                            next: rows.last().map(|last: &EventSummary| show(last.ordinal)),
                            rows,
                        });
                    }
                    rows.push(summary(row)?);
                }
                end = Ordinal(row.try_get(0)?);
            }
            if found.len() < asked {
                break;
            }
            asked = (asked * 2).min(MOST_OF_CHUNK);
        }
    }
    Ok(Page { rows, next: None })
}

fn show(event: Ordinal) -> String {
    Place { event, endpoint: EndpointKey(i64::MIN) }.show()
}

/// The next events from `first` up to and without `end`, and whether each is wanted.
async fn events(conn: &Conn, query: &EventQuery, first: Ordinal, end: Ordinal, most: usize) -> Res<Vec<Row>> {
    let scope = query.scope;
    let of_tenant = if scope.tenant.is_some() { "AND e.tenant = $6" } else { "AND $6::bigint IS NULL" };
    let sql = format!(
        "SELECT {COLUMNS}, t.key IS NOT NULL AND e.world = $3 AND {VISIBLE} AND ($5 IS NULL OR n.name = ANY($5))
         FROM postrider.event e LEFT JOIN postrider.tenant t ON t.key = e.tenant AND e.world = $3
         LEFT JOIN postrider.type_name n ON n.key = e.kind AND e.world = $3
         WHERE e.id >= $1 AND e.id < $2 {of_tenant} ORDER BY e.id DESC LIMIT $4"
    );
    let types = (!query.types.is_empty()).then_some(&query.types);
    conn.query(
        &sql,
        &[
            (&first.0, Type::INT8),
            (&end.0, Type::INT8),
            (&world(scope), Type::INT8),
            (&limit(most), Type::INT8),
            (&types, Type::TEXT_ARRAY),
            (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
        ],
    )
    .await
}

/// The number of a project's mode.
pub(super) fn world(scope: Scope) -> i64 {
    scope.project.0 * 2 + scope.mode.bit()
}

fn summary(row: &Row) -> Res<EventSummary> {
    let ordinal = Ordinal(row.try_get(0)?);
    Ok(EventSummary {
        ordinal,
        tenant: row.try_get(1)?,
        kind: row.try_get(2)?,
        timestamp: millis(row, 3)?,
        accepted_at: ordinal.time(),
        deliveries: small_count(row, 4)?,
        deliver_at: time(row, 5)?,
        flags: EventFlags::from_code(i64::from(row.try_get::<_, i16>(6)?)),
    })
}

/// An event's row, if it is in the scope: [`COLUMNS`], its match set, and what `rest` names.
async fn one(conn: &Conn, scope: Scope, event: Ordinal, rest: &str) -> Res<Option<Row>> {
    conn.query_opt(
        &format!(
            "SELECT {COLUMNS}, e.endpoints, {WAITING} {rest}
             FROM postrider.event e JOIN postrider.tenant t ON t.key = e.tenant
             JOIN postrider.type_name n ON n.key = e.kind LEFT JOIN postrider.fanout f ON f.event = e.id
             WHERE e.id = $1 AND e.world = $2 AND ($3 IS NULL OR e.tenant = $3) AND {VISIBLE}"
        ),
        &[
            (&event.0, Type::INT8),
            (&world(scope), Type::INT8),
            (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
        ],
    )
    .await
}

/// An event with everything.
pub(super) async fn detail(conn: &Conn, scope: Scope, event: Ordinal) -> Res<Option<EventDetail>> {
    let rest = ", e.ordering_key, e.attributes, e.changes, e.data";
    let Some(row) = one(conn, scope, event, rest).await? else { return Ok(None) };
    let bytes =
        |index: usize| -> Res<_> { Ok(row.try_get::<_, Option<Vec<u8>>>(index)?.map(bytes::Bytes::from)) };
    let mut detail = EventDetail {
        summary: summary(&row)?,
        ordering_key: row.try_get(9)?,
        attributes: bytes(10)?,
        changes: bytes(11)?,
        data: bytes(12)?,
        deliveries: Vec::new(),
    };
    let mut endpoints = written(event, row.try_get(7)?, row.try_get(8)?);
    endpoints.sort_unstable();
    endpoints.dedup();
    // One whose endpoint is gone is not shown, which is rare.
    endpoints.truncate(SHOWN);
    let candidates: Vec<Candidate> = endpoints
        .iter()
        .map(|endpoint| Candidate { key: key_of(event.0, endpoint.0), named: true })
        .collect();
    let found = summary::read(conn, &candidates, everything(scope)).await?;
    detail.deliveries.extend(found.into_iter().map(|found| found.summary));
    Ok(Some(detail))
}

fn everything(scope: Scope) -> Wanted<'static> {
    Wanted { scope, states: &[], types: &[] }
}

/// A delivery with its attempts.
pub(super) async fn delivery(
    conn: &Conn,
    scope: Scope,
    event: Ordinal,
    endpoint: EndpointKey,
) -> Res<Option<DeliveryDetail>> {
    let Some(row) = one(conn, scope, event, "").await? else { return Ok(None) };
    let named = written(event, row.try_get(7)?, row.try_get(8)?).contains(&endpoint);
    let candidate = Candidate { key: key_of(event.0, endpoint.0), named };
    let found = summary::read(conn, &[candidate], everything(scope)).await?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let attempts = AttemptLog::decode(&found.log).map_err(broken_log(candidate.key))?;
    Ok(Some(DeliveryDetail { summary: found.summary, attempts }))
}
