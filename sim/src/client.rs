//! Clients: products and people who do things at the same time, by the seed.

mod delivery;
mod endpoint;
mod event;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use postrider_engine::ports::Clock;
use postrider_engine::{Engine, Origin};
use postrider_model::id::{Mode, ProjectKey, TenantKey};
use postrider_model::time::Millis;
use postrider_store::{NewAudit, StoreError};

use crate::clock::SimClock;
use crate::kernel::Kernel;
use crate::ledger::Ledger;
use crate::prng::Prng;
use crate::shape::Shape;
use crate::store::SimStore;

pub(crate) use endpoint::{Kind, create, observe};
pub(crate) use event::LONGEST_SCHEDULE_MS;

/// What a client works with.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<SimStore>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) shape: Shape,
    pub(crate) project: ProjectKey,
    pub(crate) tenants: Vec<TenantKey>,
}

impl Desk {
    pub(crate) fn note(&self, what: std::fmt::Arguments<'_>) {
        let at = self.clock.true_ms();
        self.ledger.lock().trace.line(at, what);
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin { project: self.project, mode: Mode::Live, tenant: None }
    }

    /// An invariant that a client found broken.
    pub(crate) fn violate(&self, invariant: &str, detail: impl std::fmt::Display) {
        self.ledger.lock().violate(invariant, detail);
        self.kernel.die();
    }

    /// The store failed where a process can only end: broken, unless the disk is to blame.
    fn gives_up(&self, invariant: &str, error: &StoreError) {
        if self.store.disk_to_blame() {
            self.kernel.die();
        } else {
            self.violate(invariant, error);
        }
    }
}

/// The public id of a tenant.
pub(crate) fn tenant_id(tenant: usize) -> String {
    format!("t{tenant}")
}

pub(crate) fn audit() -> NewAudit {
    NewAudit {
        project: None,
        tenant: None,
        actor: "sim".to_owned(),
        action: "sim",
        target: String::new(),
        detail: serde_json::Value::Null,
        at: Millis(0),
    }
}

/// One client's day.
pub(crate) async fn run(desk: Desk, mut prng: Prng) {
    for _ in 0..desk.shape.actions {
        tokio::time::sleep(Duration::from_millis(prng.below(desk.shape.pause_ms + 1))).await;
        match prng.below(100) {
            0..=54 => event::post(&desk, &mut prng).await,
            55..=62 => event::repeat(&desk, &mut prng).await,
            63..=64 => event::contradict(&desk, &mut prng).await,
            65..=67 => event::test(&desk, &mut prng).await,
            68..=71 => endpoint::make(&desk, &mut prng).await,
            72..=77 => endpoint::change(&desk, &mut prng).await,
            78..=83 => endpoint::switch(&desk, &mut prng, false).await,
            84..=89 => endpoint::switch(&desk, &mut prng, true).await,
            90 => endpoint::delete(&desk, &mut prng).await,
            91..=94 => delivery::resend(&desk, &mut prng).await,
            95..=96 => delivery::cancel(&desk, &mut prng).await,
            97..=98 => delivery::replay(&desk, &mut prng).await,
            _ => jump(&desk, &mut prng),
        }
    }
}

/// Somebody sets the clock.
fn jump(desk: &Desk, prng: &mut Prng) {
    if !desk.shape.jumps {
        return;
    }
    let most_ms = *prng.pick(&[5_000, 7_200_000]).unwrap_or(&5_000);
    let by_ms = prng.within(0, 2 * most_ms) as i64 - most_ms as i64;
    let at = desk.clock.true_ms();
    desk.ledger.lock().jumps.push((at, by_ms));
    desk.note(format_args!("the clock jumps by {by_ms} ms"));
    desk.clock.jump(by_ms);
}
