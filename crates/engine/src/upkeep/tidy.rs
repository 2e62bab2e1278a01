//! The store's standing work: list indexes, idempotency keys, retention (DESIGN 2.5). In steps that yield to accepts.

use std::sync::Arc;
use std::time::Duration;

use super::rest;
use crate::core::Message;
use crate::engine::Shared;

/// How long a step may hold the writer.
const STEP: Duration = Duration::from_millis(2);
/// Between steps while there is more to do: about a fifth of the writer's time. Work that does not come to its end
/// that way gets up to half of it, as history that comes faster than it goes would grow for ever; a step is never
/// longer, so a commit waits no longer for one.
const BREATH: Duration = Duration::from_millis(8);
/// The shortest breath.
const SHORT_BREATH: Duration = Duration::from_millis(2);
/// Steps in a row with more to do after which the breath is halved.
const PATIENCE: u32 = 500;
/// Between looks when there is nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(shared: Arc<Shared>) {
    let mut pause = PAUSE;
    // Steps since there was last nothing to do.
    let mut busy = 0;
    while rest(&shared, pause).await {
        pause = match shared.store.step(shared.clock.now(), STEP).await {
            Ok(stepped) => {
                for endpoint in stepped.released {
                    shared.tell(Message::Released(endpoint));
                }
                busy = if stepped.more { u32::saturating_add(busy, 1) } else { 0 };
                if stepped.more { breath(busy) } else { PAUSE }
            }
            Err(error) => {
                tracing::warn!(%error, "the store's standing work was interrupted; it goes on");
                PAUSE
            }
        };
    }
}

/// The rest after so many steps in a row with more to do.
fn breath(busy: u32) -> Duration {
    (BREATH / 2_u32.pow((busy / PATIENCE).min(8))).max(SHORT_BREATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_does_not_come_to_its_end_gets_more_of_the_writer_and_never_more_than_half() {
        assert_eq!(breath(1), BREATH);
        assert_eq!(breath(PATIENCE), BREATH / 2);
        assert!(
            (0..20).map(|halved| breath(halved * PATIENCE)).is_sorted_by(|before, after| before >= after)
        );
        assert!(breath(u32::MAX) >= STEP);
    }
}
