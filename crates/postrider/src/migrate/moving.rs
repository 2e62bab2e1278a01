//! A move from its beginning to its end.
//!
//! The order of the last steps is what keeps everything from being sent twice: the copy is compared while neither side
//! can be served from, then the source is closed for good, then the target is opened. Between any two of these steps the
//! command can die; the next run goes on.

use std::time::Duration;

use postrider_engine::ports::Clock as _;
use postrider_store::StoreError;
use postrider_store::transfer::{
    Begun, Copied, Settlement, Source, Table, Target, Transfer, TransferError, TransferState,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::copying::Copying;
use super::verifying::{Verified, verify};
use crate::cli::Failed;
use crate::ports::SystemClock;

/// What moves where.
pub(super) struct Moving<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) target: &'a dyn Target,
    /// Where the target is, for people.
    pub(super) to: String,
    /// Names the copy, if it is a new one.
    pub(super) copy: Uuid,
    /// Without a bar.
    pub(super) quiet: bool,
}

/// What was done.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) to: String,
    /// Each table's rows and checksum, the same on both sides; none where the move was finished already.
    pub(super) tables: Vec<(Table, Verified)>,
    /// Rows copied by this run.
    pub(super) copied: u64,
    /// An earlier run had begun.
    pub(super) resumed: bool,
    /// What an abandoned copy had left in the target was removed.
    pub(super) emptied: bool,
    pub(super) copying: Duration,
    pub(super) verifying: Duration,
}

impl Moving<'_> {
    /// Moves, or goes on.
    pub(super) async fn run(&self) -> Result<Moved, Failed> {
        let known = self.source.transfer().await.map_err(Failed::new)?;
        if let Some(Transfer { copied, state: TransferState::Moved(_) }) = known {
            return self.finish(copied).await;
        }
        let settlement = self.source.settle(SystemClock.now()).await.map_err(Failed::new)?;
        let copied = self.name(known, &settlement);
        self.remember(&copied, TransferState::Copying(None)).await?;
        let begun = self.target.begin(&copied).await.map_err(|error| self.refused(error))?;
        let began = Instant::now();
        let copying = Copying { source: self.source, target: self.target, copy: &copied, quiet: self.quiet };
        let rows = copying.run(begun.position.clone()).await.map_err(|error| self.refused(error))?;
        self.target.seal(&copied, &settlement).await.map_err(|error| self.refused(error))?;
        let copied_at = Instant::now();
        let tables = self.verified().await?;
        let verifying = copied_at.elapsed();
        self.remember(&copied, TransferState::Moved(SystemClock.now())).await?;
        self.open(&copied).await?;
        Ok(self.moved(tables, rows, &begun, (copied_at - began, verifying)))
    }

    /// The copy that was begun, or a new one.
    fn name(&self, known: Option<Transfer>, settlement: &Settlement) -> Copied {
        let copy = known.map_or(self.copy, |known| known.copied.copy);
        Copied { copy, salt: settlement.salt.0, to: self.to.clone() }
    }

    async fn remember(&self, copied: &Copied, state: TransferState) -> Result<(), Failed> {
        let transfer = Transfer { copied: copied.clone(), state };
        self.source.set_transfer(Some(transfer)).await.map_err(Failed::new)
    }

    async fn verified(&self) -> Result<Vec<(Table, Verified)>, Failed> {
        let tables = verify(self.source, self.target, self.quiet).await.map_err(Failed::new)?;
        let differing: Vec<_> =
            tables.iter().filter(|(_, found)| !found.is_same()).map(|(table, _)| table.name()).collect();
        if differing.is_empty() {
            return Ok(tables);
        }
        // What is there is of no use; the next run begins anew.
        self.source.set_transfer(None).await.map_err(Failed::new)?;
        Err(Failed::new(format_args!(
            "what is in {} is not what was copied (tables: {}): did something else write there? Nothing was changed \
             here; run it again, and it begins anew",
            self.to,
            differing.join(", ")
        )))
    }

    async fn open(&self, copied: &Copied) -> Result<(), Failed> {
        self.target.open_for_use(copied, SystemClock.now()).await.map_err(|error| self.refused(error))
    }

    /// An earlier run had closed the source: what is left is to open the target, if it had not.
    async fn finish(&self, copied: Copied) -> Result<Moved, Failed> {
        let there = self.target.transfer().await.map_err(Failed::new)?;
        if there.is_none_or(|there| there.copied.copy != copied.copy) {
            return Err(Failed::new(format_args!(
                "the store moved to {} already; to move it to {} instead, take that back with --undo",
                copied.to, self.to
            )));
        }
        self.open(&copied).await?;
        let begun = Begun { position: None, resumed: true, emptied: false };
        Ok(self.moved(Vec::new(), 0, &begun, Default::default()))
    }

    fn moved(
        &self,
        tables: Vec<(Table, Verified)>,
        copied: u64,
        begun: &Begun,
        (copying, verifying): (Duration, Duration),
    ) -> Moved {
        let (resumed, emptied) = (begun.resumed, begun.emptied);
        Moved { to: self.to.clone(), tables, copied, resumed, emptied, copying, verifying }
    }

    fn refused(&self, error: TransferError) -> Failed {
        match error {
            TransferError::Store(StoreError::Corrupt { table, column, key, detail }) => {
                Failed::new(format_args!(
                    "row {key} of {table} cannot be moved: its {column} is not what it must be ({detail})"
                ))
            }
            TransferError::Store(error) => {
                Failed::new(format_args!("{error}; what has come to {} stays: run it again", self.to))
            }
            other => Failed::new(format_args!("the database {} cannot take the store: {other}", self.to)),
        }
    }
}
