//! What others wrote for the owner of slots.
//!
//! Rows carry the transaction that wrote them. Transactions do not become visible in the order of their numbers, so a
//! reading remembers which of them were under way: the next one reads what those wrote, and all that began since. The
//! cursor alone says from where to read where that memory is gone; rows then come again, and none is left out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use postrider_model::delivery::DeliveryKey;
use postrider_store::{News, NewsCursor, NewsQuery, Signal, StoreError};
use tokio_postgres::types::Type;

use super::numbers;
use crate::backlog::due;
use crate::conn::{Conn, Param};
use crate::fault::Res;
use crate::pipeline::Pipeline;
use crate::signal;
use crate::store::PostgresStore;

/// Signals are kept for an hour.
const SIGNALS_KEPT: Duration = Duration::from_secs(50 * 60);

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const SNAPSHOT: &str = "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint,
        ARRAY(SELECT x::text::bigint FROM pg_snapshot_xip(s) AS x)
    FROM pg_current_snapshot() AS s";
/// Everything below goes by its index, and through it row by row, whatever the server knows of the tables: most of their
/// rows are dead at any time, and while somebody holds an old snapshot all stay there. Only from the cursor on they are
/// met, and a plain index scan notes which are dead for good.
const BY_INDEX: &str =
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)";
const KEYS: &str = "SELECT n.event, n.endpoint FROM (
        SELECT p.xact, p.event, p.endpoint, p.writer, p.parked, p.slot FROM postrider.pending p
            WHERE p.xact >= $1
        UNION ALL
        SELECT p.xact, p.event, p.endpoint, p.writer, p.parked, p.slot FROM postrider.pending p
            WHERE p.xact = ANY($2) AND p.xact < $1) AS n
    WHERE n.writer <> $3 AND NOT n.parked AND n.slot = ANY($4)
    ORDER BY n.xact, n.event, n.endpoint";
const SIGNALS: &str = "SELECT n.kind, n.detail FROM (
        SELECT s.xact, s.writer, s.kind, s.detail FROM postrider.signal s WHERE s.xact >= $1
        UNION ALL
        SELECT s.xact, s.writer, s.kind, s.detail FROM postrider.signal s
            WHERE s.xact = ANY($2) AND s.xact < $1) AS n
    WHERE n.writer <> $3 ORDER BY n.xact";

/// What is remembered from one reading to the next.
#[derive(Debug, Default)]
pub(crate) struct Reader(tokio::sync::Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    /// The cursor that was given out.
    cursor: NewsCursor,
    /// The first transaction that had not begun.
    next: i64,
    /// Earlier ones that were under way.
    open: Vec<i64>,
    /// The first of them; else `next`.
    oldest_open: i64,
    /// Deliveries that were found and found no room: they are looked at again.
    rest: VecDeque<DeliveryKey>,
    /// No transaction before this one wrote any of these.
    rest_from: i64,
    at: Instant,
}

/// A reading of what is new.
struct Found {
    oldest_open: i64,
    next: i64,
    open: Vec<i64>,
    keys: VecDeque<DeliveryKey>,
    signals: Vec<Signal>,
}

pub(super) async fn read(store: &PostgresStore, query: NewsQuery) -> Res<News> {
    let me = store.membership().ok_or(StoreError::Fenced)?;
    let writer = i16::from(me.number.0);
    let mut reader = store.reader.0.lock().await;
    let known = reader.take().filter(|seen| Some(seen.cursor) == query.after);
    let mut signals = Vec::new();
    let mut seen = match (known, query.after) {
        (Some(seen), _) if !seen.rest.is_empty() => seen,
        (known, after) => {
            let late = known.as_ref().is_none_or(|seen| seen.at.elapsed() > SIGNALS_KEPT);
            let (from, open) = match (&known, after) {
                (Some(seen), _) => (seen.next, seen.open.clone()),
                (None, Some(cursor)) => (cursor.transaction, Vec::new()),
                // From now on.
                (None, None) => (i64::MAX, Vec::new()),
            };
            let found = look(store, from, &open, writer, &query).await?;
            signals = found.signals;
            if late && after.is_some() {
                signals.push(Signal::Everything);
            }
            Seen {
                cursor: NewsCursor { transaction: found.oldest_open, delivery: None },
                next: found.next,
                rest_from: open.iter().copied().fold(from, i64::min).min(found.oldest_open),
                oldest_open: found.oldest_open,
                open: found.open,
                rest: found.keys,
                at: Instant::now(),
            }
        }
    };
    forget_erased(store, &signals);
    let count = seen.rest.len().min(query.limit.max(1));
    let page: Vec<DeliveryKey> = seen.rest.iter().take(count).copied().collect();
    let deliveries = due::of_keys(store, &page, &query.slots, query.body_bytes).await?;
    // Only now: after an error above the cursor of before leads to all of them again.
    seen.rest.drain(..count);
    seen.cursor = match seen.rest.front() {
        Some(_) => NewsCursor { transaction: seen.rest_from, delivery: page.last().copied() },
        None => NewsCursor { transaction: seen.oldest_open, delivery: None },
    };
    let news = News { deliveries, signals, more: !seen.rest.is_empty(), next: seen.cursor };
    *reader = Some(seen);
    Ok(news)
}

