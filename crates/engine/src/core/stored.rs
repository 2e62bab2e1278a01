//! What the store has of a lane, as far as memory knows it: whether to read, from when on, and what to skip
//! (DESIGN 2.2).

use ahash::AHashSet;
use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::DuePage;

/// The part of a lane that its loader goes by.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// A loader is reading for it.
    pub loading: bool,
    /// A sweep ends what it has in the store: nothing is read meanwhile.
    pub sweeping: bool,
    /// Rows of the due index that are in memory, or whose settle is not committed: a load skips them.
    present: AHashSet<Ordinal>,
    /// New deliveries go to the store until the loader has read to the end.
    spilled: bool,
    /// The store has rows that are due.
    backlog: bool,
    /// The last commit that wrote such a row.
    dirty_seq: u64,
    /// One was written outside our commits while a loader was reading: whether it saw it is not known.
    unseen: bool,
    /// Deliveries that were settled or cancelled while a loader was reading: what it read of them is out of date.
    left: Vec<Ordinal>,
    /// The loader read to the end when this commit was the last that had ended: until the next one, or until a row
    /// falls due, there is nothing more to read.
    read_out: Option<u64>,
    /// The next row that falls due later.
    next_due: Option<Millis>,
}

impl Stored {
    /// Whether it has rows that are due and were not read.
    pub(crate) fn is_behind(&self) -> bool {
        self.spilled || self.backlog
    }

    /// Whether new deliveries go to the store.
    pub(crate) fn is_spilled(&self) -> bool {
        self.spilled
    }

    /// Batch `seq` is being built with a delivery for the store because there was no room. A load that began before
    /// it does not see that delivery.
    pub(crate) fn spill(&mut self, seq: u64) {
        self.spilled = true;
        self.dirty_seq = self.dirty_seq.max(seq);
    }

    /// Commit `seq` wrote a row that is due now.
    pub(crate) fn wrote_due_now(&mut self, seq: u64) {
        self.backlog = true;
        self.dirty_seq = self.dirty_seq.max(seq);
    }

    /// A row fell due outside our commits.
    pub(crate) fn wrote_due_unseen(&mut self) {
        self.backlog = true;
        self.unseen = self.loading;
        self.read_out = None;
    }

    /// A row that was read cannot be taken in now: it is read again after the next commit.
    pub(crate) fn left_behind(&mut self) {
        self.backlog = true;
    }

    /// A commit wrote a row that falls due at `at`.
    pub(crate) fn wrote_due(&mut self, at: Millis, seq: u64, now: Millis) {
        if at <= now {
            self.wrote_due_now(seq);
        } else {
            self.wrote_due_later(at);
        }
    }

    /// Another node wrote a row that falls due at `at`.
    pub(crate) fn wrote_due_later(&mut self, at: Millis) {
        self.next_due = Some(self.next_due.map_or(at, |next| next.min(at)));
    }

    /// Takes over a backlog that was waited for before there was a lane.
    pub(crate) fn expect(&mut self, due: Millis) {
        self.next_due = Some(due);
    }

    /// When the next row falls due.
    pub(crate) fn next_due(&self) -> Option<Millis> {
        self.next_due
    }

    /// Whether there is something to read, as far as is known.
    pub(crate) fn has_more(&mut self, now: Millis, committed_seq: u64) -> bool {
        if self.next_due.is_some_and(|at| at <= now) {
            self.next_due = None;
            self.backlog = true;
            self.read_out = None;
        }
        let read_out = self.read_out == Some(committed_seq);
        !read_out && !self.loading && !self.sweeping && (self.backlog || self.spilled)
    }

    /// Takes note of what the loader read. New deliveries come to memory again only if it read to the end and nothing
    /// was spilled since the reading began (DESIGN 2.2, the race of rows appended between read and switch).
    pub(crate) fn loaded(&mut self, page: &mut DuePage, read_after: u64) {
        self.loading = false;
        let left = std::mem::take(&mut self.left);
        page.rows.retain(|row| !left.contains(&row.event));
        let unseen = std::mem::take(&mut self.unseen);
        self.read_out = (page.ended && !unseen).then_some(read_after);
        if page.ended {
            if self.dirty_seq <= read_after && !unseen {
                self.backlog = false;
                self.spilled = false;
            }
            if let Some(at) = page.next_due {
                self.next_due = Some(self.next_due.map_or(at, |next| next.min(at)));
            }
        }
    }

    /// What the loader read is not to be used; it must read once more.
    pub(crate) fn load_dropped(&mut self) {
        self.loading = false;
        self.backlog = true;
        self.left.clear();
    }

    /// Rows of the due index that a load skips.
    pub(crate) fn present(&self) -> impl Iterator<Item = Ordinal> {
        self.present.iter().copied()
    }

    /// This row is in memory, or is dealt with there until its commit. `false`: it is already.
    pub(crate) fn mark_present(&mut self, event: Ordinal) -> bool {
        self.present.insert(event)
    }

    /// The commit that settles or moves this row is on disk, and memory has no more of it.
    pub(crate) fn forget(&mut self, event: Ordinal) {
        self.present.remove(&event);
        if self.loading {
            self.left.push(event);
        }
    }

    /// Whether nothing of it is in memory, and none of it is read.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.present.is_empty() && !self.loading
    }

    /// Whether it has nothing that is due, or will be.
    pub(crate) fn is_empty(&self) -> bool {
        !self.spilled && !self.backlog && self.next_due.is_none()
    }
}
