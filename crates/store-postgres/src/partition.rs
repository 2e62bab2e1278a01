//! Partitions of events and deliveries: by class, then by the days of the events' ids. They are made ahead of time, each
//! by a short transaction of its own; what none covers goes to its class's default partition, which is an alarm.

use std::collections::HashMap;
use std::ops::Range;

use parking_lot::Mutex;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use tokio_postgres::types::Type;

use crate::fault::Res;
use crate::store::PostgresStore;

/// "partitio" in ASCII: the advisory lock that partitions are made under.
const LOCK: i64 = 0x7061_7274_6974_696f;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// The days that a partition of a class holds: some sixteen make a class.
pub(crate) fn days_of(class: i16) -> i64 {
    (i64::from(class) / 16).max(1)
}

/// The bounds of the partition that an event of a class lies in.
pub(crate) fn bounds_of(class: i16, event: Ordinal) -> Range<i64> {
    let width = days_of(class) * DAY_MS;
    let start = event.time().0.div_euclid(width) * width;
    Ordinal::at(Millis(start)).0..Ordinal::at(Millis(start + width)).0
}

/// What a partition is called; `table` is `event` or `delivery`.
pub(crate) fn name(table: &str, class: i16, bounds: &Range<i64>) -> String {
    let day = Ordinal(bounds.start).time().0 / DAY_MS;
    format!("{table}_{class}_{day}")
}

/// Ids of a class that have a partition, as far as it is known here.
#[derive(Debug, Default)]
pub(crate) struct Covered(Mutex<HashMap<i16, Vec<Range<i64>>>>);

impl Covered {
    fn has(&self, class: i16, event: Ordinal) -> bool {
        let known = self.0.lock();
        known.get(&class).is_some_and(|ranges| ranges.iter().any(|range| range.contains(&event.0)))
    }

    fn add(&self, class: i16, bounds: Range<i64>) {
        let mut known = self.0.lock();
        let ranges = known.entry(class).or_default();
        ranges.push(bounds);
        // Ids go on: the oldest is not asked for again.
        if ranges.len() > 8 {
            ranges.remove(0);
        }
    }
}

impl PostgresStore {
    /// Makes the partitions that an event of a class lies in, if they are not there. Where they cannot be made now, the
    /// class's default partitions take it.
    pub(crate) async fn cover(&self, class: i16, event: Ordinal) -> Res<()> {
        if self.covered.has(class, event) {
            return Ok(());
        }
        let bounds = bounds_of(class, event);
        match self.make(class, &bounds).await {
            Err(fault) if fault.is_lock_timeout() => {
                let first = Ordinal(bounds.start).time();
                tracing::error!(class, ?first, "no partition could be made: the default partition is used");
            }
            made => made?,
        }
        self.covered.add(class, bounds);
        Ok(())
    }

    /// Makes them ahead of time; false where somebody's reading is in the way: there is time to try again.
    pub(crate) async fn make_ahead(&self, class: i16, event: Ordinal) -> Res<bool> {
        match self.make(class, &bounds_of(class, event)).await {
            Err(fault) if fault.is_lock_timeout() => Ok(false),
            made => made.map(|()| true),
        }
    }

    /// Under a lock, so that nodes that see the same day begin do not trip. The locks on the parents are such that reads
    /// and writes pass, but that on the default partition is not: whoever reads it for long (a dump) would be waited for,
    /// and everybody else behind that, so not for long.
    async fn make(&self, class: i16, bounds: &Range<i64>) -> Res<()> {
        if exists(&self.conn().await?, &name("delivery", class, bounds)).await? {
            return Ok(());
        }
        let tx = self.begin().await?;
        tx.query("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)]).await?;
        tx.run("SET LOCAL lock_timeout = '500ms'").await?;
        let known = "SELECT 1 FROM postrider.retention WHERE class = $1";
        if tx.query_opt(known, &[(&class, Type::INT2)]).await?.is_none() {
            for table in ["event", "delivery"] {
                tx.run(&new_class(table, class)).await?;
            }
            let new = "INSERT INTO postrider.retention (class, mark) VALUES ($1, 0)";
            tx.execute(new, &[(&class, Type::INT2)]).await?;
        }
        if !exists(&tx, &name("delivery", class, bounds)).await? {
            for table in ["event", "delivery"] {
                tx.run(&new_range(table, class, bounds)).await?;
            }
        }
        Ok(tx.commit().await?)
    }
}

async fn exists(conn: &crate::conn::Conn, name: &str) -> Res<bool> {
    let found = conn
        .query_opt(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'postrider' AND c.relname = $1",
            &[(&name, Type::TEXT)],
        )
        .await?;
    Ok(found.is_some())
}

/// A class's own table, which its partitions make up, and the one for what none of them covers. Attached as in
/// [`new_range`]; there is nothing that it could be in the way of.
fn new_class(table: &str, class: i16) -> String {
    let key = if table == "event" { "id" } else { "event" };
    format!(
        "CREATE TABLE postrider.{table}_{class} (LIKE postrider.{table} INCLUDING ALL)
             PARTITION BY RANGE ({key});
         CREATE TABLE postrider.{table}_{class}_default PARTITION OF postrider.{table}_{class} DEFAULT;
         ALTER TABLE postrider.{table} ATTACH PARTITION postrider.{table}_{class} FOR VALUES IN ({class})"
    )
}

/// Made beside its parent and attached: that takes a weaker lock than making it in its place.
fn new_range(table: &str, class: i16, bounds: &Range<i64>) -> String {
    let name = name(table, class, bounds);
    format!(
        "CREATE TABLE postrider.{name} (LIKE postrider.{table}_{class} INCLUDING ALL);
         ALTER TABLE postrider.{table}_{class} ATTACH PARTITION postrider.{name}
             FOR VALUES FROM ({}) TO ({})",
        bounds.start, bounds.end
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_follow_each_other_without_a_gap() {
        for class in [1, 7, 30, 90, 365] {
            let event = Ordinal::at(Millis(1_750_000_000_000));
            let bounds = bounds_of(class, event);
            assert!(bounds.contains(&event.0));
            let next = bounds_of(class, Ordinal(bounds.end));
            assert_eq!(next.start, bounds.end);
            assert_ne!(name("event", class, &bounds), name("event", class, &next));
        }
        assert_eq!((days_of(1), days_of(30), days_of(365)), (1, 1, 22));
    }
}