async fn look(
    store: &PostgresStore,
    from: i64,
    open: &Vec<i64>,
    writer: i16,
    query: &NewsQuery,
) -> Res<Found> {
    let slots = numbers(&query.slots);
    let conn = store.vital().await?;
    let mut tx = crate::conn::Tx::of(conn);
    let range =
        || -> Vec<Param<'_>> { vec![(&from, Type::INT8), (open, Type::INT8_ARRAY), (&writer, Type::INT2)] };
    let mut pipeline = Pipeline::default();
    pipeline.add(BEGIN, Vec::new());
    pipeline.add(BY_INDEX, Vec::new());
    pipeline.add(SNAPSHOT, Vec::new());
    let mut keyed = range();
    keyed.push((&slots, Type::INT2_ARRAY));
    pipeline.add(KEYS, keyed);
    pipeline.add(SIGNALS, range());
    pipeline.add("COMMIT", Vec::new());
    let answers = pipeline.run(&tx).await?;
    tx.ended();
    let answers = answers.all()?;
    let [_, _, snapshot, keys, told, _] = answers.as_slice() else { return Err(missing()) };
    let snapshot = snapshot.rows.first().ok_or_else(missing)?;
    let key = |row: &tokio_postgres::Row| Ok(crate::writer::key(row.try_get(0)?, row.try_get(1)?));
    let signal =
        |row: &tokio_postgres::Row| Ok(signal::decode(row.try_get(0)?, &row.try_get::<_, Vec<i64>>(1)?));
    Ok(Found {
        oldest_open: snapshot.try_get(0)?,
        next: snapshot.try_get(1)?,
        open: snapshot.try_get(2)?,
        keys: keys.rows.iter().map(key).collect::<Res<_>>()?,
        signals: told.rows.iter().map(signal).collect::<Res<_>>()?,
    })
}

fn missing() -> crate::fault::Fault {
    crate::fault::Fault::unavailable("an answer without a row")
}

/// What is written of a tenant that another node deleted must be looked up from now on.
fn forget_erased(store: &PostgresStore, signals: &[Signal]) {
    for signal in signals {
        if let Signal::Tenant(tenant, _) = signal {
            store.memory.lock().forget_tenant(tenant.0);
        }
    }
}

/// Pending rows whose transaction lies in the future: a dump was restored on a new server, whose numbers begin anew.
pub(crate) async fn after_restore(conn: &Conn) -> Res<()> {
    conn.execute(
        "UPDATE postrider.pending SET xact = 0
         WHERE xact > (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint)",
        &[],
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use postrider_model::id::IdSalt;
    use postrider_postgres::Database;

    use super::*;
    use crate::options::PostgresOptions;

    #[tokio::test]
    async fn a_look_for_news_goes_by_the_index_even_where_nothing_is_known_of_what_waits() {
        let Some(database) = Database::new() else { return };
        PostgresStore::open(PostgresOptions::new(database.url(), IdSalt(1))).await.unwrap();
        let rows = "INSERT INTO postrider.pending (event, endpoint, tenant, due, xact, step, attempts, class, slot, writer,
                flags, parked, scheduled)
            SELECT n, 1, 1, 0, n, 0, 0, 30, 0, 1, 0, false, false FROM generate_series(1, 20000) AS n";
        let _ = database.ask(&format!("{rows}; DELETE FROM postrider.pending WHERE event % 100 > 0"));
        let types = "(bigint, bigint[], smallint, smallint[])";
        for mode in ["force_generic_plan", "force_custom_plan"] {
            let plan = database.ask(&format!(
                "BEGIN; {BY_INDEX}; SET LOCAL plan_cache_mode = {mode}; PREPARE news {types} AS {KEYS};
                 EXPLAIN EXECUTE news (19000, '{{17100,18200}}', 2::smallint, '{{0,1}}')"
            ));
            let plan = plan.join("\n");
            assert_eq!(plan.matches("Index Scan using pending_news").count(), 2, "{mode}: {plan}");
            assert!(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "{mode}: {plan}");
        }
        let found = database.ask(&format!(
            "PREPARE news {types} AS {KEYS}; EXECUTE news (19000, '{{17100,18200,19500}}', 2::smallint, '{{0,1}}')"
        ));
        let expected = (0..=10).map(|step| 19_000 + 100 * step);
        let expected: Vec<String> =
            [17_100, 18_200].into_iter().chain(expected).map(|id| id.to_string()).collect();
        assert_eq!(found, expected, "each once, in their order");
    }
}
