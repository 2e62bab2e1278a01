//! The page of small fixed results, and of odd ones. A snapshot that should change is accepted with
//! `INSTA_UPDATE=always cargo test -p postrider-bench page`, after a look at what is drawn.

use super::{files, write};
use crate::result::{Better, Curve, Figure, Goal, Kept, sample};

fn one() -> Kept {
    let rate = |of: &str, samples: &[f64]| Figure::new("rate", of, "1/s", Better::More, samples.to_vec());
    let cpu = |of: &str, samples: &[f64]| Figure::new("cpu", of, "µs", Better::Less, samples.to_vec());
    let held = |name: &str, median, goal| {
        Figure::new(name, "postrider, at 1000/s", "ms", Better::Less, vec![median])
            .with_goal(Goal::AtMost(goal))
    };
    let curve = |of: &str, times: f64| Curve {
        of: of.into(),
        per_second: Some(1_000.0),
        counts: [(0.1, 0.02), (0.2, 0.5), (0.4, 0.9), (1.5, 0.99), (3.0, 0.999), (9.0, 1.0)]
            .map(|(bound, share)| (bound * times, share))
            .to_vec(),
    };
    Kept {
        figures: vec![
            rate("null sender", &[30_000.0, 32_000.0, 31_000.0]),
            rate("postrider", &[25_000.0, 26_000.0, 28_000.0]),
            Figure::new("rate", "ratio", "", Better::More, vec![0.83, 0.81, 0.9])
                .with_goal(Goal::AtLeast(0.6)),
            cpu("null sender", &[30.0, 31.0, 30.5]),
            cpu("postrider", &[44.0, 46.0, 45.0]),
            held("p50", 0.4, 1.5),
            held("p99", 7.5, 5.0),
        ],
        latencies: vec![curve("null sender, at 1000/s", 1.0), curve("postrider, at 1000/s", 5.0)],
        ..sample()
    }
}

fn neighbours() -> Kept {
    let p99 = |of: &str, samples: &[f64]| Figure::new("p99", of, "ms", Better::Less, samples.to_vec());
    Kept {
        scenario: "neighbours".into(),
        title: "p99 of healthy endpoints | alone and beside bad ones".into(),
        figures: vec![
            p99("beside 5 hanging", &[0.8, 0.85, 0.9]),
            p99("alone", &[0.7, 0.71, 0.8]),
            Figure::new(
                "requests in 100 ms, step by step",
                "all from their first",
                "",
                Better::Less,
                vec![9.0, 40.0, 70.0],
            ),
        ],
        latencies: Vec::new(),
        ..sample()
    }
}

/// The files of these results; the style is the same in all of them.
fn drawn(results: &[Kept]) -> Vec<(String, String)> {
    let style = include_str!("plot/style.css");
    files(results).into_iter().map(|(name, text)| (name, text.replace(style, ""))).collect()
}

