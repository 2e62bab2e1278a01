//! The transport of production.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::answer::{Bounds, Exchanged};
use crate::connect::Connector;
use crate::counters::{CourierCounters, Tally};
use crate::parcel::{Parcel, address_http1, address_http2, parcel};
use crate::pool::{Link, Pool, Wire};
use crate::{
    BodyCut, BoxFuture, CourierConfig, Failure, Outbound, Report, Stage, TlsIdentityError, Transport,
};

/// How often a request takes the time to close idle connections.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Sends over real sockets. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Courier {
    shared: Arc<Shared>,
}

struct Shared {
    connector: Connector,
    pool: Pool,
    tally: Tally,
    max_response_bytes: usize,
    made_at: Instant,
    /// When the pool is swept next, in milliseconds after `made_at`.
    next_sweep_ms: AtomicU64,
}

impl Courier {
    /// Reads the system's certificate authorities and makes the courier ready.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: CourierConfig) -> Result<Self, TlsIdentityError> {
        let shared = Shared {
            pool: Pool::new(&config),
            tally: Tally::default(),
            max_response_bytes: config.max_response_bytes,
            made_at: Instant::now(),
            next_sweep_ms: AtomicU64::new(SWEEP_EVERY.as_millis() as u64),
            connector: Connector::new(config)?,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// What it has counted.
    #[must_use]
    pub fn counters(&self) -> CourierCounters {
        self.shared.tally.read(self.shared.pool.idle())
    }

    /// Closes connections that were idle for too long. Requests see to this by themselves; a process that sends
    /// nothing for long may call it now and then.
    pub fn sweep(&self) {
        self.shared.pool.sweep(Instant::now());
    }
}

impl Transport for Courier {
    fn send(&self, request: Outbound) -> BoxFuture<'static, Report> {
        let shared = self.shared.clone();
        Box::pin(async move { shared.send(request).await })
    }
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier").field("counters", &self.counters()).finish_non_exhaustive()
    }
}

impl Shared {
    async fn send(&self, mut request: Outbound) -> Report {
        let started_at = Instant::now();
        self.sweep_now_and_then(started_at);
        let deadline = started_at + request.timeout;
        let bounds = Bounds::of(&request, self.max_response_bytes);
        let parcel = parcel(std::mem::take(&mut request.headers), std::mem::take(&mut request.body));
        let (exchanged, dialled) = self.exchange(&request, parcel, started_at, deadline, &bounds).await;
        report(exchanged, dialled, started_at.elapsed())
    }

    /// Sends on an idle connection or a new one; on a second, new one if the first turned out to be closed before
    /// anything was sent. What may have been received is never sent twice.
    async fn exchange(
        &self,
        request: &Outbound,
        mut parcel: Parcel,
        now: Instant,
        deadline: Instant,
        bounds: &Bounds,
    ) -> (Exchanged, Option<SocketAddr>) {
        while let Some(link) = self.pool.take(request, now) {
            let dialled = link.origin.dialled;
            match self.exchange_on(link, request, parcel, deadline, bounds).await {
                Exchanged::Unsent(unsent) => {
                    self.tally.reopened();
                    parcel = *unsent;
                }
                exchanged => {
                    self.tally.reused();
                    return (exchanged, dialled);
                }
            }
        }
        let link = match self.open(request, deadline).await {
            Ok(link) => link,
            Err((failure, dialled)) => return (Exchanged::Failed(failure), dialled),
        };
        let dialled = link.origin.dialled;
        match self.exchange_on(link, request, parcel, deadline, bounds).await {
            Exchanged::Unsent(_) => (Exchanged::Failed(Failure::ConnectionClosed), dialled),
            exchanged => (exchanged, dialled),
        }
    }

    async fn open(
        &self,
        request: &Outbound,
        deadline: Instant,
    ) -> Result<Link, (Failure, Option<SocketAddr>)> {
        match self.open_once(request, deadline).await {
            Err((Failure::OutOfSockets, _)) if self.pool.idle() > 0 => {
                tracing::warn!(idle = self.pool.idle(), "out of sockets: closing idle connections");
                self.pool.shrink();
                self.open_once(request, deadline).await
            }
            opened => opened,
        }
    }

    async fn open_once(
        &self,
        request: &Outbound,
        deadline: Instant,
    ) -> Result<Link, (Failure, Option<SocketAddr>)> {
        let mut progress = Progress { stage: Stage::Resolve, dialled: None };
        // Boxed: what is needed once per connection should not make the future of every request larger.
        let opening = Box::pin(self.connector.open(request, deadline, &mut progress));
        let link = match timeout_at(deadline, opening).await {
            Ok(Ok(link)) => link,
            Ok(Err(failure)) => return Err((failure, progress.dialled)),
            Err(_) => return Err((Failure::Timeout(progress.stage), progress.dialled)),
        };
        self.tally.opened();
        if let Wire::Http2(http2) = &link.wire {
            let shared = Link { origin: link.origin.clone(), wire: Wire::Http2(http2.clone()) };
            self.pool.put(shared, Instant::now(), None);
        }
        Ok(link)
    }

    async fn exchange_on(
        &self,
        mut link: Link,
        request: &Outbound,
        mut parcel: Parcel,
        deadline: Instant,
        bounds: &Bounds,
    ) -> Exchanged {
        match &mut link.wire {
            Wire::Http1(http1) => {
                address_http1(&mut parcel, &request.target);
                let exchanged = http1.exchange(self.connector.http1(), parcel, deadline, bounds).await;
                if let Exchanged::Answered(answer) = &exchanged
                    && http1.is_at_rest()
                {
                    self.pool.put(link, Instant::now(), answer.kept_open);
                }
                exchanged
            }
            Wire::Http2(http2) => {
                address_http2(&mut parcel, &request.target);
                let exchanged = http2.exchange(parcel, deadline, bounds).await;
                let may_be_dead = match &exchanged {
                    Exchanged::Answered(answer) => answer.cut == Some(BodyCut::Deadline),
                    Exchanged::Unsent(_) | Exchanged::Failed(_) => true,
                };
                if may_be_dead {
                    self.pool.forget_shared(&link.origin);
                }
                exchanged
            }
        }
    }

    fn sweep_now_and_then(&self, now: Instant) {
        let now_ms = now.saturating_duration_since(self.made_at).as_millis() as u64;
        let due_ms = self.next_sweep_ms.load(Relaxed);
        let next_ms = now_ms + SWEEP_EVERY.as_millis() as u64;
        if now_ms >= due_ms && self.next_sweep_ms.compare_exchange(due_ms, next_ms, Relaxed, Relaxed).is_ok()
        {
            self.pool.sweep(now);
        }
    }
}

/// How far the opening of a connection has come, for the report of an attempt that does not get further.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) stage: Stage,
    pub(crate) dialled: Option<SocketAddr>,
}

fn report(exchanged: Exchanged, dialled: Option<SocketAddr>, latency: Duration) -> Report {
    match exchanged {
        Exchanged::Answered(mut answer) => Report {
            retry_after: answer.retry_after.take(),
            body_cut: answer.cut,
            dialled,
            excerpt: answer.excerpt_taken(),
            ..Report::answered(answer.status, latency)
        },
        Exchanged::Unsent(_) => Report { dialled, ..Report::failed(Failure::ConnectionClosed, latency) },
        Exchanged::Failed(failure) => Report { dialled, ..Report::failed(failure, latency) },
    }
}
