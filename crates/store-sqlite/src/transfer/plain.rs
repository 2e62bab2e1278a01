//! Tables whose rows are what they are in the exchange.

use postrider_store::transfer::{Cursor, Page, Row, Table, Value};
use rusqlite::types::{Null, ToSqlOutput};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::page::{Filling, value};
use crate::fault::Res;

/// How a table is read: the columns of its primary key, and what differs here.
struct Reading {
    key: &'static [&'static str],
    from: &'static str,
    /// Columns that have another name here.
    renamed: &'static [(&'static str, &'static str)],
    only: &'static str,
}

fn reading(table: Table) -> Reading {
    let plain = Reading { key: &["key"], from: table.name(), renamed: &[], only: "true" };
    match table {
        Table::Fact => Reading { key: &["name"], only: "name <> 'transfer'", ..plain },
        Table::Stat => Reading { key: &["endpoint", "minute"], ..plain },
        Table::ProjectStat => Reading { key: &["world", "minute", "node"], ..plain },
        Table::Retention => Reading { key: &["class"], renamed: &[("class", "days")], ..plain },
        Table::Erasure => Reading { key: &["kind", "key"], ..plain },
        Table::Late => Reading {
            key: &["event"],
            from: "late JOIN event ON event.id = late.event",
            renamed: &[("class", "event.retention_days"), ("event", "late.event")],
            ..plain
        },
        _ => plain,
    }
}

/// The next rows of a table.
pub(super) fn export(conn: &Connection, table: Table, after: Option<&Cursor>) -> Res<Page> {
    let mut statement = conn.prepare_cached(&sql(table, after.is_some()))?;
    let bound = after.into_iter().flatten().map(Bound);
    let mut rows = statement.query(params_from_iter(bound))?;
    let (columns, key) = (table.columns(), key_columns(table));
    let mut page = Filling::default();
    while let Some(found) = rows.next()? {
        let row_key = || {
            let part = |index: &usize| found.get_ref(*index).map(|value| format!("{value:?}"));
            key.iter().filter_map(|index| part(index).ok()).collect::<Vec<_>>().join(",")
        };
        let values = columns.iter().enumerate();
        let row = values.map(|(index, column)| value(table.name(), column, row_key, found.get_ref(index)?));
        let full =
            page.push(row.collect::<Res<Row>>()?, |row| key.iter().map(|at| row[*at].clone()).collect());
        if full {
            break;
        }
    }
    Ok(page.done())
}

/// Where the columns of the key stand in a row.
fn key_columns(table: Table) -> Vec<usize> {
    reading(table).key.iter().filter_map(|column| table.column(column)).collect()
}

fn sql(table: Table, goes_on: bool) -> String {
    let reading = reading(table);
    let named = |column: &&'static str| {
        let other = reading.renamed.iter().find(|(name, _)| name == column);
        other.map_or(*column, |(_, here)| *here)
    };
    let columns: Vec<_> = table.columns().iter().map(named).collect();
    let key = reading.key.iter().map(named).collect::<Vec<_>>().join(", ");
    let places = vec!["?"; reading.key.len()].join(", ");
    let after = if goes_on { format!("({key}) > ({places})") } else { "true".to_owned() };
    format!(
        "SELECT {} FROM {} WHERE {after} AND {} ORDER BY {key}",
        columns.join(", "),
        reading.from,
        reading.only
    )
}

/// A value of a cursor as a parameter.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self.0 {
            Value::Null | Value::Ints(_) => Ok(ToSqlOutput::from(Null)),
            Value::Int(number) => number.to_sql(),
            Value::Text(text) => text.to_sql(),
            Value::Bytes(bytes) => bytes.to_sql(),
        }
    }
}
