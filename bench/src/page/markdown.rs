//! The page: Markdown with the plots beside it.

use std::fmt::Write as _;

use super::picture::Picture;
use crate::number;
use crate::result::{Figure, Kept, Machine};

/// What is written above the plots.
const HEAD: &str = "# Results of the benchmarks

Drawn by `postrider-bench page` (`make bench-page`) from the results that `make bench` keeps; not edited by hand. What is
measured, and what came of it in words: [benchmarks.md](../benchmarks.md). How to read the figures:
[bench/README.md](../../bench/README.md). A figure is the median of its samples; the range of all of them stands in
brackets, and as a thin line in the plots.
";

/// A result with its plots.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub kept: &'a Kept,
    pub pictures: Vec<Picture>,
}

/// The whole page.
pub(super) fn page(goals: Option<&Picture>, beside: &[Picture], sections: &[Section<'_>]) -> String {
    let mut text = HEAD.to_owned();
    let machines: Vec<&Machine> = sections.iter().map(|section| &section.kept.machine).collect();
    let one_machine = machines.windows(2).all(|pair| same(pair[0], pair[1]));
    if let (true, Some(first)) = (one_machine, machines.first()) {
        push(&mut text, &format!("\nMachine: {}.\n", machine(first)));
    }
    if let Some(goals) = goals {
        push(&mut text, "\n## Goals\n\n");
        push(&mut text, &goal_table(sections));
        push(&mut text, &image(goals));
    }
    if !beside.is_empty() {
        push(&mut text, "\n## Beside the null sender\n");
        beside.iter().for_each(|picture| push(&mut text, &image(picture)));
    }
    for section in sections {
        push(&mut text, &of_one(section, !one_machine));
    }
    text
}

fn push(text: &mut String, more: &str) {
    text.push_str(more);
}

fn image(picture: &Picture) -> String {
    let alt = picture.alt.replace(['[', ']', '\n'], " ");
    format!("\n![{alt}]({})\n", picture.file)
}

/// The plots that a page shows, if they lie beside it.
pub(super) fn plots(page: &str) -> impl Iterator<Item = &str> {
    let images = page.lines().filter(|line| line.starts_with("!["));
    let names = images.filter_map(|line| line.rsplit_once("](")?.1.strip_suffix(')'));
    names.filter(|name| name.ends_with(".svg") && !name.contains(['/', '\\']))
}

/// Every figure that has a goal.
fn goal_table(sections: &[Section<'_>]) -> String {
    let held = || {
        sections.iter().flat_map(|section| {
            let figures = section.kept.figures.iter().filter(|figure| figure.goal.is_some());
            figures.map(move |figure| (section.kept, figure))
        })
    };
    let met = held().filter(|(_, figure)| figure.is_met()).count();
    let mut text = format!("{met} of {} goals are met.\n\n", held().count());
    text += "| scenario | figure | of | goal | measured | |\n| --- | --- | --- | --- | --- | --- |\n";
    for (kept, figure) in held() {
        let link = format!("[{0}](#{0})", cell(&kept.scenario));
        let (goal, met) = verdict(figure);
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "| {link} | {} | {} | {goal} | {} | {met} |",
            cell(&figure.name),
            cell(&figure.of),
            figure.show()
        );
    }
    text
}

/// A result's plots, its figures, and how it was taken.
fn of_one(section: &Section<'_>, with_machine: bool) -> String {
    let kept = section.kept;
    let mut text = format!("\n## {}\n\n{}\n", cell(&kept.scenario), sentence(&kept.title));
    if kept.options.get("trial").is_some_and(|trial| *trial == true) {
        text += "\n**A trial with small numbers: its figures say little.**\n";
    }
    section.pictures.iter().for_each(|picture| text.push_str(&image(picture)));
    text += "\n| figure | of | median (range) | samples | goal | |\n| --- | --- | --- | --- | --- | --- |\n";
    for figure in &kept.figures {
        let (goal, met) = verdict(figure);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {goal} | {met} |",
            cell(&figure.name),
            cell(&figure.of),
            figure.show(),
            figure.samples.len()
        );
    }
    let _ = write!(
        text,
        "\nTaken {} with {} by `{}`; load of the machine at the start {}",
        moment(&kept.taken_at),
        cell(&kept.version),
        cell(&kept.command).replace('`', "'"),
        number::show(kept.machine.load_at_start)
    );
    text += &if with_machine { format!("; {}.\n", machine(&kept.machine)) } else { ".\n".to_owned() };
    text
}

/// The goal, and whether it is met; the first in words, the second for the eye.
fn verdict(figure: &Figure) -> (String, &'static str) {
    match figure.goal {
        None => (String::new(), ""),
        Some(goal) => {
            (figure.with_unit(&goal.to_string()), if figure.is_met() { "✓ met" } else { "**✗ not met**" })
        }
    }
}

/// A time to the minute.
fn moment(rfc3339: &str) -> String {
    match rfc3339.get(..16).and_then(|minute| minute.split_once('T')) {
        Some((day, time)) if rfc3339.ends_with('Z') => format!("{} {} UTC", cell(day), cell(time)),
        _ => cell(rfc3339),
    }
}

fn machine(machine: &Machine) -> String {
    let gib = machine.memory_bytes as f64 / f64::from(1 << 30);
    let cores = if machine.cores == 1 { "1 core".to_owned() } else { format!("{} cores", machine.cores) };
    format!(
        "{cores} ({}), {} GiB of memory, Linux {}",
        cell(&machine.cpu_model),
        gib.round(),
        cell(&machine.kernel)
    )
}

/// The load is another each time.
fn same(one: &Machine, other: &Machine) -> bool {
    *one == Machine { load_at_start: one.load_at_start, ..other.clone() }
}

fn sentence(text: &str) -> String {
    let text = cell(text);
    let text = text.trim_end_matches('.');
    // A name such as p99 stays one.
    if text.chars().nth(1).is_none_or(char::is_numeric) {
        return format!("{text}.");
    }
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// What a result says, where a bar would end a cell and a line the table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}
