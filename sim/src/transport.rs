//! Receivers: each behaves well or badly for a while, by the seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use postrider_courier::{BoxFuture, Failure, Outbound, Report, Stage, Transport};
use postrider_engine::ports::Clock;

use crate::check::begin::Beginning;
use crate::clock::SimClock;
use crate::kernel::Kernel;
use crate::ledger::{Ledger, RequestEnd};
use crate::prng::Prng;

/// A receiver keeps to one behaviour for this long.
const PHASE_MS: i64 = 7_000;

/// What receivers have in common through all lives.
#[derive(Debug)]
pub(crate) struct Receivers {
    pub(crate) seed: Prng,
    pub(crate) prng: Mutex<Prng>,
    pub(crate) trouble: f64,
    /// From now on all answer well.
    pub(crate) healed: AtomicBool,
}

#[derive(Debug, Clone, Copy)]
enum Behaviour {
    Well,
    Slow,
    Failing(f64),
    Hanging,
    Resetting,
    TooMany,
    Gone,
}

/// What a request gets.
enum Answer {
    Status(u16, Option<i64>),
    Fails(Failure),
}

impl Receivers {
    fn behaviour(&self, endpoint: i64, true_ms: i64) -> Behaviour {
        if self.healed.load(Ordering::Relaxed) {
            return Behaviour::Well;
        }
        let phase = (endpoint as u64) << 32 | (true_ms / PHASE_MS) as u64;
        let mut prng = self.seed.fork(phase);
        if !prng.chance(self.trouble) {
            return Behaviour::Well;
        }
        match prng.below(16) {
            0..=2 => Behaviour::Slow,
            3..=6 => Behaviour::Failing(0.5),
            7..=8 => Behaviour::Failing(1.0),
            9..=10 => Behaviour::Hanging,
            11..=12 => Behaviour::Resetting,
            13..=14 => Behaviour::TooMany,
            _ => Behaviour::Gone,
        }
    }

    fn answer(&self, behaviour: Behaviour, timeout: Duration) -> (Answer, Duration) {
        let mut prng = self.prng.lock();
        let quick = Duration::from_millis(prng.below(30));
        match behaviour {
            Behaviour::Well => (Answer::Status(200, None), quick),
            Behaviour::Slow => {
                let latency = timeout.mul_f64(prng.below(130) as f64 / 100.0);
                if latency >= timeout {
                    (Answer::Fails(Failure::Timeout(Stage::Response)), timeout)
                } else {
                    (Answer::Status(204, None), latency)
                }
            }
            Behaviour::Failing(share) if prng.chance(share) => {
                (Answer::Status(*prng.pick(&[500, 502, 404, 302]).unwrap_or(&500), None), quick)
            }
            Behaviour::Failing(_) => (Answer::Status(200, None), quick),
            Behaviour::Hanging => (Answer::Fails(Failure::Timeout(Stage::Response)), timeout),
            Behaviour::Resetting => (Answer::Fails(Failure::ConnectionReset), quick),
            Behaviour::TooMany => (Answer::Status(429, Some(prng.within(1, 12) as i64)), quick),
            Behaviour::Gone => (Answer::Status(410, None), quick),
        }
    }
}

/// The network of one life.
#[derive(Debug)]
pub(crate) struct SimTransport {
    pub(crate) receivers: Arc<Receivers>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) kernel: Arc<Kernel>,
}

impl Transport for SimTransport {
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report> {
        let true_ms = self.clock.true_ms();
        let index = {
            let mut ledger = self.ledger.lock();
            let beginning = Beginning {
                endpoint: request.endpoint,
                body: &request.body,
                wall: self.clock.now(),
                true_ms,
            };
            let index = ledger.begin(&beginning);
            if ledger.violation.is_some() {
                self.kernel.die();
            }
            index
        };
        let behaviour = self.receivers.behaviour(request.endpoint, true_ms);
        let (answer, latency) = self.receivers.answer(behaviour, request.timeout);
        let (ledger, clock) = (Arc::clone(&self.ledger), Arc::clone(&self.clock));
        Box::pin(async move {
            tokio::time::sleep(latency).await;
            let (report, success, retry_after_s) = match answer {
                Answer::Status(status, retry_after_s) => {
                    let mut report = Report::answered(status, latency);
                    report.retry_after = retry_after_s.map(http::HeaderValue::from);
                    (report, (200..300).contains(&status), retry_after_s)
                }
                Answer::Fails(failure) => (Report::failed(failure, latency), false, None),
            };
            let mut ledger = ledger.lock();
            ledger.tick();
            ledger.trace.line(
                clock.true_ms(),
                format_args!("answer {index}: {:?} {:?}", report.status, report.failure),
            );
            let end = RequestEnd {
                wall: clock.now(),
                true_ms: clock.true_ms(),
                success,
                retry_after_ms: retry_after_s.map(|seconds| seconds * 1_000),
            };
            if let Some(request) = ledger.requests.get_mut(index) {
                request.end = Some(end);
            }
            report
        })
    }
}
