//! Where the deliveries of a list come from, newest first, in chunks.

use postrider_model::id::{EndpointKey, Ordinal, TenantKey};
use postrider_store::Scope;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::VISIBLE;
use super::matches::{WAITING, written};
use super::summary::{Candidate, key_of};
use crate::conn::{Conn, Param};
use crate::fault::Res;
use crate::row::limit;
use postrider_store::paging::{Place, Range};

/// A source of deliveries.
#[derive(Debug, Clone)]
pub(super) enum Source<'q> {
    /// Of the events of a scope, of these types (empty for all): each with all its deliveries.
    Events(Scope, &'q [String]),
    /// An endpoint's, of the tenant's latest events: lanes have deliveries that no row tells of.
    Lanes(EndpointKey, TenantKey),
    /// An endpoint's, by the rows it has.
    Rows(EndpointKey),
    /// An endpoint's that wait, by the rows they have.
    Waiting(EndpointKey),
    /// An endpoint's failed and held ones.
    ProblemsOf(EndpointKey),
    /// A tenant's, or everybody's.
    Problems(Option<TenantKey>),
}

/// What was examined: a place, and the delivery there if it may belong to the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Examined {
    pub(super) place: Place,
    pub(super) candidate: Option<Candidate>,
}

/// The next ones of a source.
pub(super) struct Chunk {
    pub(super) examined: Vec<Examined>,
    /// The source goes on below this.
    pub(super) next: Option<Place>,
}

impl Source<'_> {
    /// The next `most` rows of the range.
    pub(super) async fn chunk(&self, conn: &Conn, range: Range, most: usize) -> Res<Chunk> {
        match self {
            Self::Events(scope, types) => events(conn, *scope, types, range, most).await,
            Self::Lanes(endpoint, tenant) => lanes(conn, *endpoint, *tenant, range, most).await,
            Self::Rows(endpoint) => rows_of(conn, ROWS, *endpoint, range, most).await,
            Self::Waiting(endpoint) => rows_of(conn, PENDING, *endpoint, range, most).await,
            Self::ProblemsOf(endpoint) => rows_of(conn, PROBLEMS_OF, *endpoint, range, most).await,
            Self::Problems(tenant) => problems(conn, *tenant, range, most).await,
        }
    }
}

/// The first event that is below a range, for rows of which one event has several or for whole events.
fn end(range: Range) -> i64 {
    range.below.event.0.saturating_add(i64::from(range.below.endpoint.0 > i64::MIN))
}

/// The place from which a source goes on, if it gave all it was asked for.
fn next_of(rows: usize, most: usize, last: Option<Place>) -> Option<Place> {
    last.filter(|_| rows >= most)
}

async fn events(conn: &Conn, scope: Scope, types: &[String], range: Range, most: usize) -> Res<Chunk> {
    let of_tenant = if scope.tenant.is_some() { "AND e.tenant = $7" } else { "AND $7::bigint IS NULL" };
    let sql = format!(
        "SELECT e.id, e.endpoints, {WAITING}, e.world = $3 AND {VISIBLE} AND ($5 IS NULL OR e.kind IN
             (SELECT key FROM postrider.type_name WHERE project = $6 AND name = ANY($5)))
         FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
         WHERE e.id >= $1 AND e.id < $2 {of_tenant} ORDER BY e.id DESC LIMIT $4"
    );
    let types = (!types.is_empty()).then_some(types);
    let params: &[Param<'_>] = &[
        (&range.first.0, Type::INT8),
        (&end(range), Type::INT8),
        (&(scope.project.0 * 2 + scope.mode.bit()), Type::INT8),
        (&limit(most), Type::INT8),
        (&types, Type::TEXT_ARRAY),
        (&scope.project.0, Type::INT8),
        (&scope.tenant.map(|tenant| tenant.0), Type::INT8),
    ];
    let rows = conn.query(&sql, params).await?;
    let mut examined = Vec::new();
    for row in &rows {
        expand(row, range.below, &mut examined)?;
    }
    let last = rows.last().map(|row| row.try_get(0)).transpose()?;
    let last = last.map(|event| Place { event: Ordinal(event), endpoint: EndpointKey(i64::MIN) });
    Ok(Chunk { examined, next: next_of(rows.len(), most, last) })
}

/// The deliveries of an event, from the greatest endpoint down.
fn expand(row: &Row, below: Place, examined: &mut Vec<Examined>) -> Res<()> {
    let event: i64 = row.try_get(0)?;
    let nobody = Place { event: Ordinal(event), endpoint: EndpointKey(i64::MIN) };
    if !row.try_get::<_, bool>(3)? {
        examined.push(Examined { place: nobody, candidate: None });
        return Ok(());
    }
    let mut endpoints = written(Ordinal(event), row.try_get(1)?, row.try_get(2)?);
    endpoints.sort_unstable_by(|a, b| b.cmp(a));
    endpoints.dedup();
    let before = examined.len();
    for endpoint in endpoints {
        let place = Place { event: Ordinal(event), endpoint };
        if place < below {
            let candidate = Candidate { key: key_of(event, endpoint.0), named: true };
            examined.push(Examined { place, candidate: Some(candidate) });
        }
    }
    if examined.len() == before {
        examined.push(Examined { place: nobody, candidate: None });
    }
    Ok(())
}

