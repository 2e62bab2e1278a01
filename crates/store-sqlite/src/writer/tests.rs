use postrider_store::StoreError;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::Batch;

use super::*;
use crate::{journal, open};

fn writer() -> (tempfile::TempDir, Writer) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options::new(dir.path(), IdSalt(1));
    let writer = Writer::new(open::writer(&options).unwrap(), &options).unwrap();
    (dir, writer)
}

fn fill(w: &Writer, name: &str, bytes: usize) -> Result<(), StoreError> {
    w.transaction(|| {
        w.conn.execute(
            "INSERT INTO fact (name, value) VALUES (?1, zeroblob(?2))",
            params![name, bytes as i64],
        )?;
        Ok(())
    })
}

fn facts(w: &Writer) -> i64 {
    w.conn.query_row("SELECT count(*) FROM fact", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_full_file_refuses_the_transaction_whole_and_goes_on_when_there_is_room() {
    let (_dir, w) = writer();
    let before = facts(&w);
    let pages: i64 = w.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    w.conn.pragma_update(None, "max_page_count", pages + 4).unwrap();
    assert!(matches!(fill(&w, "large", 1 << 20), Err(StoreError::Full(_))));
    assert_eq!(facts(&w), before);
    fill(&w, "small", 10).unwrap();
    w.conn.pragma_update(None, "max_page_count", 1 << 30).unwrap();
    fill(&w, "large", 1 << 20).unwrap();
    assert_eq!(facts(&w), before + 2);
}

#[test]
fn a_failed_piece_of_work_leaves_nothing_behind() {
    let (_dir, w) = writer();
    let before = facts(&w);
    let outcome: Result<(), _> = w.transaction(|| {
        w.conn.execute("INSERT INTO fact (name, value) VALUES ('a', x'00')", [])?;
        Err(Fault::Store(StoreError::Exists("a")))
    });
    assert!(matches!(outcome, Err(StoreError::Exists("a"))));
    assert_eq!(facts(&w), before);
}

#[test]
fn a_low_water_mark_that_was_rolled_back_is_written_by_the_retry() {
    let (_dir, w) = writer();
    let batch = |low_water| Batch { now: Millis(1), low_water: Ordinal(low_water), ..Batch::default() };
    let on_disk = || mark::get(&w.conn, mark::LOW_WATER).unwrap();
    w.transaction(|| journal::apply(&w, &batch(100))).unwrap();
    assert_eq!(on_disk(), 100);
    // A chunk of an older event pulls the mark back, and its commit fails.
    let pulled_back = batch(50);
    let failed: Result<(), _> = w.transaction(|| {
        journal::apply(&w, &pulled_back)?;
        Err(Fault::Store(StoreError::Full("no room".to_owned())))
    });
    assert!(failed.is_err());
    assert_eq!(on_disk(), 100);
    w.transaction(|| journal::apply(&w, &pulled_back)).unwrap();
    assert_eq!(on_disk(), 50);
}

#[test]
fn the_log_is_checkpointed_when_it_has_grown_even_while_a_reader_holds_it_open() {
    let (dir, w) = writer();
    let options = Options::new(dir.path(), IdSalt(1));
    fill(&w, "first", 10).unwrap();
    w.checkpoint();
    assert!(!w.wants_checkpoint());
    let reader = open::reader(&options).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM fact;").unwrap();
    fill(&w, "large", 8 << 20).unwrap();
    w.checkpoint_if_large();
    assert!(w.wants_checkpoint(), "the reader still needs the older pages");
    reader.execute_batch("COMMIT").unwrap();
    w.checkpoint_if_large();
    assert!(!w.wants_checkpoint());
}