#[test]
fn a_small_result_is_drawn_as_it_was_looked_at() {
    let files = drawn(&[one(), neighbours()]);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let plots = [
        "goals.svg",
        "ratios.svg",
        "rates.svg",
        "cpu.svg",
        "one-latency.svg",
        "neighbours-p99.svg",
        "neighbours-requests-in-100-ms.svg",
    ];
    assert_eq!(names, [&plots[..], &["results.md"]].concat());
    for (name, text) in files {
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_plot_is_shown_on_the_page_with_words_for_those_who_do_not_see_it() {
    let mut files = files(&[one(), neighbours()]);
    let (_, page) = files.pop().unwrap();
    for (name, _) in files {
        let image = page.lines().find(|line| line.ends_with(&format!("]({name})")));
        assert!(image.is_some_and(|line| line.starts_with("![") && line.len() > 60), "{name}: {image:?}");
    }
}

/// Samples that nobody hopes for: nothing, very much, a goal of nothing, a name that is too long.
fn odd() -> Vec<Kept> {
    let figure = |name: &str, of: &str, unit: &str, samples: &[f64]| {
        Figure::new(name, of, unit, Better::Less, samples.to_vec())
    };
    let long = "postrider, beside a very long description of what else went on at that time on the machine";
    let figures = vec![
        figure("rate", "postrider", "1/s", &[0.0]),
        figure("rate", long, "1/s", &[1e12, 3.0]).with_goal(Goal::AtLeast(0.0)),
        figure("rate", "ratio", "", &[1e9]).with_goal(Goal::AtLeast(0.6)),
        figure("cpu", "postrider", "µs", &[0.0, 0.0]),
        figure("p99", "alone", "ms", &[0.0]).with_goal(Goal::AtMost(1.0)),
        figure("p99", "beside 1", "ms", &[1e7]).with_goal(Goal::AtMost(0.0)),
        figure("requests in 0 ms, step by step", "postrider", "", &[1.0]),
        figure("requests in 5 s, step by step", "postrider", "", &[0.0, 0.0]),
        figure("requests in 7 s, step by step", "postrider", "", &[]),
        figure("p99", "nothing", "ms", &[]).with_goal(Goal::AtMost(1.0)),
    ];
    let curve =
        |of: &str, counts: &[(f64, f64)]| Curve { of: of.into(), per_second: None, counts: counts.to_vec() };
    let latencies = vec![
        curve("empty", &[]),
        curve("one", &[(5.0, 1.0)]),
        curve("wide", &[(0.0, 0.1), (0.001, 0.5), (1e8, 0.999_999), (2e8, 1.0)]),
        curve("alone", &[(1.0, 0.5), (1.0, 1.0)]),
    ];
    let only_one = Kept { scenario: "dull".into(), latencies: vec![curve("one", &[(5.0, 1.0)])], ..sample() };
    vec![Kept { figures, latencies, ..sample() }, Kept { figures: Vec::new(), ..only_one }]
}

/// The figures behind an attribute's name.
fn places(svg: &str, attribute: &str) -> Vec<f64> {
    let start = format!(" {attribute}=\"");
    svg.split(&start).skip(1).map(|part| part.split('"').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn whatever_was_measured_is_drawn_within_the_picture() {
    for results in [odd(), vec![one(), neighbours()]] {
        for (name, text) in files(&results).iter().filter(|(name, _)| name.ends_with(".svg")) {
            let (width, height) = (places(text, "width")[0], places(text, "height")[0]);
            for (attributes, most) in [(["x", "x1", "x2", "cx"], width), (["y", "y1", "y2", "cy"], height)] {
                for place in attributes.iter().flat_map(|attribute| places(text, attribute)) {
                    assert!((0.0..=most).contains(&place), "{name}: {place} of {most}");
                }
            }
            for point in
                text.split("points=\"").skip(1).flat_map(|part| part.split('"').next().unwrap().split(' '))
            {
                let Some((x, y)) = point.split_once(',') else { continue };
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                assert!((0.0..=width).contains(&x) && (0.0..=height).contains(&y), "{name}: {point}");
            }
        }
    }
}

#[test]
fn a_plot_that_the_page_shows_no_more_goes_and_what_it_never_showed_stays() {
    let folder = tempfile::tempdir().unwrap();
    let is_there = |name: &str| folder.path().join(name).exists();
    std::fs::write(folder.path().join("drawing.svg"), "somebody's").unwrap();
    write(folder.path(), &files(&[one(), neighbours()])).unwrap();
    assert!(is_there("neighbours-p99.svg"));
    std::fs::remove_file(folder.path().join("cpu.svg")).unwrap();
    write(folder.path(), &files(&[Kept { figures: Vec::new(), ..one() }])).unwrap();
    assert!(!is_there("neighbours-p99.svg") && !is_there("rates.svg"));
    assert!(is_there("one-latency.svg") && is_there("results.md") && is_there("drawing.svg"));
}

#[test]
fn a_trial_and_another_machine_are_said() {
    let mut far = Kept { scenario: "far".into(), options: serde_json::json!({"trial": true}), ..sample() };
    far.machine.cores = 64;
    let page = |results: &[Kept]| files(results).pop().unwrap().1;
    let text = page(&[sample(), far]);
    assert!(text.contains("A trial with small numbers"), "{text}");
    assert!(!text.contains("\nMachine: ") && text.contains("; 64 cores (a)"), "{text}");
    assert!(page(&[sample()]).contains("\nMachine: 2 cores (a)"));
}