async fn lanes(
    conn: &Conn,
    endpoint: EndpointKey,
    tenant: TenantKey,
    range: Range,
    most: usize,
) -> Res<Chunk> {
    let end = range.below.event.0.saturating_add(i64::from(range.below.endpoint > endpoint));
    let rows = conn
        .query(
            &format!(
                "SELECT e.id, e.endpoints, {WAITING}
                 FROM postrider.event e LEFT JOIN postrider.fanout f ON f.event = e.id
                 WHERE e.tenant = $1 AND e.id >= $2 AND e.id < $3 ORDER BY e.id DESC LIMIT $4"
            ),
            &[
                (&tenant.0, Type::INT8),
                (&range.first.0, Type::INT8),
                (&end, Type::INT8),
                (&limit(most), Type::INT8),
            ],
        )
        .await?;
    let mut examined = Vec::new();
    for row in &rows {
        let event = Ordinal(row.try_get(0)?);
        let candidate = written(event, row.try_get(1)?, row.try_get(2)?)
            .contains(&endpoint)
            .then(|| Candidate { key: key_of(event.0, endpoint.0), named: true });
        examined.push(Examined { place: Place { event, endpoint }, candidate });
    }
    let last = examined.last().map(|examined| examined.place);
    Ok(Chunk { next: next_of(rows.len(), most, last), examined })
}

/// In one statement, so that a delivery on its way from one table to the other is in one of them.
const ROWS: &str = "SELECT event FROM (
     (SELECT event FROM postrider.delivery WHERE endpoint = $1 AND event >= $2 AND event < $3
      ORDER BY event DESC LIMIT $4)
     UNION ALL
     (SELECT event FROM postrider.pending WHERE endpoint = $1 AND event >= $2 AND event < $3
      ORDER BY event DESC LIMIT $4)) AS rows ORDER BY event DESC LIMIT $4";

const PENDING: &str = "SELECT event FROM postrider.pending WHERE endpoint = $1 AND event >= $2 AND event < $3
     ORDER BY event DESC LIMIT $4";

const PROBLEMS_OF: &str = "SELECT event FROM (
     (SELECT event FROM postrider.delivery WHERE endpoint = $1 AND state = 2 AND event >= $2 AND event < $3
      ORDER BY event DESC LIMIT $4)
     UNION ALL
     (SELECT event FROM postrider.delivery WHERE endpoint = $1 AND state = 3 AND event >= $2 AND event < $3
      ORDER BY event DESC LIMIT $4)) AS rows ORDER BY event DESC LIMIT $4";

async fn rows_of(conn: &Conn, sql: &str, endpoint: EndpointKey, range: Range, most: usize) -> Res<Chunk> {
    let end = range.below.event.0.saturating_add(i64::from(range.below.endpoint > endpoint));
    let rows = conn
        .query(
            sql,
            &[
                (&endpoint.0, Type::INT8),
                (&range.first.0, Type::INT8),
                (&end, Type::INT8),
                (&limit(most), Type::INT8),
            ],
        )
        .await?;
    let mut examined = Vec::new();
    for row in &rows {
        examined.push(with_row(row.try_get(0)?, endpoint.0));
    }
    let last = examined.last().map(|examined| examined.place);
    Ok(Chunk { next: next_of(rows.len(), most, last), examined })
}

async fn problems(conn: &Conn, tenant: Option<TenantKey>, range: Range, most: usize) -> Res<Chunk> {
    let of_tenant = if tenant.is_some() { "AND tenant = $5" } else { "AND $5::bigint IS NULL" };
    let sql = format!(
        "SELECT event, endpoint FROM postrider.delivery
         WHERE state IN (2, 3) AND event >= $1 AND event <= $2 AND (event, endpoint) < ($2, $3) {of_tenant}
         ORDER BY event DESC, endpoint DESC LIMIT $4"
    );
    let params: &[Param<'_>] = &[
        (&range.first.0, Type::INT8),
        (&range.below.event.0, Type::INT8),
        (&range.below.endpoint.0, Type::INT8),
        (&limit(most), Type::INT8),
        (&tenant.map(|tenant| tenant.0), Type::INT8),
    ];
    let rows = conn.query(&sql, params).await?;
    let mut examined = Vec::new();
    for row in &rows {
        examined.push(with_row(row.try_get(0)?, row.try_get(1)?));
    }
    let last = examined.last().map(|examined| examined.place);
    Ok(Chunk { next: next_of(rows.len(), most, last), examined })
}

/// A delivery that had a row a moment ago.
fn with_row(event: i64, endpoint: i64) -> Examined {
    let place = Place { event: Ordinal(event), endpoint: EndpointKey(endpoint) };
    Examined { place, candidate: Some(Candidate { key: key_of(event, endpoint), named: false }) }
}
