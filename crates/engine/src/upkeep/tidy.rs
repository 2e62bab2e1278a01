//! The store's standing work: list indexes, idempotency keys, retention (DESIGN 2.5). In steps that yield to accepts.

use std::sync::Arc;
use std::time::Duration;

use postrider_store::StoreError;

use super::rest;
use crate::core::Message;
use crate::shared::Shared;

/// How long a step may hold the writer.
const STEP: Duration = Duration::from_millis(2);
/// Between steps while there is more to do: about a fifth of the writer's time. Work that does not come to its end
/// that way gets up to half of it, and so does history that goes later than it should: what comes faster than it goes
/// would grow for ever. A step is never longer, so a commit waits no longer for one.
const BREATH: Duration = Duration::from_millis(8);
/// The shortest breath.
const SHORT_BREATH: Duration = Duration::from_millis(2);
/// Steps in a row with more to do after which the breath is halved.
const PATIENCE: u32 = 500;
/// Retention may be so far behind without any hurry.
const TOLERATED: Duration = Duration::from_secs(60);
/// As far behind as this it gets the shortest breath.
const TOO_FAR: Duration = Duration::from_secs(15 * 60);
/// Between looks when there is nothing to do.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(shared: Arc<Shared>) {
    let mut pause = PAUSE;
    // Steps since there was last nothing to do.
    let mut busy = 0;
    while rest(&shared, pause).await {
        pause = match shared.store.step(shared.time.now(), STEP).await {
            Ok(stepped) => {
                for endpoint in stepped.released {
                    shared.tell(Message::Released(endpoint));
                }
                busy = if stepped.more { u32::saturating_add(busy, 1) } else { 0 };
                if stepped.more { breath(busy, stepped.behind) } else { PAUSE }
            }
            // Nothing is written any more; where no event comes this is the first to learn of it.
            Err(StoreError::Fatal(reason)) => {
                shared.fatal.die(&reason);
                PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "the store's standing work was interrupted; it goes on");
                PAUSE
            }
        };
    }
}

/// The rest after so many steps in a row with more to do, while retention is so far behind.
fn breath(busy: u32, behind: Duration) -> Duration {
    let by_patience = BREATH / 2_u32.pow((busy / PATIENCE).min(8));
    by_patience.min(by_lag(behind)).max(SHORT_BREATH)
}

/// The writer's share grows evenly with the lag, from that of [`BREATH`] to that of [`SHORT_BREATH`]: where the lag
/// grows it comes to rest as soon as as much goes as comes.
fn by_lag(behind: Duration) -> Duration {
    let share = |breath: Duration| STEP.as_secs_f64() / (STEP + breath).as_secs_f64();
    let lag = behind.saturating_sub(TOLERATED).as_secs_f64() / (TOO_FAR - TOLERATED).as_secs_f64();
    let share = share(BREATH) + (share(SHORT_BREATH) - share(BREATH)) * lag.min(1.0);
    STEP.mul_f64(1.0 / share - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_does_not_come_to_its_end_gets_more_of_the_writer_and_never_more_than_half() {
        let breath = |busy| breath(busy, Duration::ZERO);
        assert_eq!(breath(1), BREATH);
        assert_eq!(breath(PATIENCE), BREATH / 2);
        assert!(
            (0..20).map(|halved| breath(halved * PATIENCE)).is_sorted_by(|before, after| before >= after)
        );
        assert!(breath(u32::MAX) >= STEP);
    }

    #[test]
    fn the_further_retention_is_behind_the_more_of_the_writer_it_gets_up_to_half() {
        let breath = |seconds| breath(1, Duration::from_secs(seconds));
        let near = |one: Duration, other: Duration| one.abs_diff(other) < Duration::from_micros(1);
        assert!(near(breath(0), BREATH) && near(breath(60), BREATH));
        assert!((60..900).is_sorted_by(|one, other| breath(*one) > breath(*other)), "every second counts");
        assert!(near(breath(480), STEP.mul_f64(0.65 / 0.35)), "{:?}: halfway, 35 %", breath(480));
        for far in [900, 86_400, u64::MAX] {
            assert!(near(breath(far), SHORT_BREATH), "{:?}", breath(far));
        }
    }

    #[test]
    fn what_comes_faster_than_a_fifth_of_the_writer_removes_does_not_pile_up_for_ever() {
        // Each second of the writer removes three seconds' worth: a fifth is too little, a third is enough.
        let (removed_per_writer_second, mut behind) = (3.0, 0.0_f64);
        for _ in 0..100_000 {
            let rest = breath(1, Duration::from_secs_f64(behind));
            let share = STEP.as_secs_f64() / (STEP + rest).as_secs_f64();
            behind = (behind + 1.0 - removed_per_writer_second * share).max(0.0);
        }
        assert!(behind < TOO_FAR.as_secs_f64(), "{behind} s behind");
    }
}
