//! The world's disk: files in memory, of which only what was synced is sure to be there after a power loss.

mod fault;
mod file;

use std::collections::BTreeMap;

pub use fault::DiskCounts;
pub(crate) use fault::{Errno, Fault, Plan};
use file::File;

use crate::prng::Prng;

/// What lies under this directory is the disk of the simulated machine: its faults happen here only.
pub(crate) const LIVE: &str = "/live";
/// A copy to look at while nothing runs; nothing ever fails here.
pub(crate) const COPY: &str = "/copy";

/// A file's number: it stays readable after its name is gone.
pub(crate) type Inode = u64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Disk {
    inodes: BTreeMap<Inode, File>,
    names: BTreeMap<String, Inode>,
    /// Names that were removed, which a power loss may bring back.
    removed: Vec<(String, Inode)>,
    next: Inode,
    prng: Prng,
    /// Whether a sync of the write-ahead log makes anything durable.
    honest: bool,
    plan: Option<Plan>,
    /// The machine or the process stopped in the middle of a call: nothing reaches the disk any more.
    stopped: bool,
    /// A fault happened in this life.
    fired: Option<Fault>,
    pub(crate) counts: DiskCounts,
    #[cfg(test)]
    syncs: u64,
    notes: Vec<String>,
}

impl Disk {
    pub(crate) fn new(prng: Prng, honest: bool) -> Self {
        Self {
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            removed: Vec::new(),
            next: 1,
            prng,
            honest,
            plan: None,
            stopped: false,
            fired: None,
            counts: DiskCounts::default(),
            #[cfg(test)]
            syncs: 0,
            notes: Vec::new(),
        }
    }

    /// A process starts; `plan` says what happens to it.
    pub(crate) fn start(&mut self, plan: Option<Plan>) {
        (self.plan, self.stopped, self.fired) = (plan, false, None);
    }

    /// From now on nothing that the process does reaches the disk.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The fault that happened in this life, if one did.
    pub(crate) fn fired(&self) -> Option<Fault> {
        self.fired
    }

    /// Something to be told with what happens to the disk.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Syncs asked for.
    #[cfg(test)]
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs
    }

    /// What happened since the last call, as lines for the trace.
    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// The process is gone: what it wrote stays in the kernel's memory, but for what a failed sync gave up.
    pub(crate) fn process_ended(&mut self) {
        for file in self.inodes.values_mut() {
            file.evict();
        }
        self.forget_unnamed();
    }

    /// The power fails: of what was not synced, the seed says what survived.
    pub(crate) fn power_lost(&mut self) {
        self.counts.power_losses += 1;
        self.process_ended();
        self.names.retain(|name, _| name.starts_with(LIVE));
        let names: Vec<_> = self.names.iter().map(|(name, inode)| (name.clone(), *inode)).collect();
        for (name, inode) in names {
            let linked = self.inodes.get(&inode).is_some_and(|file| file.linked);
            if !linked && self.prng.chance(0.5) {
                self.names.remove(&name);
                self.notes.push(format!("power loss: {name} was not there yet"));
            }
        }
        for (name, inode) in std::mem::take(&mut self.removed) {
            if !self.names.contains_key(&name) && self.prng.chance(0.5) {
                self.notes.push(format!("power loss: {name} is there again"));
                self.names.insert(name, inode);
            }
        }
        for (name, inode) in &self.names {
            let Some(file) = self.inodes.get_mut(inode) else { continue };
            let unsynced = file.unsynced();
            let torn = file.lose_power(&mut self.prng);
            self.counts.torn_writes += torn;
            if unsynced > 0 {
                self.notes.push(format!("power loss: {name} had {unsynced} unsynced writes, {torn} torn"));
            }
        }
        self.forget_unnamed();
    }

    fn forget_unnamed(&mut self) {
        let named = |inode: &Inode| {
            self.names.values().any(|one| one == inode) || self.removed.iter().any(|(_, one)| one == inode)
        };
        let gone: Vec<_> = self.inodes.keys().copied().filter(|inode| !named(inode)).collect();
        for inode in gone {
            self.inodes.remove(&inode);
        }
    }

    /// Copies what a new process would find, to be looked at beside it.
    pub(crate) fn copy(&mut self) {
        self.names.retain(|name, _| !name.starts_with(COPY));
        let live: Vec<_> = self.names.iter().map(|(name, inode)| (name.clone(), *inode)).collect();
        for (name, inode) in live {
            let (Some(rest), Some(file)) = (name.strip_prefix(LIVE), self.inodes.get(&inode)) else {
                continue;
            };
            let copy = file.copy();
            let inode = self.add(copy);
            self.names.insert(format!("{COPY}{rest}"), inode);
        }
        self.forget_unnamed();
    }

    fn add(&mut self, file: File) -> Inode {
        let inode = self.next;
        self.next += 1;
        self.inodes.insert(inode, file);
        inode
    }
}

