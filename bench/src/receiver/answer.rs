//! What is answered to which path, and what is counted.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::Counts;
use super::ramp::Ramps;
use crate::latency::Latency;
use crate::{epoch, wire};

/// How a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// 200, counted, for the endpoint of that number if it has one.
    Ok(Option<usize>),
    /// 500.
    Fail,
    /// 503: the receiver is down.
    Down,
    /// Never.
    Hang,
    /// 200, a byte each second.
    Dribble,
}

/// What was received. One thread counts and tells.
#[derive(Debug)]
pub(super) struct Tally {
    pub counts: Counts,
    pub ramps: Ramps,
    latency: Latency,
    down: bool,
}

/// What every connection has.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub tally: Rc<RefCell<Tally>>,
    /// Before a 200.
    pub delay: Duration,
}

impl Door {
    /// Counts a request that is there as a whole, and says what is answered to it after which delay. [`Door::leave`]
    /// follows an answer that was given.
    pub(super) fn enter(&self, path: &[u8], body: &[u8]) -> (Answer, Duration) {
        let mut tally = self.tally.borrow_mut();
        let answer = if tally.down { Answer::Down } else { answer(path) };
        match answer {
            Answer::Ok(number) => {
                tally.count(number, wire::sent_at(body));
                (answer, self.delay)
            }
            _ => (answer, Duration::ZERO),
        }
    }

    pub(super) fn leave(&self, answer: Answer) {
        if let Answer::Ok(Some(number)) = answer {
            self.tally.borrow_mut().ramps.leave(number);
        }
    }
}

fn answer(path: &[u8]) -> Answer {
    let Some(path) = path.strip_prefix(b"/") else { return Answer::Ok(None) };
    match path {
        b"fail" => Answer::Fail,
        b"hang" => Answer::Hang,
        b"dribble" => Answer::Dribble,
        _ => {
            let number = path.strip_prefix(b"ok/").and_then(|digits| std::str::from_utf8(digits).ok());
            Answer::Ok(number.and_then(|digits| digits.parse().ok()))
        }
    }
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { counts: Counts::default(), ramps: Ramps::default(), latency: Latency::new(), down: false }
    }

    fn count(&mut self, number: Option<usize>, sent_at: Option<u64>) {
        let now = epoch::nanos();
        self.counts.received += 1;
        self.counts.last_ns = now;
        if let Some(number) = number {
            self.ramps.enter(number, now);
        }
        if let Some(sent_at) = sent_at {
            self.counts.timed += 1;
            self.latency.record(Duration::from_nanos(now.saturating_sub(sent_at)));
        }
    }

    /// Tells and forgets.
    pub(super) fn take_latencies(&mut self) -> Latency {
        std::mem::replace(&mut self.latency, Latency::new())
    }

    /// Goes down or comes up; ramps are told from the last coming up.
    pub(super) fn set_down(&mut self, down: bool) {
        self.down = down;
        self.ramps = Ramps::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door { tally: Rc::new(RefCell::new(Tally::new())), delay: Duration::from_millis(5) }
    }

    #[test]
    fn the_path_says_what_is_answered() {
        let door = door();
        let answered = |path: &[u8]| door.enter(path, b"{}").0;
        assert_eq!(answered(b"/ok"), Answer::Ok(None));
        assert_eq!(answered(b"/ok/17"), Answer::Ok(Some(17)));
        assert_eq!(answered(b"/fail"), Answer::Fail);
        assert_eq!(answered(b"/hang"), Answer::Hang);
        assert_eq!(answered(b"/dribble"), Answer::Dribble);
        assert_eq!(door.tally.borrow().counts.received, 2, "only what is answered 200 counts");
    }

    #[test]
    fn a_receiver_that_is_down_answers_503_at_once_and_counts_nothing() {
        let door = door();
        door.tally.borrow_mut().set_down(true);
        assert_eq!(door.enter(b"/ok/1", b"{}"), (Answer::Down, Duration::ZERO));
        door.tally.borrow_mut().set_down(false);
        assert_eq!(door.enter(b"/ok/1", b"{}"), (Answer::Ok(Some(1)), Duration::from_millis(5)));
        assert_eq!(door.tally.borrow().counts.received, 1);
    }

    #[test]
    fn the_latency_is_from_the_time_in_the_data() {
        let door = door();
        let sent = epoch::nanos().saturating_sub(50_000_000);
        door.enter(b"/ok", format!(r#"{{"data":{{"t":{sent}}}}}"#).as_bytes());
        door.enter(b"/ok", b"{}");
        let told = door.tally.borrow_mut().take_latencies();
        assert_eq!(told.count(), 1);
        assert!(told.quantile_ms(0.5) >= 50.0);
        assert_eq!(door.tally.borrow_mut().take_latencies().count(), 0, "they are told once");
    }
}
