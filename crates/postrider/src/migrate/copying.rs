//! Page after page from one store into the other.

use std::time::Duration;

use indicatif::ProgressBar;
use postrider_store::StoreError;
use postrider_store::transfer::{Copied, Page, Part, Position, Source, Table, Target, TransferError};

use crate::progress;

/// A target that is away is asked again so often before the run gives up.
const TRIES: u32 = 10;
/// Between two tries.
const REST: Duration = Duration::from_secs(1);

/// A copy at work.
pub(super) struct Copying<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) target: &'a dyn Target,
    pub(super) copy: &'a Copied,
    pub(super) quiet: bool,
}

impl Copying<'_> {
    /// Copies from where it stands to the end; `None` where it is there. How many rows that were.
    pub(super) async fn run(&self, from: Option<Position>) -> Result<u64, TransferError> {
        let Some(mut position) = from else { return Ok(0) };
        let bar = self.bar(&position).await?;
        let before = position.rows;
        let mut page = self.page(&position).await?;
        loop {
            let next = position.behind(&page);
            bar.inc(page.rows.len() as u64);
            let Some(next) = next else {
                self.import(&position, &page).await?;
                bar.finish_and_clear();
                return Ok(position.rows + page.rows.len() as u64 - before);
            };
            // The next page is read while this one is written.
            let (written, read) = tokio::join!(self.import(&position, &page), self.page(&next));
            written?;
            (position, page) = (next, read?);
        }
    }

    async fn bar(&self, position: &Position) -> Result<ProgressBar, TransferError> {
        let mut total = 0;
        for table in Table::ALL {
            total += self.source.rows(table).await?;
        }
        let bar = progress::bar(total, "copying", self.quiet);
        bar.set_position(position.rows);
        Ok(bar)
    }

    async fn page(&self, position: &Position) -> Result<Page, StoreError> {
        self.source.export(position.table, position.after.clone()).await
    }

    /// Writes a page. A page may be written though its answer was lost, so writing it again is safe.
    async fn import(&self, position: &Position, page: &Page) -> Result<(), TransferError> {
        let mut tries = 0;
        loop {
            let written = self.target.import(Part { copy: self.copy, position, page }).await;
            match written {
                Err(TransferError::Store(StoreError::Unavailable(_))) if tries < TRIES => {}
                written => return written,
            }
            tries += 1;
            tokio::time::sleep(REST).await;
        }
    }
}
