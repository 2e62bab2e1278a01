//! Which figures two results have in common.

use super::change::Change;
use crate::result::{Figure, Kept};

/// What was found of one scenario in both.
#[derive(Debug)]
pub(super) struct Pair<'a> {
    pub old: &'a Kept,
    pub new: &'a Kept,
    pub changes: Vec<Change<'a>>,
}

/// Scenarios that both have, and what only one of them has or what cannot be held against the other, in words.
pub(super) fn of<'a>(old: &'a [Kept], new: &'a [Kept]) -> (Vec<Pair<'a>>, Vec<String>) {
    let (mut pairs, mut notes) = (Vec::new(), Vec::new());
    for before in old {
        match new.iter().find(|kept| kept.scenario == before.scenario) {
            Some(after) => pairs.push(pair(before, after, &mut notes)),
            None => notes.push(format!("{}: only in OLD", before.scenario)),
        }
    }
    let unknown = new.iter().filter(|kept| old.iter().all(|before| before.scenario != kept.scenario));
    notes.extend(unknown.map(|kept| format!("{}: only in NEW", kept.scenario)));
    (pairs, notes)
}

fn pair<'a>(old: &'a Kept, new: &'a Kept, notes: &mut Vec<String>) -> Pair<'a> {
    let mut changes = Vec::new();
    let mut note = |figure: &Figure, text: &str| {
        notes.push(format!("{}: {}, {}: {text}", old.scenario, figure.name, figure.of));
    };
    for before in &old.figures {
        match new.figures.iter().find(|after| same(before, after)) {
            None => note(before, "only in OLD"),
            Some(after) if after.unit != before.unit || after.better != before.better => {
                note(before, "not compared: it is told in another way");
            }
            Some(after) => changes.push(Change { old: before, new: after }),
        }
    }
    for after in new.figures.iter().filter(|after| old.figures.iter().all(|before| !same(before, after))) {
        note(after, "only in NEW");
    }
    conditions(old, new, notes);
    Pair { old, new, changes }
}

fn same(one: &Figure, other: &Figure) -> bool {
    one.name == other.name && one.of == other.of
}

/// What else was different: then a change need not be Postrider's.
fn conditions(old: &Kept, new: &Kept, notes: &mut Vec<String>) {
    let (before, after) = (&old.machine, &new.machine);
    let cores = |cores: usize| if cores == 1 { "1 core".to_owned() } else { format!("{cores} cores") };
    let pairs = [
        ("machine", cores(before.cores), cores(after.cores)),
        ("machine", before.cpu_model.clone(), after.cpu_model.clone()),
        ("kernel", before.kernel.clone(), after.kernel.clone()),
        ("memory", format!("{} bytes", before.memory_bytes), format!("{} bytes", after.memory_bytes)),
    ];
    let differing = pairs.into_iter().filter(|(_, before, after)| before != after);
    notes
        .extend(differing.map(|(what, before, after)| {
            format!("{}: another {what}: {before}, then {after}", old.scenario)
        }));
    let none = serde_json::Map::new();
    let [before, after] = [old, new].map(|kept| kept.options.as_object().unwrap_or(&none));
    let mut names: Vec<&String> =
        before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).collect();
    // Which others were run with it says nothing of a scenario.
    names.retain(|name| *name != "scenarios" && before.get(*name) != after.get(*name));
    let told =
        |value: Option<&serde_json::Value>| value.map_or_else(|| "not given".to_owned(), ToString::to_string);
    notes.extend(names.into_iter().map(|name| {
        let (before, after) = (told(before.get(name)), told(after.get(name)));
        format!("{}: another {name}: {before}, then {after}", old.scenario)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{Better, Machine, sample};

    #[test]
    fn figures_and_scenarios_of_one_side_are_named() {
        let mut old = sample();
        old.figures.push(Figure::new("cpu", "postrider", "µs", Better::Less, vec![1.0]));
        let mut new = sample();
        new.figures.push(Figure::new("memory", "postrider", "MiB", Better::Less, vec![1.0]));
        let idle = || Kept { scenario: "idle".into(), ..sample() };
        let steady = || Kept { scenario: "steady".into(), ..sample() };
        let (old, new) = (vec![old, idle()], vec![new, steady()]);
        let (pairs, notes) = of(&old, &new);
        assert_eq!((pairs.len(), pairs[0].changes.len()), (1, 1));
        let expected = [
            "one: cpu, postrider: only in OLD",
            "one: memory, postrider: only in NEW",
            "idle: only in OLD",
            "steady: only in NEW",
        ];
        assert_eq!(notes, expected);
    }

    #[test]
    fn a_figure_in_another_unit_is_not_compared() {
        let (old, mut new) = (sample(), sample());
        new.figures[0].unit = "%".into();
        let (old, new) = (vec![old], vec![new]);
        let (pairs, notes) = of(&old, &new);
        assert!(pairs[0].changes.is_empty());
        assert_eq!(notes, ["one: rate, ratio: not compared: it is told in another way"]);
    }

    #[test]
    fn another_machine_and_other_options_are_said() {
        let old = Kept { options: serde_json::json!({"pairs": 3, "scenarios": ["one"]}), ..sample() };
        let machine = Machine { cores: 4, load_at_start: 9.0, ..sample().machine };
        let options = serde_json::json!({"pairs": 7, "mix": "zipf", "scenarios": []});
        let new = Kept { machine, options, ..sample() };
        let (old, new) = (vec![old], vec![new]);
        let expected = [
            "one: another machine: 2 cores, then 4 cores",
            "one: another pairs: 3, then 7",
            "one: another mix: not given, then \"zipf\"",
        ];
        assert_eq!(of(&old, &new).1, expected);
    }
}
