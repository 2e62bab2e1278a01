//! Counted minutes of projects.

use postrider_model::id::{Mode, ProjectKey};
use postrider_store::{ProjectStatRow, ProjectSum, Steps};
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::{Fault, Res};

pub(super) fn add(conn: &Connection, rows: &[ProjectStatRow]) -> Res<()> {
    let mut read = conn
        .prepare_cached("SELECT counts FROM project_stat WHERE world = ?1 AND minute = ?2 AND node = ?3")?;
    let mut write = conn.prepare_cached(
        "INSERT INTO project_stat (world, minute, node, counts) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (world, minute, node) DO UPDATE SET counts = excluded.counts",
    )?;
    for row in rows {
        let key = params![row.world(), row.minute, row.node.0];
        let before: Option<Vec<u8>> = read.query_row(key, |row| row.get(0)).optional()?;
        let packed = match before {
            Some(before) => {
                let mut sum = unpacked(row.world(), row.minute, &before)?;
                sum.add_later(&row.sum);
                sum.pack()
            }
            None => row.sum.pack(),
        };
        write.execute(params![row.world(), row.minute, row.node.0, packed])?;
    }
    Ok(())
}

pub(super) fn sum(
    conn: &Connection,
    project: ProjectKey,
    mode: Mode,
    mut steps: Steps,
) -> Res<Vec<ProjectSum>> {
    let mut statement = conn.prepare_cached(
        "SELECT minute, counts FROM project_stat WHERE world = ?1 AND minute >= ?2 AND minute < ?3
         ORDER BY minute, node",
    )?;
    let (world, (first, end)) = (project.0 * 2 + mode.bit(), steps.minutes());
    let mut rows = statement.query(params![world, first, end])?;
    while let Some(row) = rows.next()? {
        let packed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        steps.push(unpacked(world, row.get(0)?, packed)?);
    }
    Ok(steps.finish())
}

/// A row's counts.
pub(crate) fn unpacked(world: i64, minute: i64, packed: &[u8]) -> Res<ProjectSum> {
    ProjectSum::unpack(minute, packed)
        .map_err(|error| Fault::corrupt("project_stat", "counts", format!("{world}, {minute}"), error))
}
