//! Counted minutes of projects.

use std::collections::BTreeMap;

use postrider_model::id::{Mode, ProjectKey};
use postrider_store::{ProjectStatRow, ProjectSum, Steps};
use tokio_postgres::types::Type;

use crate::conn::Conn;
use crate::fault::{Fault, Res};

type Key = (i64, i64, i16);

/// Within a transaction. Rows are made, or locked as they are, in the order of their keys; then what they are to hold is
/// written. Each node has rows of its own, so that nobody waits but for oneself.
pub(super) async fn add(tx: &Conn, rows: &[ProjectStatRow]) -> Res<()> {
    let mut sums: BTreeMap<Key, ProjectSum> = BTreeMap::new();
    for row in rows {
        let key = (row.world(), row.minute, i16::from(row.node.0));
        sums.entry(key).and_modify(|sum| sum.add_later(&row.sum)).or_insert_with(|| row.sum.clone());
    }
    let worlds: Vec<i64> = sums.keys().map(|key| key.0).collect();
    let minutes: Vec<i64> = sums.keys().map(|key| key.1).collect();
    let nodes: Vec<i16> = sums.keys().map(|key| key.2).collect();
    let before = tx
        .query(
            "INSERT INTO postrider.project_stat AS s (world, minute, node, counts)
             SELECT world, minute, node, '' FROM unnest($1::bigint[], $2::bigint[], $3::smallint[])
                 AS n (world, minute, node) ORDER BY world, minute, node
             ON CONFLICT (world, minute, node) DO UPDATE SET counts = s.counts
             RETURNING world, minute, node, counts",
            &[(&worlds, Type::INT8_ARRAY), (&minutes, Type::INT8_ARRAY), (&nodes, Type::INT2_ARRAY)],
        )
        .await?;
    for row in &before {
        let key: Key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let counts: &[u8] = row.try_get(3)?;
        if let Some(sum) = sums.get_mut(&key).filter(|_| !counts.is_empty()) {
            let mut before = unpacked(key.0, key.1, counts)?;
            before.add_later(sum);
            *sum = before;
        }
    }
    let packed: Vec<Vec<u8>> = sums.values().map(ProjectSum::pack).collect();
    tx.execute(
        "UPDATE postrider.project_stat s SET counts = n.counts
         FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bytea[]) AS n (world, minute, node, counts)
         WHERE s.world = n.world AND s.minute = n.minute AND s.node = n.node",
        &[
            (&worlds, Type::INT8_ARRAY),
            (&minutes, Type::INT8_ARRAY),
            (&nodes, Type::INT2_ARRAY),
            (&packed, Type::BYTEA_ARRAY),
        ],
    )
    .await?;
    Ok(())
}

pub(super) async fn sum(
    conn: &Conn,
    project: ProjectKey,
    mode: Mode,
    mut steps: Steps,
) -> Res<Vec<ProjectSum>> {
    let (world, (first, end)) = (project.0 * 2 + mode.bit(), steps.minutes());
    let rows = conn
        .query(
            "SELECT minute, counts FROM postrider.project_stat
             WHERE world = $1 AND minute >= $2 AND minute < $3 ORDER BY minute, node",
            &[(&world, Type::INT8), (&first, Type::INT8), (&end, Type::INT8)],
        )
        .await?;
    for row in &rows {
        steps.push(unpacked(world, row.try_get(0)?, row.try_get(1)?)?);
    }
    Ok(steps.finish())
}

/// A row's counts.
pub(crate) fn unpacked(world: i64, minute: i64, packed: &[u8]) -> Res<ProjectSum> {
    ProjectSum::unpack(minute, packed)
        .map_err(|error| Fault::corrupt("project_stat", "counts", format!("{world}, {minute}"), error))
}
