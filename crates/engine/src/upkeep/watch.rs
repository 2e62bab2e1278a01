//! Watches the store: its size for the metrics, its disk for accepting (DESIGN 2.1).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::rest;
use crate::shared::Shared;

const EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        run_once(&shared).await;
        if !rest(&shared, EVERY).await {
            break;
        }
    }
}

async fn run_once(shared: &Shared) {
    match shared.store.facts().await {
        Ok(facts) => {
            shared.metrics.store(facts);
            let low = facts.free_bytes.is_some_and(|free| free < shared.settings.min_free_bytes);
            let was_low = shared.gauges.disk_low.swap(low, Ordering::Relaxed);
            if low && !was_low {
                tracing::error!(
                    free_bytes = facts.free_bytes,
                    "the disk is almost full: accepting stops, settling goes on"
                );
            } else if was_low && !low {
                tracing::info!(free_bytes = facts.free_bytes, "the disk has room again: accepting goes on");
            }
        }
        Err(error) => tracing::warn!(%error, "the store's size could not be read"),
    }
}
