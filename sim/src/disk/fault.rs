//! What goes wrong with a disk, and when.

use crate::prng::Prng;

/// Why a call of the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errno {
    CannotOpen,
    NotThere,
    Full,
    Read,
    Write,
    Truncate,
    Sync,
}

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Machine or process stop in the middle of a write.
    Stop,
    /// Writes find no room, for a while.
    Full,
    Write,
    Read,
    Sync,
}

impl Fault {
    /// Whether the engine may, or must, give up because of it.
    pub(crate) fn excuses_an_end(self) -> bool {
        self != Self::Full
    }
}

/// The fault of one life: its kind, and after how many calls of its sort it happens.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    fault: Fault,
    after: u64,
    /// For how many calls.
    lasts: u64,
}

impl Plan {
    /// What happens in a life, if anything does. Early and late are as likely, so a number of calls has any
    /// magnitude.
    pub(crate) fn of(prng: &mut Prng) -> Option<Self> {
        let magnitude = |prng: &mut Prng, most: u64| {
            let bits = prng.within(1, most);
            prng.within(1, 1 << bits)
        };
        let (fault, after, lasts) = match prng.below(10) {
            0..=1 => return None,
            2..=4 => (Fault::Stop, magnitude(prng, 12), 1),
            5 => (Fault::Full, magnitude(prng, 12), magnitude(prng, 6)),
            6 => (Fault::Write, magnitude(prng, 12), 1),
            7 => (Fault::Read, magnitude(prng, 7), 1),
            _ => (Fault::Sync, magnitude(prng, 8), 1),
        };
        Some(Self { fault, after, lasts })
    }

    /// The next sync fails, and no other.
    #[cfg(test)]
    pub(crate) fn next_sync() -> Self {
        Self { fault: Fault::Sync, after: 1, lasts: 1 }
    }

    /// Counts a call; whether it is one that fails.
    fn fails(&mut self) -> bool {
        if self.after > 1 {
            self.after -= 1;
            return false;
        }
        let fails = self.lasts > 0;
        self.lasts = self.lasts.saturating_sub(1);
        fails
    }

    pub(super) fn read_fails(&mut self) -> bool {
        self.fault == Fault::Read && self.fails()
    }

    pub(super) fn sync_fails(&mut self) -> bool {
        self.fault == Fault::Sync && self.fails()
    }

    /// The fault that meets a change (a write, or else a truncation, a deletion, a sync), if one does.
    pub(super) fn change(&mut self, is_write: bool) -> Option<Fault> {
        let mine = match self.fault {
            Fault::Stop => true,
            Fault::Full | Fault::Write => is_write,
            Fault::Read | Fault::Sync => false,
        };
        (mine && self.fails()).then_some(self.fault)
    }
}

/// How often what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Power losses.
    pub power_losses: u64,
    /// Writes of which a power loss left some sectors, or garbage.
    pub torn_writes: u64,
    /// Ends of the process or the machine in the middle of a write.
    pub stops: u64,
    /// Syncs that failed.
    pub failed_syncs: u64,
    /// Writes that found the disk full.
    pub full_writes: u64,
    /// Writes that failed otherwise.
    pub failed_writes: u64,
    /// Reads that failed.
    pub failed_reads: u64,
}

impl std::ops::AddAssign for DiskCounts {
    fn add_assign(&mut self, other: Self) {
        self.power_losses += other.power_losses;
        self.torn_writes += other.torn_writes;
        self.stops += other.stops;
        self.failed_syncs += other.failed_syncs;
        self.full_writes += other.full_writes;
        self.failed_writes += other.failed_writes;
        self.failed_reads += other.failed_reads;
    }
}

impl std::fmt::Display for DiskCounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} power losses ({} torn writes), {} stops in a write, {} failed syncs, {} writes to a full disk, {} failed writes, {} failed reads",
            self.power_losses,
            self.torn_writes,
            self.stops,
            self.failed_syncs,
            self.full_writes,
            self.failed_writes,
            self.failed_reads
        )
    }
}
