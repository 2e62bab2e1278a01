//! The store's standing work: list indexes, idempotency keys, retention (DESIGN 2.5). In steps that yield to accepts.

use std::sync::Arc;
use std::time::Duration;

use super::rest;
use crate::core::Message;
use crate::engine::Shared;

/// How long a step may hold the writer.
const STEP: Duration = Duration::from_millis(2);
/// Between steps while there is more to do: about a fifth of the writer's time.
const BREATH: Duration = Duration::from_millis(8);
/// Between looks when there is nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(shared: Arc<Shared>) {
    let mut pause = PAUSE;
    while rest(&shared, pause).await {
        pause = match shared.store.step(shared.clock.now(), STEP).await {
            Ok(stepped) => {
                for endpoint in stepped.released {
                    shared.tell(Message::Released(endpoint));
                }
                if stepped.more { BREATH } else { PAUSE }
            }
            Err(error) => {
                tracing::warn!(%error, "the store's standing work was interrupted; it goes on");
                PAUSE
            }
        };
    }
}
