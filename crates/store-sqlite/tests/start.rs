//! What a start does with files that are not as they should be.

use std::path::Path;

use postrider_model::id::{EndpointKey, IdSalt, Ordinal, TenantKey};
use postrider_store::{Backlog as _, Catalogue as _, FanoutQuery, WaitingFanout};
use postrider_store_sqlite::{OpenError, Options, SqliteStore};

fn open(dir: &Path) -> Result<std::sync::Arc<SqliteStore>, OpenError> {
    SqliteStore::open(Options::new(dir, IdSalt(7)))
}

fn message(dir: &Path) -> String {
    open(dir).map(|_| ()).expect_err("it must not open").to_string()
}

#[test]
fn a_data_directory_in_use_is_refused_and_free_again_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::InUse(_))));
    assert!(message(dir.path()).contains("in use by another process"));
    drop(store);
    assert!(open(dir.path()).is_ok());
}

#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap();
    for name in ["postrider.db", "postrider.db-wal", "postrider.db-shm", "postrider.lock"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    drop(store);
}

#[test]
fn the_salt_of_an_installation_never_changes() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let again = SqliteStore::open(Options::new(dir.path(), IdSalt(8))).unwrap();
    assert_eq!(again.salt(), IdSalt(7));
}

#[test]
fn a_newer_file_is_refused_naming_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    drop(raw);
    let refused = open(dir.path());
    assert!(matches!(refused, Err(OpenError::Newer { found: 999, .. })));
    assert!(message(dir.path()).contains("schema version 999"));
}

#[test]
fn a_database_of_something_else_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    raw.execute_batch("CREATE TABLE theirs (a)").unwrap();
    drop(raw);
    assert!(matches!(open(dir.path()), Err(OpenError::Foreign(_))));
}

#[test]
fn a_file_that_is_no_database_is_called_damaged() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("postrider.db"), vec![7; 100_000]).unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Corrupt { .. })));
    assert!(message(dir.path()).contains("restore the latest backup"));
}

#[test]
fn a_file_with_a_broken_page_is_called_damaged() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let path = dir.path().join("postrider.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let pages = bytes.len() / 4096;
    for page in 5..pages {
        bytes[page * 4096..page * 4096 + 64].fill(0xff);
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Corrupt { .. })));
}

#[tokio::test]
async fn a_file_of_an_older_version_is_brought_up_to_date_with_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    for sql in [include_str!("../migrations/0001_initial.sql"), include_str!("../migrations/0002_steps.sql")]
    {
        raw.execute_batch(sql).unwrap();
    }
    raw.execute_batch(
        "INSERT INTO project (id, name, contract, settings, created_at, updated_at)
         VALUES ('acme', 'Acme', 'standard', '{}', 5, 6);
         INSERT INTO tenant (project, id, routing, created_at) VALUES (1, 't1', 1, 5);
         INSERT INTO event (id, world, tenant, kind, flags, retention_days, deliveries, timestamp, data)
         VALUES (77, 2, 1, 1, 0, 30, 3, 5, x'31');
         INSERT INTO fanout (event, endpoints, done)
         VALUES (77, x'010000000000000005000000000000000200000000000000', 1);
         PRAGMA application_id = 0x506f7374; PRAGMA user_version = 2;",
    )
    .unwrap();
    drop(raw);
    let store = open(dir.path()).unwrap();
    let project = store.project("acme").await.unwrap().unwrap();
    assert_eq!((project.name.as_str(), project.updated_at.0, project.revision), ("Acme", 6, 1));
    let unfinished = store.unfinished_fanouts(Ordinal::default(), 9).await.unwrap();
    let (event, tenant) = (Ordinal(77), TenantKey(1));
    assert_eq!(unfinished, [WaitingFanout { event, tenant, ordered: true, total: 3, done: 1 }]);
    let query = FanoutQuery { tenant, events: vec![(event, 1)], known: None, limit: 9 };
    let page = store.fanout_parts(query).await.unwrap();
    assert_eq!(page.parts[0].endpoints, [(EndpointKey(5), None), (EndpointKey(2), None)]);
}

#[test]
fn a_first_start_that_was_cut_short_is_finished_by_the_next() {
    let dir = tempfile::tempdir().unwrap();
    // An empty file is what is left when the first migration's transaction did not commit.
    std::fs::write(dir.path().join("postrider.db"), b"").unwrap();
    drop(open(dir.path()).unwrap());
    assert!(open(dir.path()).is_ok());
}

#[test]
fn an_index_that_holds_something_else_is_found_by_the_check_of_the_whole_file_and_stops_no_start() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let options = Options::new(dir.path(), IdSalt(7));
    SqliteStore::check_whole(&options).unwrap();
    let raw = rusqlite::Connection::open(dir.path().join("postrider.db")).unwrap();
    // Written while the index was of another column: there are as many entries as rows, which is all a start counts.
    raw.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '(project,', '(at,') WHERE name = 'audit_project';
         PRAGMA writable_schema = RESET;
         INSERT INTO audit (actor, action, target, detail, at) VALUES ('x', 'x', 'x', '{}', 0);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, '(at,', '(project,') WHERE name = 'audit_project';",
    )
    .unwrap();
    drop(raw);
    drop(open(dir.path()).unwrap());
    let Err(OpenError::Corrupt { detail, .. }) = SqliteStore::check_whole(&options) else {
        unreachable!("a row is missing")
    };
    assert!(detail.contains("audit_project"), "{detail}");
}
