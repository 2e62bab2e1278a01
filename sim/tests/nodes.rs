//! Seeds of the simulation of several nodes.

use postrider_sim::run_nodes;

/// Runs seeds and fails with the first that breaks a rule.
fn seeds(range: std::ops::Range<u64>) {
    let (mut events, mut troubles) = (0, [0; 3]);
    for seed in range {
        let report = run_nodes(seed, false).expect("SQLite takes the disk");
        let again = format!("again: cargo run -p postrider-sim -- --nodes --seed {seed} --trace");
        assert_eq!(report.violation, None, "seed {seed}; {again}");
        events += report.events;
        for (sum, count) in troubles.iter_mut().zip(report.troubles) {
            *sum += count;
        }
    }
    assert!(events > 0, "nothing was accepted");
    assert!(troubles.iter().all(|count| *count > 0), "too good a world: {troubles:?}");
}

#[test]
fn a_seed_of_several_nodes_replays_exactly() {
    for seed in [2, 9] {
        let first = run_nodes(seed, false).unwrap();
        assert_eq!(first, run_nodes(seed, false).unwrap());
        assert_ne!(first.trace_hash, run_nodes(seed + 1, false).unwrap().trace_hash);
    }
}

#[test]
fn rules_hold_for_several_nodes_in_the_first_half_of_the_seeds() {
    seeds(1..26);
}

#[test]
fn rules_hold_for_several_nodes_in_the_second_half_of_the_seeds() {
    seeds(26..51);
}
