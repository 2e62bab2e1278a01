//! Merging: so many runs of a level become one of the next, so that a row is written once for each level and a list
//! looks at few runs.

use std::sync::Arc;

use postrider_model::time::Millis;
use postrider_store::StoreError;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Rows, params};

use super::Worked;
use super::rows::{self, List, Listed, Row};
use crate::fault::Res;
use crate::store::SqliteStore;

/// Runs of a level that become one of the next: at most seven of a level stay, and a row is written again about once
/// for each eightfold of what is listed.
pub(super) const FAN_IN: usize = 8;
/// Rows that one snapshot reads: some tens of milliseconds.
const READ: usize = 32_768;

/// The merge that is going on.
#[derive(Debug, Default)]
pub(super) struct Merging {
    open: Option<Merge>,
    /// Not asked again before.
    pub(super) ask_at: Millis,
}

#[derive(Debug)]
struct Merge {
    /// What comes of it.
    new: Listed,
    inputs: Arc<Vec<i64>>,
    /// Lists that are left; the first is at work.
    lists: &'static [List],
    /// The last row that was read of it.
    after: Row,
    /// Rows that were read and are to be written.
    read: Arc<Vec<Row>>,
    written: usize,
}

impl Merging {
    /// The run that is being written.
    pub(super) fn number(&self) -> Option<i64> {
        self.open.as_ref().map(|merge| merge.new.run)
    }

    /// The runs that are being read.
    pub(super) fn inputs(&self) -> Arc<Vec<i64>> {
        self.open.as_ref().map(|merge| Arc::clone(&merge.inputs)).unwrap_or_default()
    }
}

/// Does a bit of the merge, or begins one.
pub(super) async fn step(
    store: &SqliteStore,
    merging: &mut Merging,
    now: Millis,
    limit: usize,
) -> Result<Worked, StoreError> {
    let Some(merge) = &mut merging.open else {
        if now < merging.ask_at {
            return Ok(Worked::Nothing);
        }
        merging.open = begin(store).await?;
        if merging.open.is_none() {
            merging.ask_at = now + rows::ASK_EVERY;
            return Ok(Worked::Nothing);
        }
        return Ok(Worked::Some);
    };
    if merge.written < merge.read.len() {
        write(store, merge, limit).await?;
    } else if merge.lists.is_empty() {
        let (new, inputs) = (merge.new, Arc::clone(&merge.inputs));
        store.lazily(move |w| rows::publish(&w.conn, &new, &inputs)).await?;
        merging.open = None;
        return Ok(Worked::Finished);
    } else {
        read(store, merge).await?;
    }
    Ok(Worked::Some)
}

async fn begin(store: &SqliteStore) -> Result<Option<Merge>, StoreError> {
    let inputs = store.read(choose).await?;
    let (Some(first), Some(last)) = (inputs.first(), inputs.last()) else { return Ok(None) };
    let run = store.lazily(|w| rows::begin(&w.conn)).await?;
    Ok(Some(Merge {
        new: Listed { run, first: first.first, last: last.last, level: first.level + 1 },
        inputs: Arc::new(inputs.iter().map(|input| input.run).collect()),
        lists: &List::ALL,
        after: (i64::MIN, i64::MIN),
        read: Arc::default(),
        written: 0,
    }))
}

/// The oldest runs of the lowest level that has enough. Older ones never have a lower level, so they are neighbours.
fn choose(conn: &Connection) -> Res<Vec<Listed>> {
    let mut level = conn.prepare_cached(
        "SELECT level FROM list_run GROUP BY level HAVING count(*) >= ?1 ORDER BY level LIMIT 1",
    )?;
    let level: Option<i64> = level.query_row([FAN_IN as i64], |row| row.get(0)).optional()?;
    let Some(level) = level else { return Ok(Vec::new()) };
    let mut inputs =
        conn.prepare_cached("SELECT run, first, last FROM list_run WHERE level = ?1 ORDER BY last LIMIT ?2")?;
    let inputs = inputs.query_map(params![level, FAN_IN as i64], |row| {
        Ok(Listed { run: row.get(0)?, first: row.get(1)?, last: row.get(2)?, level })
    })?;
    Ok(inputs.collect::<Result<_, _>>()?)
}

async fn write(store: &SqliteStore, merge: &mut Merge, limit: usize) -> Result<(), StoreError> {
    let Some(list) = merge.lists.first().copied() else { return Ok(()) };
    let (run, read, from) = (merge.new.run, Arc::clone(&merge.read), merge.written);
    let to = (from + limit).min(read.len());
    store.lazily(move |w| list.insert(&w.conn, run, &read[from..to])).await?;
    merge.written = to;
    Ok(())
}

/// Reads the next rows; where there are none, the next list is at work.
async fn read(store: &SqliteStore, merge: &mut Merge) -> Result<(), StoreError> {
    let Some((list, others)) = merge.lists.split_first() else { return Ok(()) };
    let (list, inputs, after) = (*list, Arc::clone(&merge.inputs), merge.after);
    let (kept, last) = store.read(move |conn| next_rows(conn, list, &inputs, after)).await?;
    (merge.read, merge.written) = (kept.into(), 0);
    match last {
        Some(last) => merge.after = last,
        None => (merge.lists, merge.after) = (others, (i64::MIN, i64::MIN)),
    }
    Ok(())
}

/// The next rows of all inputs together, in order, without those whose event has ended; and the last that was looked
/// at, if there was one.
fn next_rows(conn: &Connection, list: List, inputs: &[i64], after: Row) -> Res<(Vec<Row>, Option<Row>)> {
    let sql = list.rows_after();
    let mut statements: Vec<CachedStatement<'_>> =
        inputs.iter().map(|_| conn.prepare_cached(&sql)).collect::<Result<_, _>>()?;
    let mut sources = Vec::new();
    for (statement, run) in statements.iter_mut().zip(inputs) {
        let mut source = statement.query([*run, after.0, after.1])?;
        sources.push((advance(&mut source)?, source));
    }
    let mut alive = Alive::new(conn)?;
    let (mut kept, mut last) = (Vec::new(), None);
    for _ in 0..READ {
        let next = sources.iter_mut().filter(|(head, _)| head.is_some()).min_by_key(|(head, _)| *head);
        let Some((head, source)) = next else { break };
        if let Some(row) = std::mem::replace(head, advance(source)?) {
            last = Some(row);
            if alive.holds(row.1)? {
                kept.push(row);
            }
        }
    }
    Ok((kept, last))
}

fn advance(source: &mut Rows<'_>) -> rusqlite::Result<Option<Row>> {
    source.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// Which events are still there. Most need no look: retention has not come so far yet.
struct Alive<'c> {
    oldest: i64,
    /// Retention of some class was here: one of its events may be gone, one of another class not.
    doubtful_below: i64,
    exists: CachedStatement<'c>,
}

impl<'c> Alive<'c> {
    fn new(conn: &'c Connection) -> Res<Self> {
        let mark: Option<i64> = conn.query_row("SELECT max(mark) FROM retention", [], |row| row.get(0))?;
        Ok(Self {
            oldest: rows::oldest(conn)?,
            doubtful_below: mark.unwrap_or(0),
            exists: conn.prepare_cached("SELECT 1 FROM event WHERE id = ?1")?,
        })
    }

    fn holds(&mut self, event: i64) -> Res<bool> {
        if event < self.oldest || event >= self.doubtful_below {
            return Ok(event >= self.oldest);
        }
        Ok(self.exists.query_row([event], |_| Ok(())).optional()?.is_some())
    }
}
