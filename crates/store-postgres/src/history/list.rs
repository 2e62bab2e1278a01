//! Pages of deliveries.

use std::ops::ControlFlow;

use postrider_model::delivery::DeliveryState;
use postrider_model::id::{EndpointKey, Ordinal, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{DeliveryQuery, DeliverySummary, Page};
use tokio_postgres::types::Type;

use super::source::{Examined, Source};
use super::summary::{self, Candidate, Wanted};
use super::window::newest_first;
use super::{EXAMINED, MOST_OF_CHUNK, RESOLVED, none_is_known};
use crate::conn::Conn;
use crate::fault::Res;
use postrider_store::paging::{Place, Range};

/// What a visitor says: go on, or the page is full.
type Step = ControlFlow<()>;

/// A page of deliveries.
pub(super) async fn deliveries(
    conn: &Conn,
    query: &DeliveryQuery,
    now: Millis,
) -> Res<Page<DeliverySummary>> {
    let range = Range::new(query.since, query.until, query.cursor.as_deref())?;
    if none_is_known(conn, query.scope, &query.types).await? {
        return Ok(Page { rows: Vec::new(), next: None });
    }
    let mut pager = Pager::new(conn, query);
    for (source, part) in sources(conn, query, range).await? {
        if walk(&source, part, now, &mut pager).await?.is_break() {
            break;
        }
    }
    pager.page().await
}

/// The sources of a list with their parts of its range, newest first.
async fn sources<'q>(conn: &Conn, query: &'q DeliveryQuery, range: Range) -> Res<Vec<(Source<'q>, Range)>> {
    let problem = |state: &DeliveryState| matches!(state, DeliveryState::Failed | DeliveryState::Held);
    let problems = !query.states.is_empty() && query.states.iter().all(problem);
    let Some(endpoint) = query.endpoint else {
        let source = if problems {
            Source::Problems(query.scope.tenant)
        } else {
            Source::Events(query.scope, &query.types)
        };
        return Ok(vec![(source, range)]);
    };
    let Some(lanes) = Lanes::of(conn, endpoint).await? else { return Ok(Vec::new()) };
    if query.scope.tenant.is_some_and(|tenant| tenant != lanes.tenant) {
        return Ok(Vec::new());
    }
    if problems {
        return Ok(vec![(Source::ProblemsOf(endpoint), range)]);
    }
    let split = Place { event: lanes.low_water, endpoint: EndpointKey(i64::MIN) };
    let mut sources = Vec::new();
    if range.below > split {
        let newest = Range { first: range.first.max(lanes.low_water), below: range.below };
        sources.push((Source::Lanes(endpoint, lanes.tenant), newest));
    }
    if range.first < lanes.low_water {
        let rest = Range { first: range.first, below: range.below.min(split) };
        let waiting = |state: &DeliveryState| *state == DeliveryState::Pending;
        let waiting = !query.states.is_empty() && query.states.iter().all(waiting);
        sources.push((if waiting { Source::Waiting(endpoint) } else { Source::Rows(endpoint) }, rest));
    }
    Ok(sources)
}

/// Where deliveries of an endpoint may be that have no row.
pub(super) struct Lanes {
    pub(super) tenant: TenantKey,
    /// The first event that may have one.
    pub(super) low_water: Ordinal,
}

impl Lanes {
    /// `None` where there is no such endpoint.
    pub(super) async fn of(conn: &Conn, endpoint: EndpointKey) -> Res<Option<Self>> {
        let row = conn
            .query_opt(
                "SELECT e.tenant, (SELECT min(low_water) FROM postrider.node)
                 FROM postrider.endpoint e WHERE e.key = $1",
                &[(&endpoint.0, Type::INT8)],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        // Without a node there is no lane.
        let low_water = row.try_get::<_, Option<i64>>(1)?.unwrap_or(i64::MAX);
        Ok(Some(Self { tenant: TenantKey(row.try_get(0)?), low_water: Ordinal(low_water) }))
    }
}

/// Takes a source through its part of the range, window by window and in growing chunks.
async fn walk(source: &Source<'_>, range: Range, now: Millis, pager: &mut Pager<'_>) -> Res<Step> {
    let mut most = pager.query.limit.clamp(16, 250) + 1;
    for window in newest_first(range, now) {
        let mut below = window.below;
        loop {
            let chunk = source.chunk(pager.conn, Range { first: window.first, below }, most).await?;
            for examined in chunk.examined {
                if pager.examine(examined).await?.is_break() {
                    return Ok(Step::Break(()));
                }
            }
            let Some(next) = chunk.next else { break };
            below = next;
            most = (most * 2).min(MOST_OF_CHUNK);
        }
    }
    Ok(Step::Continue(()))
}

/// Rows found so far, and where the walk is. Candidates are looked at some together.
struct Pager<'q> {
    conn: &'q Conn,
    query: &'q DeliveryQuery,
    limit: usize,
    rows: Vec<DeliverySummary>,
    waiting: Vec<Candidate>,
    /// How many of them are looked at together.
    together: usize,
    examined: usize,
    resolved: usize,
    last: Option<Place>,
    /// Set where the walk stopped before its end.
    next: Option<Place>,
}

impl<'q> Pager<'q> {
    fn new(conn: &'q Conn, query: &'q DeliveryQuery) -> Self {
        let limit = query.limit.max(1);
        Self {
            conn,
            query,
            limit,
            rows: Vec::new(),
            waiting: Vec::new(),
            together: limit + 1,
            examined: 0,
            resolved: 0,
            last: None,
            next: None,
        }
    }

    /// Takes what was examined; breaks where the page is full, or that was one too many.
    async fn examine(&mut self, examined: Examined) -> Res<Step> {
        if self.examined >= EXAMINED || self.resolved + self.waiting.len() >= RESOLVED {
            let step = self.resolve().await?;
            if step.is_continue() {
                self.next = self.last;
            }
            return Ok(Step::Break(()));
        }
        self.examined += 1;
        self.last = Some(examined.place);
        self.waiting.extend(examined.candidate);
        if self.waiting.len() >= self.together { self.resolve().await } else { Ok(Step::Continue(())) }
    }

    /// Looks at those that wait; breaks where the page was full before all were taken.
    async fn resolve(&mut self) -> Res<Step> {
        let waiting = std::mem::take(&mut self.waiting);
        self.resolved += waiting.len();
        self.together = (self.together * 2).min(MOST_OF_CHUNK);
        let wanted = Wanted { scope: self.query.scope, states: &self.query.states, types: &self.query.types };
        for found in summary::read(self.conn, &waiting, wanted).await? {
            if self.rows.len() == self.limit {
                let last = self.rows.last();
                self.next = last.map(|row| Place { event: row.event, endpoint: row.endpoint });
                return Ok(Step::Break(()));
            }
            self.rows.push(found.summary);
        }
        Ok(Step::Continue(()))
    }

    async fn page(mut self) -> Res<Page<DeliverySummary>> {
        if self.next.is_none() && !self.waiting.is_empty() {
            // Whether it is full or not says `next`.
            let _: Step = self.resolve().await?;
        }
        Ok(Page { rows: self.rows, next: self.next.map(Place::show) })
    }
}
