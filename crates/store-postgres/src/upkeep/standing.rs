//! What standing work remembers between its steps. All of it may be lost: another node begins without it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use postrider_model::time::Millis;

/// The kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Partitions,
    Retention,
    Erasure,
    Forget,
    Thin,
    Hours,
}

impl Kind {
    pub(super) const ALL: [Self; 6] =
        [Self::Partitions, Self::Retention, Self::Erasure, Self::Forget, Self::Thin, Self::Hours];

    /// How long it has nothing to do after it came to its end.
    fn rest(self) -> Duration {
        Duration::from_secs(match self {
            Self::Partitions => 600,
            Self::Retention => 20,
            // People wait for it, and a look is little.
            Self::Erasure => 0,
            Self::Forget => 20,
            Self::Thin | Self::Hours => 24 * 3600,
        })
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    now_ms: AtomicI64,
    behind_ms: AtomicU64,
    pub(super) work: tokio::sync::Mutex<Work>,
}

impl Standing {
    /// About now, for what only has to know roughly; the epoch before the first step.
    pub(crate) fn now(&self) -> Millis {
        Millis(self.now_ms.load(Ordering::Relaxed))
    }

    pub(super) fn saw(&self, now: Millis) {
        self.now_ms.store(now.0, Ordering::Relaxed);
    }

    /// How far retention was behind when it was last looked here.
    pub(super) fn behind(&self) -> Duration {
        Duration::from_millis(self.behind_ms.load(Ordering::Relaxed))
    }

    pub(super) fn set_behind(&self, behind: Duration) {
        self.behind_ms.store(u64::try_from(behind.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What only the steps themselves use.
#[derive(Debug, Default)]
pub(super) struct Work {
    turn: usize,
    done_at: HashMap<Kind, Millis>,
    /// By class: everything pending before this event was ended, and the mark goes there.
    pub(super) ended_to: HashMap<i16, i64>,
    /// By class.
    pub(super) behind: HashMap<i16, Duration>,
    /// Statistics of endpoints up to this one were thinned out.
    pub(super) thinned: i64,
    /// Minutes of worlds up to this one became hours.
    pub(super) hours: i64,
}

impl Work {
    /// Whose turn it is.
    pub(super) fn next(&mut self) -> Kind {
        self.turn = (self.turn + 1) % Kind::ALL.len();
        Kind::ALL[self.turn]
    }

    pub(super) fn is_due(&self, kind: Kind, now: Millis) -> bool {
        self.done_at.get(&kind).is_none_or(|at| now < *at || now.since(*at) >= kind.rest())
    }

    pub(super) fn done(&mut self, kind: Kind, now: Millis) {
        self.done_at.insert(kind, now);
    }
}