/// What SQLite asks of it.
impl Disk {
    /// Opens a file, makes it where `create` says so. A file without a name goes with its handle.
    pub(crate) fn open(&mut self, name: Option<&str>, create: bool) -> Result<Inode, Errno> {
        let Some(name) = name else { return Ok(self.add(File::new(false))) };
        if let Some(inode) = self.names.get(name) {
            return Ok(*inode);
        }
        if !create || (self.stopped && name.starts_with(LIVE)) {
            return Err(Errno::CannotOpen);
        }
        let inode = self.add(File::new(name.starts_with(LIVE)));
        self.names.insert(name.to_owned(), inode);
        Ok(inode)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(crate) fn delete(&mut self, name: &str, synced: bool) -> Result<(), Errno> {
        let live = name.starts_with(LIVE);
        let inode = *self.names.get(name).ok_or(Errno::NotThere)?;
        if live {
            self.change(inode, false)?;
        }
        self.names.remove(name);
        let linked = self.inodes.get(&inode).is_some_and(|file| file.linked);
        if !live || !linked {
            return Ok(());
        }
        self.removed.push((name.to_owned(), inode));
        if synced {
            self.sync_names();
        }
        Ok(())
    }

    /// Fills what it can; returns how much that is.
    pub(crate) fn read(&mut self, inode: Inode, offset: usize, into: &mut [u8]) -> Result<usize, Errno> {
        let Some(file) = self.inodes.get(&inode) else { return Err(Errno::Read) };
        if file.live {
            if self.stopped {
                return Err(Errno::Read);
            }
            if self.plan.as_mut().is_some_and(Plan::read_fails) {
                self.fire(Fault::Read, "a read", inode);
                return Err(Errno::Read);
            }
        }
        Ok(self.inodes.get(&inode).map_or(0, |file| file.read(offset, into)))
    }

    /// Of a write that fails, a part may have happened.
    pub(crate) fn write(&mut self, inode: Inode, offset: usize, data: &[u8]) -> Result<(), Errno> {
        if self.is_live(inode) {
            let stopped_before = self.stopped;
            if let Err(error) = self.change(inode, true) {
                if !stopped_before {
                    let part = self.prng.below(data.len() as u64 + 1) as usize;
                    self.put(inode, offset, &data[..part]);
                }
                return Err(error);
            }
        }
        self.put(inode, offset, data);
        Ok(())
    }

    fn is_live(&self, inode: Inode) -> bool {
        self.inodes.get(&inode).is_some_and(|file| file.live)
    }

    fn put(&mut self, inode: Inode, offset: usize, data: &[u8]) {
        if let Some(file) = self.inodes.get_mut(&inode) {
            file.write(offset, data);
        }
    }

    pub(crate) fn truncate(&mut self, inode: Inode, length: usize) -> Result<(), Errno> {
        if self.is_live(inode) {
            self.change(inode, false).map_err(|_| Errno::Truncate)?;
        }
        if let Some(file) = self.inodes.get_mut(&inode) {
            file.truncate(length);
        }
        Ok(())
    }

    /// Makes the file durable, and its name if that is new.
    pub(crate) fn sync(&mut self, inode: Inode) -> Result<(), Errno> {
        if !self.is_live(inode) {
            return Ok(());
        }
        #[cfg(test)]
        {
            self.syncs += 1;
        }
        self.change(inode, false).map_err(|_| Errno::Sync)?;
        let Some(file) = self.inodes.get_mut(&inode) else { return Err(Errno::Sync) };
        if self.plan.as_mut().is_some_and(Plan::sync_fails) {
            self.counts.failed_syncs += 1;
            let given_up = file.give_up(&mut self.prng);
            self.fire(Fault::Sync, &format!("a sync ({given_up} writes given up)"), inode);
            return Err(Errno::Sync);
        }
        let unlinked = !file.linked;
        if self.honest || !self.is_log(inode) {
            self.inodes.entry(inode).and_modify(File::sync);
        }
        if unlinked {
            self.sync_names();
        }
        Ok(())
    }

    fn is_log(&self, inode: Inode) -> bool {
        self.names.iter().any(|(name, one)| *one == inode && name.ends_with("-wal"))
    }

    pub(crate) fn size(&self, inode: Inode) -> usize {
        self.inodes.get(&inode).map_or(0, File::len)
    }

    /// What names there are is durable: SQLite syncs the directory when it has made a log.
    fn sync_names(&mut self) {
        self.removed.clear();
        for inode in self.names.values() {
            if let Some(file) = self.inodes.get_mut(inode) {
                file.linked = true;
            }
        }
    }

    /// Before anything changes: whether it may.
    fn change(&mut self, inode: Inode, is_write: bool) -> Result<(), Errno> {
        if self.stopped {
            return Err(Errno::Write);
        }
        match self.plan.as_mut().and_then(|plan| plan.change(is_write)) {
            None => Ok(()),
            Some(Fault::Stop) => {
                self.counts.stops += 1;
                self.stopped = true;
                self.fire(Fault::Stop, "everything stops in a call", inode);
                Err(Errno::Write)
            }
            Some(Fault::Full) => {
                self.counts.full_writes += 1;
                self.fire(Fault::Full, "no room for a write", inode);
                Err(Errno::Full)
            }
            Some(_) => {
                self.counts.failed_writes += 1;
                self.fire(Fault::Write, "a write", inode);
                Err(Errno::Write)
            }
        }
    }

    fn fire(&mut self, fault: Fault, what: &str, inode: Inode) {
        if fault == Fault::Read {
            self.counts.failed_reads += 1;
        }
        self.fired = Some(fault);
        let name = self.names.iter().find(|(_, one)| **one == inode).map(|(name, _)| name.as_str());
        self.notes.push(format!("fault of the disk: {what}, {}", name.unwrap_or("a file without a name")));
    }
}

#[cfg(test)]
mod tests;
