//! The figures at the top.

use maud::{Markup, html};
use postrider_service::stats::CountedProject;
use postrider_store::{ProjectSum, SeenBacklog};

use crate::chart::{Unit, percent, thousands};
use crate::view::time::duration_ms;

/// The sums of a span, and what waits now.
#[derive(Debug)]
pub(super) struct Figures {
    total: ProjectSum,
    backlog: SeenBacklog,
}

/// A figure: what it is, its value, and what is said of it.
struct Figure(&'static str, String, String);

impl Figures {
    pub(super) fn of(counted: &CountedProject) -> Self {
        Self { total: counted.total.clone(), backlog: counted.backlog }
    }

    /// Whether nothing was sent or is to be.
    pub(super) fn is_quiet(&self) -> bool {
        self.total.accepted == 0 && self.total.attempts() == 0 && self.backlog.waiting == 0
    }

    pub(super) fn markup(&self) -> Markup {
        let figures =
            [self.events(), self.deliveries(), self.success(), self.latency(), self.due(), self.oldest()];
        html! {
            dl.figures { @for Figure(name, value, note) in figures {
                div.panel { dt.soft { (name) } dd { span.value { (value) } span.note.soft { (note) } } }
            } }
        }
    }

    fn events(&self) -> Figure {
        Figure("Events", thousands(self.total.accepted), "accepted".to_owned())
    }

    fn deliveries(&self) -> Figure {
        let ProjectSum { delivered, exhausted, held, .. } = self.total;
        let parts = [(exhausted, "failed"), (held, "held")];
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{} {word}", thousands(number)))
            .collect();
        let note = if parts.is_empty() { "none failed".to_owned() } else { parts.join(", ") };
        Figure("Delivered", thousands(delivered), note)
    }

    fn success(&self) -> Figure {
        let value = self.total.success_rate().map_or_else(|| "–".to_owned(), percent);
        Figure("Success rate", value, format!("of {} attempts", thousands(self.total.attempts())))
    }

    fn latency(&self) -> Figure {
        let share = |share| self.total.latency_percentile_ms(share).map(|ms| Unit::Millis.short(ms));
        match (share(0.5), share(0.95), share(0.99)) {
            (Some(p50), Some(p95), Some(p99)) => {
                Figure("Latency p50", p50, format!("p95\u{a0}{p95}, p99\u{a0}{p99}"))
            }
            _ => Figure("Latency p50", "–".to_owned(), "no attempts".to_owned()),
        }
    }

    fn due(&self) -> Figure {
        let SeenBacklog { waiting, overflowing, .. } = self.backlog;
        match overflowing {
            0 => Figure("Due now", thousands(waiting), "apart from later retries".to_owned()),
            // What is beyond a webhook's room in memory is not counted.
            more => {
                Figure("Due now", format!("{}+", thousands(waiting)), format!("more for {more} webhooks"))
            }
        }
    }

    fn oldest(&self) -> Figure {
        let SeenBacklog { waiting, oldest_wait_ms, .. } = self.backlog;
        let (value, note) = match (waiting, oldest_wait_ms) {
            (0, _) => ("–".to_owned(), "nothing is due"),
            (_, 0) => ("now".to_owned(), "nothing is late"),
            (_, late) => (duration_ms(late), "past its due time"),
        };
        Figure("Oldest due", value, note.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_is_said_with_how_late() {
        let of = |backlog| Figures { total: ProjectSum::default(), backlog };
        let late = of(SeenBacklog::seen(1_200, 3, 65_000));
        let Figure(_, value, note) = late.due();
        assert_eq!((value.as_str(), note.as_str()), ("1,200+", "more for 3 webhooks"));
        let Figure(_, value, note) = late.oldest();
        assert_eq!((value.as_str(), note.as_str()), ("1 min 5 s", "past its due time"));
        let Figure(_, value, note) = of(SeenBacklog::default()).oldest();
        assert_eq!((value.as_str(), note.as_str()), ("–", "nothing is due"));
    }
}
