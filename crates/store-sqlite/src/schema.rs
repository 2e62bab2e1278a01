//! The schema and its migrations: embedded, forward only, each one transaction with the version it leads to, so that
//! one that was interrupted simply runs again.

use rusqlite::Connection;

/// "Post" in ASCII: tells our files from other databases.
const APPLICATION_ID: i64 = 0x506f_7374;

/// The migrations, in order; the version of a file is how many of them it has.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_steps.sql"),
    include_str!("../migrations/0003_project_revision.sql"),
    include_str!("../migrations/0004_run_levels.sql"),
    include_str!("../migrations/0005_match_sets.sql"),
    include_str!("../migrations/0006_sessions.sql"),
    include_str!("../migrations/0007_project_stats.sql"),
    include_str!("../migrations/0008_endpoint_lists.sql"),
];

/// The version that this program writes.
pub(crate) fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The version of a file; 0 for an empty one.
pub(crate) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether the file is empty or one of ours.
pub(crate) fn is_ours(conn: &Connection) -> rusqlite::Result<bool> {
    let id: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(id == APPLICATION_ID || (id == 0 && tables == 0))
}

/// Runs the migrations that the file does not have yet.
pub(crate) fn migrate(conn: &Connection) -> rusqlite::Result<()> {
    let from = version(conn)?;
    for (number, sql) in (1u32..).zip(MIGRATIONS).filter(|(number, _)| *number > from) {
        conn.execute_batch(&format!(
            "BEGIN IMMEDIATE;\n{sql}\nPRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
        ))?;
    }
    Ok(())
}
