//! The packed, versioned log of a delivery's attempts, kept in its row (DESIGN 5).
//!
//! Layout: the version byte, the number of attempts ever made as a varint, then the kept attempts one after the
//! other, oldest first. An empty log is no attempt at all. Response bodies are trimmed here and nowhere else:
//! 256 bytes of a success, 4 KiB of a failure, and only the last three failures keep theirs (DESIGN 7 "Bounds").

mod entry;
pub(crate) mod varint;

use postrider_model::delivery::Attempt;
use postrider_model::time::Millis;

use entry::{Entry, write_entry};

/// The format this code writes.
const VERSION: u8 = 1;
/// Bytes of a success's response that are kept.
pub const SUCCESS_EXCERPT_BYTES: usize = 256;
/// Bytes of a failure's response that are kept.
pub const FAILURE_EXCERPT_BYTES: usize = 4096;
/// Failures that keep their response.
pub const FAILURES_WITH_EXCERPT: usize = 3;
/// Attempts that are kept; replays without end must not let a row grow without end.
pub const KEPT_ATTEMPTS: usize = 256;

/// A log that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLog {
    /// Written by a newer version of the program.
    #[error("an attempt log of format {0}")]
    Version(u8),
    /// It ends early or holds an impossible value.
    #[error("a broken attempt log")]
    Broken,
}

/// Reads and writes packed logs.
#[derive(Debug, Clone, Copy)]
pub struct AttemptLog;

impl AttemptLog {
    /// The log with one more attempt; `old` is empty where there was none.
    ///
    /// # Errors
    /// [`BadLog`] where `old` cannot be read.
    pub fn append(old: &[u8], attempt: &Attempt) -> Result<Vec<u8>, BadLog> {
        let mut log = Vec::with_capacity(old.len() + 48 + attempt.excerpt.len().min(FAILURE_EXCERPT_BYTES));
        Self::append_into(&mut log, old, attempt)?;
        Ok(log)
    }

    /// As [`AttemptLog::append`], into a buffer that is cleared first: the settling path reuses one.
    ///
    /// # Errors
    /// [`BadLog`] where `old` cannot be read.
    pub fn append_into(log: &mut Vec<u8>, old: &[u8], attempt: &Attempt) -> Result<(), BadLog> {
        log.clear();
        log.push(VERSION);
        if old.is_empty() {
            varint::push(log, 1);
            write_entry(log, &Entry::new(attempt), true, Millis(0));
            return Ok(());
        }
        let (total, mut entries) = read(old)?;
        entries.push(Entry::new(attempt));
        let dropped = entries.len().saturating_sub(KEPT_ATTEMPTS);
        entries.drain(..dropped);
        varint::push(log, u64::from(total) + 1);
        write_all(log, &entries);
        Ok(())
    }

    /// The kept attempts, oldest first.
    ///
    /// # Errors
    /// [`BadLog`] where the log cannot be read.
    pub fn decode(log: &[u8]) -> Result<Vec<Attempt>, BadLog> {
        Ok(read(log)?.1.iter().map(Entry::to_attempt).collect())
    }

    /// The latest attempt.
    ///
    /// # Errors
    /// [`BadLog`] where the log cannot be read.
    pub fn last(log: &[u8]) -> Result<Option<Attempt>, BadLog> {
        Ok(read(log)?.1.last().map(Entry::to_attempt))
    }

    /// How many attempts were ever made; reads the head of the log only.
    ///
    /// # Errors
    /// [`BadLog`] where the log cannot be read.
    pub fn count(log: &[u8]) -> Result<u32, BadLog> {
        if log.is_empty() {
            return Ok(0);
        }
        head(log).map(|(total, _)| total)
    }

    /// Start of the first of the last `step` attempts: those of the present run of the timetable.
    ///
    /// # Errors
    /// [`BadLog`] where the log cannot be read.
    pub fn first_started_at(log: &[u8], step: u32) -> Result<Option<Millis>, BadLog> {
        let (_, entries) = read(log)?;
        let run = usize::try_from(step).unwrap_or(usize::MAX).min(entries.len());
        Ok(entries.get(entries.len() - run).map(|entry| entry.started_at))
    }

    /// The log without any response body or remark (erasure).
    ///
    /// # Errors
    /// [`BadLog`] where the log cannot be read.
    pub fn without_excerpts(log: &[u8]) -> Result<Vec<u8>, BadLog> {
        if log.is_empty() {
            return Ok(Vec::new());
        }
        let (total, mut entries) = read(log)?;
        for entry in &mut entries {
            entry.excerpt = &[];
            entry.note = None;
        }
        let mut bare = vec![VERSION];
        varint::push(&mut bare, u64::from(total));
        write_all(&mut bare, &entries);
        Ok(bare)
    }
}

fn head(log: &[u8]) -> Result<(u32, &[u8]), BadLog> {
    let (version, mut rest) = log.split_first().ok_or(BadLog::Broken)?;
    if *version != VERSION {
        return Err(BadLog::Version(*version));
    }
    let total = u32::try_from(varint::take(&mut rest)?).map_err(|_| BadLog::Broken)?;
    Ok((total, rest))
}

fn read(log: &[u8]) -> Result<(u32, Vec<Entry<'_>>), BadLog> {
    if log.is_empty() {
        return Ok((0, Vec::new()));
    }
    let (total, mut rest) = head(log)?;
    let mut entries = Vec::new();
    let mut before = Millis(0);
    while !rest.is_empty() {
        let entry = entry::take_entry(&mut rest, before)?;
        before = entry.started_at;
        entries.push(entry);
    }
    Ok((total, entries))
}

fn write_all(log: &mut Vec<u8>, entries: &[Entry<'_>]) {
    let failures = entries.iter().filter(|entry| !entry.success).count();
    let (mut seen, mut before) = (0, Millis(0));
    for entry in entries {
        seen += usize::from(!entry.success);
        let keeps = entry.success || failures - seen < FAILURES_WITH_EXCERPT;
        write_entry(log, entry, keeps, before);
        before = entry.started_at;
    }
}

#[cfg(test)]
mod tests;
