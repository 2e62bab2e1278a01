//! Both sides read through, table by table.

use postrider_store::StoreError;
use postrider_store::transfer::{Digest, Source, Table, Target, digest};

use crate::progress;

/// A table as it is on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    pub(super) source: Digest,
    pub(super) target: Digest,
}

impl Verified {
    pub(super) fn is_same(&self) -> bool {
        self.source == self.target
    }
}

/// Reads everything on both sides, side by side.
pub(super) async fn verify(
    source: &dyn Source,
    target: &dyn Target,
    quiet: bool,
) -> Result<Vec<(Table, Verified)>, StoreError> {
    let mut total = 0;
    for table in Table::ALL {
        total += source.rows(table).await?;
    }
    let bar = progress::bar(total * 2, "comparing", quiet);
    let mut tables = Vec::new();
    for table in Table::ALL {
        let (here, there) = tokio::join!(
            digest(source, table, |rows| bar.inc(rows)),
            digest(target, table, |rows| bar.inc(rows)),
        );
        tables.push((table, Verified { source: here?, target: there? }));
    }
    bar.finish_and_clear();
    Ok(tables)
}
