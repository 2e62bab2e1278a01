//! How the tables of the exchange look here.

use postrider_store::transfer::Table;
use tokio_postgres::types::Type;

/// The types of a table's columns.
pub(super) fn types(table: Table) -> Vec<Type> {
    const L: Type = Type::INT8;
    const I: Type = Type::INT4;
    const S: Type = Type::INT2;
    const T: Type = Type::TEXT;
    const B: Type = Type::BYTEA;
    const U: Type = Type::UUID;
    const Z: Type = Type::BOOL;
    match table {
        Table::Fact => vec![T, B],
        Table::Project => vec![L, T, T, T, T, L, L, L, L, L],
        Table::Tenant => vec![L, L, T, L, L, L],
        Table::TypeName => vec![L, L, T],
        Table::EventType => vec![L, T, T, T, L, L, L],
        Table::ApiKey => vec![L, U, L, T, S, L, T, T, B, L, L],
        Table::Endpoint => vec![L, U, L, S, L, T, B, Z, L, S, I, L, L, L, S, L, L, L, L],
        Table::Replay => vec![L, U, L, S, L, L, T, I, L, S, L, L, L, L, L],
        Table::Audit => vec![L, L, T, T, T, T, T, L],
        Table::Stat => vec![L; 7],
        Table::ProjectStat => vec![L, L, S, B],
        Table::Retention => vec![S, L],
        Table::Erasure => vec![S, L],
        Table::Late => vec![L, S, L],
        Table::Idempotency => vec![L, B, B, L, Z, Type::INT8_ARRAY, Type::INT4_ARRAY],
        Table::Event => vec![L, L, L, L, L, L, I, S, S, B, T, B, B, B],
        Table::Delivery => vec![L, L, L, S, S, I, B, L, L, L, L, I, S, Z, Z],
        Table::Fanout => vec![L, S, L, I, I, Z, B],
    }
}

/// The columns that a table is read by: a unique index begins with them.
pub(super) fn key(table: Table) -> &'static [&'static str] {
    match table {
        Table::Fact => &["name"],
        Table::Stat => &["endpoint", "minute"],
        Table::ProjectStat => &["world", "minute", "node"],
        Table::Retention => &["class"],
        Table::Erasure => &["kind", "key"],
        Table::Late | Table::Fanout => &["event"],
        Table::Idempotency => &["world", "hash"],
        Table::Event => &["id"],
        // As both of its tables have it.
        Table::Delivery => &["endpoint", "event"],
        _ => &["key"],
    }
}

/// A table's columns for a statement; each in quotes, as one has a name that means something.
pub(super) fn columns(table: Table) -> String {
    quoted(table.columns())
}

/// Names in quotes.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_type_and_every_key_is_made_of_columns() {
        for table in Table::ALL {
            assert_eq!(types(table).len(), table.columns().len(), "{}", table.name());
            assert!(key(table).iter().all(|column| table.column(column).is_some()), "{}", table.name());
        }
    }
}
