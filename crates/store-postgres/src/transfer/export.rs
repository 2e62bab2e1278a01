//! What is there, in the form that stores exchange.

use postrider_store::transfer::{Cursor, PAGE_BYTES, PAGE_ROWS, Page, Row, Table, Value};
use tokio_postgres::types::Type;

use super::cell::{Cell, value};
use super::shape;
use crate::conn::{Conn, Param};
use crate::fault::Res;

/// Rows of the first page, before it is known how large rows are.
const FIRST: i64 = 200;
/// The parts of the deliveries: those that have ended, and those that wait. The first value of a cursor says which.
const ENDED: i64 = 0;
const WAITING: i64 = 1;

/// Where a reading goes on.
struct Place<'a> {
    part: i64,
    /// Rows at most.
    rows: i64,
    /// Values of the key; none at the beginning.
    key: &'a [Value],
}

impl<'a> Place<'a> {
    fn of(after: Option<&'a Cursor>) -> Self {
        match after.map(Vec::as_slice) {
            Some([Value::Int(part), Value::Int(rows), key @ ..]) => Self { part: *part, rows: *rows, key },
            _ => Self { part: ENDED, rows: FIRST, key: &[] },
        }
    }
}

/// The next rows.
pub(super) async fn export(conn: &Conn, table: Table, after: Option<&Cursor>) -> Res<Page> {
    let place = Place::of(after);
    let source = Source::of(table, place.part);
    let types = shape::types(table);
    let sql = source.sql(!place.key.is_empty());
    let cells: Vec<Cell<'_>> = place.key.iter().map(Cell).collect();
    let kinds = source.key.iter().map(|column| types[table.column(column).unwrap_or_default()].clone());
    let mut params: Vec<Param<'_>> = vec![(&place.rows, Type::INT8)];
    params.extend(cells.iter().zip(kinds).map(|(cell, kind)| (cell as _, kind)));
    let found = conn.query(&sql, &params).await?;
    let mut rows = Vec::with_capacity(found.len());
    for row in &found {
        rows.push((0..row.len()).map(|index| value(row, index)).collect::<Res<Row>>()?);
    }
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= place.rows;
    let next = match rows.last() {
        Some(last) if full => {
            let key = source.key.iter().map(|column| last[table.column(column).unwrap_or_default()].clone());
            Some([place.part.into(), fitting(&rows).into()].into_iter().chain(key).collect())
        }
        _ if table == Table::Delivery && place.part == ENDED => Some(vec![WAITING.into(), FIRST.into()]),
        _ => None,
    };
    Ok(Page { rows, next })
}

/// How many rows like these make a page.
fn fitting(rows: &[Row]) -> i64 {
    let bytes: usize = rows.iter().flatten().map(Value::size).sum();
    let one = (bytes / rows.len().max(1)).max(1);
    i64::try_from((PAGE_BYTES / one).clamp(8, PAGE_ROWS)).unwrap_or(FIRST)
}

/// What rows are read from.
struct Source {
    columns: String,
    table: &'static str,
    key: &'static [&'static str],
    only: &'static str,
}

impl Source {
    fn of(table: Table, part: i64) -> Self {
        let plain = Self {
            columns: shape::columns(table),
            table: table.name(),
            key: shape::key(table),
            only: "true",
        };
        match (table, part) {
            (Table::Fact, _) => Self { only: "name <> 'transfer'", ..plain },
            (Table::Delivery, ENDED) => Self {
                columns: "event, endpoint, tenant, class, state, attempts, log, NULL::bigint, NULL::bigint,
                          NULL::bigint, NULL::bigint, NULL::integer, NULL::smallint, NULL::boolean, NULL::boolean"
                    .to_owned(),
                ..plain
            },
            (Table::Delivery, _) => Self {
                columns: shape::columns(table).replace("\"state\"", "0::smallint"),
                table: "pending",
                ..plain
            },
            _ => plain,
        }
    }

    fn sql(&self, goes_on: bool) -> String {
        let key = shape::quoted(self.key);
        let places: Vec<String> = (2..self.key.len() + 2).map(|place| format!("${place}")).collect();
        let after = if goes_on { format!("({key}) > ({})", places.join(", ")) } else { "true".to_owned() };
        format!(
            "SELECT {} FROM postrider.{} WHERE {after} AND {} ORDER BY {key} LIMIT $1",
            self.columns, self.table, self.only
        )
    }
}
