//! Rows of minutes and nodes, added up to steps.

use postrider_model::time::Millis;

use super::ProjectSum;

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// Adds rows up that come in the order of their minutes.
#[derive(Debug)]
pub struct Steps {
    first: i64,
    end: i64,
    step_minutes: i64,
    /// What the nodes counted in the minute that is being added up.
    minute: Option<ProjectSum>,
    steps: Vec<ProjectSum>,
}

impl Steps {
    /// Of the minutes in `[since, until)`: the one that `since` lies in counts whole, and so does the last one that
    /// began before `until`.
    pub fn new(since: Millis, until: Millis, step_minutes: u32) -> Self {
        Self {
            first: since.0.div_euclid(MINUTE_MS),
            end: until.0.div_euclid(MINUTE_MS) + i64::from(until.0.rem_euclid(MINUTE_MS) > 0),
            step_minutes: i64::from(step_minutes.max(1)),
            minute: None,
            steps: Vec::new(),
        }
    }

    /// The first minute, and the one after the last.
    pub fn minutes(&self) -> (i64, i64) {
        (self.first, self.end)
    }

    /// Adds a row.
    pub fn push(&mut self, row: ProjectSum) {
        match &mut self.minute {
            Some(minute) if minute.minute == row.minute => minute.add_beside(&row),
            _ => {
                self.turn();
                self.minute = Some(row);
            }
        }
    }

    /// The minute is whole.
    fn turn(&mut self) {
        let Some(mut minute) = self.minute.take() else { return };
        let begins = (minute.minute - self.first) / self.step_minutes * self.step_minutes + self.first;
        match self.steps.last_mut() {
            Some(step) if step.minute == begins => step.add_later(&minute),
            _ => {
                minute.minute = begins;
                self.steps.push(minute);
            }
        }
    }

    /// The steps in which something was counted, oldest first; each bears its own first minute.
    pub fn finish(mut self) -> Vec<ProjectSum> {
        self.turn();
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::super::SeenBacklog;
    use super::*;

    fn row(minute: i64, accepted: u64, backlog: Option<SeenBacklog>) -> ProjectSum {
        ProjectSum { minute, accepted, backlog, ..ProjectSum::default() }
    }

    #[test]
    fn nodes_are_added_up_within_a_minute_and_minutes_follow_each_other() {
        let mut steps = Steps::new(Millis(10 * MINUTE_MS + 1), Millis(20 * MINUTE_MS + 1), 5);
        assert_eq!(steps.minutes(), (10, 21));
        steps.push(row(11, 1, Some(SeenBacklog::seen(4, 1, 900))));
        steps.push(row(11, 2, Some(SeenBacklog::seen(3, 0, 700))));
        steps.push(row(12, 4, Some(SeenBacklog::seen(2, 0, 100))));
        steps.push(row(13, 8, None));
        steps.push(row(20, 16, None));
        let backlog = SeenBacklog {
            waiting: 2,
            waiting_max: 7,
            overflowing: 0,
            oldest_wait_ms: 100,
            oldest_wait_max_ms: 900,
        };
        assert_eq!(steps.finish(), [row(10, 15, Some(backlog)), row(20, 16, None)]);
    }
}
