//! What the server counted of each statement (pg_stat_statements).

use std::io::{Error, Result};

use super::Postgres;

/// A statement, as often as it was run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    /// How often.
    pub calls: f64,
    /// Time in the server, in milliseconds.
    pub time_ms: f64,
    /// Pages it looked at, found in the server's memory or not.
    pub pages: f64,
    /// Write-ahead log that it wrote.
    pub wal_bytes: f64,
    /// Its text, on one line.
    pub text: String,
}

/// What a kind of statement took, one call with the other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Poll {
    /// How often.
    pub calls: f64,
    /// Pages in all.
    pub pages: f64,
    /// Time in all, in milliseconds.
    pub time_ms: f64,
}

impl Postgres {
    /// Every statement since the count began, the one that took most time first.
    pub(crate) fn counted(&self) -> Result<Vec<Counted>> {
        let rows = self.ask(
            "SELECT concat_ws(' ', calls, total_exec_time, shared_blks_hit + shared_blks_read, wal_bytes, query)
             FROM pg_stat_statements ORDER BY total_exec_time DESC",
        )?;
        rows.iter().map(|row| Counted::read(row)).collect()
    }
}

impl Counted {
    fn read(row: &str) -> Result<Self> {
        let bad = || Error::other(format!("PostgreSQL counted {row:?}"));
        let mut words = row.splitn(5, ' ');
        let mut number = || words.next().and_then(|word| word.parse::<f64>().ok()).ok_or_else(bad);
        let (calls, time_ms, pages, wal_bytes) = (number()?, number()?, number()?, number()?);
        let text = words.next().ok_or_else(bad)?.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { calls, time_ms, pages, wal_bytes, text })
    }
}

impl Poll {
    /// Of all statements that hold these words.
    pub(crate) fn of(counted: &[Counted], words: &str) -> Self {
        let those = counted.iter().filter(|counted| counted.text.contains(words));
        those.fold(Self::default(), |sum, one| Self {
            calls: sum.calls + one.calls,
            pages: sum.pages + one.pages,
            time_ms: sum.time_ms + one.time_ms,
        })
    }

    /// Since an earlier count.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            calls: self.calls - before.calls,
            pages: self.pages - before.pages,
            time_ms: self.time_ms - before.time_ms,
        }
    }

    /// Pages of one call; nothing where there was none.
    pub(crate) fn pages_each(self) -> Option<f64> {
        (self.calls > 0.0).then(|| self.pages / self.calls)
    }

    /// Milliseconds of one call.
    pub(crate) fn ms_each(self) -> Option<f64> {
        (self.calls > 0.0).then(|| self.time_ms / self.calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_read_with_its_text_on_one_line() {
        let read = Counted::read("4 1.5 80 0 SELECT 1\n  FROM news").unwrap();
        let expected = Counted {
            calls: 4.0,
            time_ms: 1.5,
            pages: 80.0,
            wal_bytes: 0.0,
            text: "SELECT 1 FROM news".into(),
        };
        assert_eq!(read, expected);
        assert!(Counted::read("4 1.5 SELECT").is_err());
    }

    #[test]
    fn calls_of_one_kind_are_summed_and_told_by_call() {
        let counted = |calls, pages, text: &str| Counted {
            calls,
            pages,
            time_ms: 2.0,
            wal_bytes: 0.0,
            text: text.into(),
        };
        let all = [counted(2.0, 10.0, "a news"), counted(3.0, 40.0, "news b"), counted(9.0, 9.0, "other")];
        let first = Poll::of(&all[..1], "news");
        let sum = Poll::of(&all, "news");
        assert_eq!((sum.pages_each(), sum.ms_each()), (Some(10.0), Some(0.8)));
        assert_eq!(sum.since(first).pages_each(), Some(40.0 / 3.0));
        assert_eq!(first.since(first).pages_each(), None);
    }
}
