//! A few hundred seeds of the simulation, and the proof that a seed replays exactly.

use postrider_sim::{DiskCounts, run, run_on};

/// Runs seeds and fails with the first that breaks an invariant.
fn seeds(range: std::ops::Range<u64>) {
    let (mut events, mut disk) = (0, DiskCounts::default());
    for seed in range {
        let report = run(seed, false).expect("SQLite takes the disk");
        let again = format!("again: cargo run -p postrider-sim -- --seed {seed} --trace");
        assert_eq!(report.violation, None, "seed {seed}; {again}");
        events += report.events;
        disk += report.disk;
    }
    assert!(events > 0, "nothing was accepted");
    let happened = [disk.power_losses, disk.torn_writes, disk.stops, disk.failed_syncs, disk.full_writes];
    assert!(happened.iter().all(|count| *count > 0), "too good a disk: {disk}");
}

#[test]
fn a_seed_replays_exactly() {
    for seed in [3, 14, 27, 44] {
        let first = run(seed, false).unwrap();
        assert_eq!(first, run(seed, false).unwrap());
        assert_ne!(first.trace_hash, run(seed + 1, false).unwrap().trace_hash);
    }
}

#[test]
fn a_log_that_is_never_synced_loses_accepted_events() {
    let lost = (1..31).filter_map(|seed| run_on(seed, false, false).unwrap().violation);
    let lost = lost.filter(|violation| violation.starts_with("nothing accepted is lost")).count();
    assert!(lost > 0, "the invariants do not see what a power loss takes");
}

#[test]
fn invariants_hold_in_the_first_quarter_of_the_seeds() {
    seeds(1..51);
}

#[test]
fn invariants_hold_in_the_second_quarter_of_the_seeds() {
    seeds(51..101);
}

#[test]
fn invariants_hold_in_the_third_quarter_of_the_seeds() {
    seeds(101..151);
}

#[test]
fn invariants_hold_in_the_last_quarter_of_the_seeds() {
    seeds(151..201);
}
