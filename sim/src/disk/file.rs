//! One file: what is durable, and what was written since.

use crate::prng::Prng;

/// What a disk writes whole or not at all, in bytes.
const SECTOR: usize = 512;

/// A change that is not durable yet.
#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// See the module.
#[derive(Debug)]
pub(super) struct File {
    /// On the simulated machine's disk: its faults happen to it.
    pub(super) live: bool,
    /// Its name is durable.
    pub(super) linked: bool,
    now: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
    /// A sync failed: what `now` shows is in the kernel's memory only, and will not be written.
    given_up: bool,
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => write(to, *offset, data),
            Self::Truncate(length) => to.truncate(*length),
        }
    }

    /// Of a write some sectors only, others as they were or full of garbage.
    fn apply_torn(&self, to: &mut Vec<u8>, prng: &mut Prng) {
        let Self::Write(offset, data) = self else { return };
        let mut at = 0;
        while at < data.len() {
            let until = (SECTOR - (offset + at) % SECTOR + at).min(data.len());
            match prng.below(8) {
                0..=3 => write(to, offset + at, &data[at..until]),
                4 => {
                    let garbage: Vec<_> = (at..until).map(|_| prng.next() as u8).collect();
                    write(to, offset + at, &garbage);
                }
                _ => {}
            }
            at = until;
        }
    }
}

fn write(to: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to[offset..end].copy_from_slice(data);
}

impl File {
    pub(super) fn new(live: bool) -> Self {
        Self {
            live,
            linked: false,
            now: Vec::new(),
            durable: Vec::new(),
            unsynced: Vec::new(),
            given_up: false,
        }
    }

    /// The same content, on no disk.
    pub(super) fn copy(&self) -> Self {
        Self { now: self.now.clone(), ..Self::new(false) }
    }

    pub(super) fn len(&self) -> usize {
        self.now.len()
    }

    pub(super) fn unsynced(&self) -> usize {
        self.unsynced.len()
    }

    pub(super) fn read(&self, offset: usize, into: &mut [u8]) -> usize {
        let found = self.now.get(offset..).unwrap_or_default();
        let length = found.len().min(into.len());
        into[..length].copy_from_slice(&found[..length]);
        length
    }

    pub(super) fn write(&mut self, offset: usize, data: &[u8]) {
        write(&mut self.now, offset, data);
        if self.live {
            self.unsynced.push(Change::Write(offset, data.to_vec()));
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.now.truncate(length);
        if self.live {
            self.unsynced.push(Change::Truncate(length));
        }
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// A sync failed: some of what was to be written is, the rest never will be, though it can still be read for
    /// a while. Returns how many changes are given up.
    pub(super) fn give_up(&mut self, prng: &mut Prng) -> usize {
        let mut given_up = 0;
        for change in std::mem::take(&mut self.unsynced) {
            if prng.chance(0.3) {
                change.apply(&mut self.durable);
            } else {
                given_up += 1;
            }
        }
        self.given_up = true;
        given_up
    }

    /// What was given up leaves the kernel's memory.
    pub(super) fn evict(&mut self) {
        if std::mem::take(&mut self.given_up) {
            self.now.clone_from(&self.durable);
            for change in &self.unsynced {
                change.apply(&mut self.now);
            }
        }
    }

    /// The power fails: returns how many writes are torn.
    pub(super) fn lose_power(&mut self, prng: &mut Prng) -> u64 {
        let unsynced = std::mem::take(&mut self.unsynced);
        let mut torn = 0;
        match prng.below(4) {
            // None of them.
            0 => {}
            // The first so many; the next is torn.
            1 => {
                let kept = prng.below(unsynced.len() as u64 + 1) as usize;
                for change in &unsynced[..kept] {
                    change.apply(&mut self.durable);
                }
                if let Some(change) = unsynced.get(kept) {
                    change.apply_torn(&mut self.durable, prng);
                    torn += 1;
                }
            }
            // Any of them.
            _ => {
                for change in &unsynced {
                    match prng.below(4) {
                        0 => {
                            change.apply_torn(&mut self.durable, prng);
                            torn += 1;
                        }
                        1 | 2 => change.apply(&mut self.durable),
                        _ => {}
                    }
                }
            }
        }
        self.now.clone_from(&self.durable);
        torn
    }
}
