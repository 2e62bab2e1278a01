use postrider_store::StoreError;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Batch, IdempotencyMark};

use super::idempotency::{Known, Seen};
use super::*;
use crate::pack::Marks;
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

fn key(n: u8) -> IdempotencyMark {
    IdempotencyMark { key: [n; 16], body: [n; 16] }
}

fn is_known(w: &Writer, n: u8) -> bool {
    let memory = w.memory.borrow();
    let known = idempotency::look_up(&w.conn, &memory.recent, 2, &key(n), Millis(1)).unwrap();
    matches!(known, Known::Same(seen) if seen.event == Ordinal(i64::from(n)))
}

/// Remembers the keys as an append does.
fn remember(w: &Writer, keys: std::ops::Range<u8>) -> Res<()> {
    for n in keys {
        let event = Ordinal(i64::from(n));
        let seen = Seen { body: key(n).body, event, count: 0, deliveries: 0 };
        let mut memory = w.memory.borrow_mut();
        memory.recent.add(2, &key(n), seen);
        memory.recent.spill(&w.conn, 2, &Marks { own: Some(key(n)), request: None })?;
    }
    Ok(())
}

#[test]
fn keys_that_find_no_room_in_memory_are_written_by_their_commit_and_known_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { recent_keys: 3, ..Options::new(dir.path(), IdSalt(1)) };
    let w = Writer::new(open::writer(&options).unwrap(), &options).unwrap();
    w.transaction(|| remember(&w, 0..10)).unwrap();
    assert_eq!(w.memory.borrow().recent.keys.len(), 3);
    assert!((0..10).all(|n| is_known(&w, n)));
    let failed: Result<(), _> = w.transaction(|| {
        remember(&w, 10..20)?;
        Err(Fault::Store(StoreError::Full("no room".to_owned())))
    });
    assert!(failed.is_err());
    assert!((10..20).all(|n| !is_known(&w, n)), "what was not committed is not known");
    assert!((0..10).all(|n| is_known(&w, n)));
}

#[test]
fn a_start_with_more_keys_than_find_room_merges_them_first() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { recent_keys: 3, ..Options::new(dir.path(), IdSalt(1)) };
    let conn = open::writer(&options).unwrap();
    for n in 0..10_u8 {
        let idem = Marks { own: Some(key(n)), request: None }.encode();
        conn.execute(
            "INSERT INTO event (id, world, tenant, kind, flags, retention_days, deliveries, timestamp, idem)
             VALUES (?1, 2, 1, 1, 0, 30, 0, 0, ?2)",
            params![n, idem],
        )
        .unwrap();
    }
    // The first lies at the mark, which a new store has at 0.
    let w = Writer::new(conn, &options).unwrap();
    assert!(w.memory.borrow().recent.keys.len() <= 3);
    assert!((1..10).all(|n| is_known(&w, n)));
}
