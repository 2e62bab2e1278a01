//! A few hundred seeds of the simulation, and the proof that a seed replays exactly.

use postrider_sim::run;

/// Runs seeds and fails with the first that breaks an invariant.
fn seeds(range: std::ops::Range<u64>) {
    let mut events = 0;
    for seed in range {
        let report = run(seed, false).expect("there is room for the store's files");
        let again = format!("again: cargo run -p postrider-sim -- --seed {seed} --trace");
        assert_eq!(report.violation, None, "seed {seed}; {again}");
        events += report.events;
    }
    assert!(events > 0, "nothing was accepted");
}

#[test]
fn a_seed_replays_exactly() {
    for seed in [3, 14, 27] {
        let first = run(seed, false).unwrap();
        assert_eq!(first, run(seed, false).unwrap());
        assert_ne!(first.trace_hash, run(seed + 1, false).unwrap().trace_hash);
    }
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
