//! Partitions ahead of the events they are for.

use std::time::Duration;

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::{Stepped, StoreError};

use crate::fault::Res;
use crate::partition;
use crate::store::PostgresStore;

/// As long before they are needed: an operator has a day to see that they are not made.
const AHEAD: Duration = Duration::from_secs(36 * 3600);

/// Makes those of every class that is in use.
pub(super) async fn step(store: &PostgresStore, now: Millis) -> Result<Stepped, StoreError> {
    for class in classes(store).await? {
        let mut event = Ordinal::at(now);
        while event <= Ordinal::at(now + AHEAD) {
            if !store.make_ahead(class, event).await? {
                tracing::warn!(
                    class,
                    "a partition could not be made ahead: somebody reads for long; trying again"
                );
                break;
            }
            event = Ordinal(partition::bounds_of(class, event).end);
        }
    }
    Ok(Stepped::default())
}

async fn classes(store: &PostgresStore) -> Res<Vec<i16>> {
    let rows = store.conn().await?.query("SELECT class FROM postrider.retention ORDER BY class", &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
