//! Figures of now beside those recorded.

use crate::recorded::Figures;

/// A figure may move by so much, in percent of what is recorded, in either direction.
pub(crate) const TOLERANCE_PERCENT: f64 = 5.0;

/// A workload's figures.
#[derive(Debug, PartialEq)]
pub(crate) struct Row {
    name: String,
    recorded: Option<u64>,
    now: Option<u64>,
}

/// All workloads that are recorded or were counted, by name.
pub(crate) fn rows(recorded: &Figures, now: &Figures) -> Vec<Row> {
    let mut names: Vec<_> = recorded.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let row = |name: &String| Row {
        name: name.clone(),
        recorded: recorded.get(name).copied(),
        now: now.get(name).copied(),
    };
    names.into_iter().map(row).collect()
}

impl Row {
    /// How far the figure moved, in percent of what is recorded; `None` where one of the two is missing.
    fn change_percent(&self) -> Option<f64> {
        let (recorded, now) = (self.recorded? as f64, self.now? as f64);
        Some((now - recorded) / recorded * 100.0)
    }

    /// Whether the figure is where it was. One that fell is as wrong as one that rose: a later rise would hide in it.
    pub(crate) fn holds(&self) -> bool {
        self.change_percent().is_some_and(|percent| percent.abs() <= TOLERANCE_PERCENT)
    }

    fn cells(&self) -> [String; 5] {
        let figure = |figure: Option<u64>| figure.map_or_else(|| "–".to_owned(), grouped);
        let change = self.change_percent().map_or_else(String::new, |percent| format!("{percent:+.2}"));
        let verdict = match (self.recorded, self.now) {
            (None, _) => "not recorded",
            (_, None) => "not counted",
            _ if self.holds() => "",
            (Some(recorded), Some(now)) if now > recorded => "dearer",
            _ => "cheaper",
        };
        [self.name.clone(), figure(self.recorded), figure(self.now), change, verdict.to_owned()]
    }
}

/// The table that people read.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = ["workload", "recorded", "now", "change %", ""].map(str::to_owned);
    let lines: Vec<_> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 4] = std::array::from_fn(width);
    let mut text = String::new();
    for [name, recorded, now, change, verdict] in lines {
        let [first, second, third, fourth] = widths;
        let line =
            format!("{name:<first$}  {recorded:>second$}  {now:>third$}  {change:>fourth$}  {verdict}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(recorded: Option<u64>, now: Option<u64>) -> Row {
        Row { name: "accept".to_owned(), recorded, now }
    }

    #[test]
    fn a_figure_holds_within_five_percent_in_either_direction() {
        for (now, holds) in [(10_000, true), (10_500, true), (10_501, false), (9_500, true), (9_499, false)] {
            assert_eq!(row(Some(10_000), Some(now)).holds(), holds, "{now}");
        }
    }

    #[test]
    fn a_figure_without_its_record_and_a_record_without_its_figure_do_not_hold() {
        assert!(!row(None, Some(7)).holds());
        assert!(!row(Some(7), None).holds());
    }

    #[test]
    fn every_workload_recorded_or_counted_has_one_row_by_name() {
        let figures = |pairs: &[(&str, u64)]| -> Figures {
            pairs.iter().map(|(name, figure)| ((*name).to_owned(), *figure)).collect()
        };
        let rows = rows(&figures(&[("settle", 5), ("accept", 1)]), &figures(&[("settle", 6), ("types", 2)]));
        let found: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.recorded, row.now)).collect();
        assert_eq!(
            found,
            [("accept", Some(1), None), ("settle", Some(5), Some(6)), ("types", None, Some(2))]
        );
    }

    #[test]
    fn the_table_shows_what_moved_and_by_how_much() {
        let rows = [
            row(Some(10_000), Some(10_100)),
            row(Some(1_000_000), Some(2_000_000)),
            row(Some(1_000), Some(900)),
            row(None, Some(1)),
            row(Some(1), None),
        ];
        let expected = "\
workload   recorded        now  change %
accept       10,000     10,100     +1.00
accept    1,000,000  2,000,000   +100.00  dearer
accept        1,000        900    -10.00  cheaper
accept            –          1            not recorded
accept            1          –            not counted
";
        assert_eq!(table(&rows), expected);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
