//! Connections that wait for their next request.
//!
//! A connection serves one endpoint only, and only the origin, TLS identity and checked address it was opened for
//! (DESIGN 7). It is not given out again once it is too old: its host is then resolved and checked anew.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use ahash::AHashMap;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::http1::Http1;
use crate::http2::Http2;
use crate::{CourierConfig, Outbound, Target, TlsIdentity};

/// So many locks that two sending threads seldom meet.
const SHARDS: usize = 32;
/// So many connections are idle before the next ones rest cold: 3 MiB, and more than one lane uses at once.
const MAX_WARM: usize = 128;
/// How long before the receiver closes a connection we stop using it: a request takes its time to get there.
const MARGIN: Duration = Duration::from_secs(1);

/// What a connection was opened for, and when.
#[derive(Clone)]
pub(crate) struct Origin {
    endpoint: i64,
    target: Arc<Target>,
    tls: Option<Arc<TlsIdentity>>,
    pub(crate) dialled: Option<SocketAddr>,
    opened_at: Instant,
}

/// A connection of either kind.
pub(crate) enum Wire {
    Http1(Http1),
    Http2(Http2),
}

/// A connection and what it was opened for.
pub(crate) struct Link {
    pub(crate) origin: Origin,
    pub(crate) wire: Wire,
}

struct Idle {
    link: Link,
    until: Instant,
}

#[derive(Default)]
struct Shelf {
    /// The one used last is at the end, and is used next: what is not needed grows old and is swept out.
    idle: Vec<Idle>,
}

/// The idle connections of a courier.
pub(crate) struct Pool {
    shards: Vec<Mutex<AHashMap<i64, Shelf>>>,
    idle: AtomicUsize,
    max_age: Duration,
    idle_timeout: Duration,
    max_per_endpoint: usize,
    /// Comes down when the process runs out of sockets.
    max_idle: AtomicUsize,
}

impl Origin {
    pub(crate) fn new(request: &Outbound, dialled: Option<SocketAddr>, opened_at: Instant) -> Self {
        Self {
            endpoint: request.endpoint,
            target: request.target.clone(),
            tls: request.tls.clone(),
            dialled,
            opened_at,
        }
    }

    fn serves(&self, request: &Outbound) -> bool {
        self.target.same_origin(&request.target)
            && match (&self.tls, &request.tls) {
                (None, None) => true,
                (Some(ours), Some(theirs)) => ours.fingerprint() == theirs.fingerprint(),
                _ => false,
            }
    }
}

impl Pool {
    pub(crate) fn new(config: &CourierConfig) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            idle: AtomicUsize::new(0),
            max_age: config.connection_max_age,
            idle_timeout: config.idle_timeout,
            max_per_endpoint: config.max_idle_per_endpoint,
            max_idle: AtomicUsize::new(config.max_idle),
        }
    }

    pub(crate) fn idle(&self) -> usize {
        self.idle.load(Relaxed)
    }

    /// A connection for `request`, if there is one. An HTTP/2 connection stays for others to share.
    pub(crate) fn take(&self, request: &Outbound, now: Instant) -> Option<Link> {
        let mut outworn = Vec::new();
        let mut shard = self.shard(request.endpoint).lock();
        let shelf = shard.get_mut(&request.endpoint)?;
        let found = loop {
            let Some(idle) = shelf.idle.pop() else { break None };
            self.idle.fetch_sub(1, Relaxed);
            if !self.is_fresh(&idle, now) || !idle.link.origin.serves(request) {
                outworn.push(idle);
                continue;
            }
            if let Wire::Http2(http2) = &idle.link.wire {
                let shared = Link { origin: idle.link.origin.clone(), wire: Wire::Http2(http2.clone()) };
                self.shelve(shelf, Idle { link: shared, until: now + self.idle_timeout });
            }
            break Some(idle.link);
        };
        drop(shard);
        // Closing sockets takes its time: not under the lock.
        drop(outworn);
        found
    }

    /// Keeps `link` for the next request of its endpoint, if there is room. `kept_open` is how long the receiver says
    /// it keeps the connection: it is not used in the last second of that.
    pub(crate) fn put(&self, mut link: Link, now: Instant, kept_open: Option<Duration>) {
        let idle = self.idle();
        if idle >= self.max_idle.load(Relaxed) {
            return;
        }
        if let Wire::Http1(http1) = &mut link.wire
            && idle >= MAX_WARM
        {
            http1.cool();
            if !http1.is_at_rest() {
                return;
            }
        }
        let endpoint = link.origin.endpoint;
        let mut shard = self.shard(endpoint).lock();
        let shelf = shard.entry(endpoint).or_default();
        let shares = |idle: &Idle| matches!(idle.link.wire, Wire::Http2(_)) && self.is_fresh(idle, now);
        let is_spare = matches!(link.wire, Wire::Http2(_)) && shelf.idle.iter().any(shares);
        if !is_spare && shelf.idle.len() < self.max_per_endpoint {
            let kept_open = kept_open.map_or(self.idle_timeout, |kept_open| kept_open.saturating_sub(MARGIN));
            self.shelve(shelf, Idle { link, until: now + kept_open.min(self.idle_timeout) });
        }
    }

    /// Forgets the shared connection of an endpoint that gave no answer in time: it may be dead.
    pub(crate) fn forget_shared(&self, origin: &Origin) {
        let mut shard = self.shard(origin.endpoint).lock();
        let Some(shelf) = shard.get_mut(&origin.endpoint) else { return };
        let before = shelf.idle.len();
        shelf.idle.retain(|idle| {
            !matches!(idle.link.wire, Wire::Http2(_)) || idle.link.origin.opened_at != origin.opened_at
        });
        self.idle.fetch_sub(before - shelf.idle.len(), Relaxed);
    }

    /// Closes what has been idle for too long or is too old.
    pub(crate) fn sweep(&self, now: Instant) {
        for shard in &self.shards {
            let mut outworn = Vec::new();
            shard.lock().retain(|_, shelf| {
                outworn.extend(shelf.idle.extract_if(.., |idle| !self.is_fresh(idle, now)));
                !shelf.idle.is_empty()
            });
            self.idle.fetch_sub(outworn.len(), Relaxed);
        }
    }

    /// Closes half of what is idle and keeps no more than that from now on: the process has run out of sockets.
    pub(crate) fn shrink(&self) {
        let idle = self.idle();
        self.max_idle.store(idle / 2, Relaxed);
        let mut to_close = idle.div_ceil(2);
        for shard in &self.shards {
            let mut closed = Vec::new();
            for shelf in shard.lock().values_mut() {
                closed.extend(shelf.idle.drain(..shelf.idle.len().min(to_close - closed.len())));
            }
            to_close -= closed.len();
            self.idle.fetch_sub(closed.len(), Relaxed);
        }
    }

    fn shelve(&self, shelf: &mut Shelf, idle: Idle) {
        shelf.idle.push(idle);
        self.idle.fetch_add(1, Relaxed);
    }

    fn is_fresh(&self, idle: &Idle, now: Instant) -> bool {
        let is_open = match &idle.link.wire {
            Wire::Http1(_) => true,
            Wire::Http2(http2) => http2.is_open(),
        };
        is_open
            && now.saturating_duration_since(idle.link.origin.opened_at) < self.max_age
            && now < idle.until
    }

    fn shard(&self, endpoint: i64) -> &Mutex<AHashMap<i64, Shelf>> {
        // Interned integers are dense: their low bits spread well.
        &self.shards[endpoint.rem_euclid(SHARDS as i64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::stream::Stream;
    use crate::{GuardPolicy, SystemResolver};

    fn request(endpoint: i64, target: &Arc<Target>) -> Outbound {
        Outbound {
            endpoint,
            target: target.clone(),
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
            timeout: Duration::from_secs(1),
            keep: crate::BodyKeep::default(),
            success: crate::StatusSet::SUCCESSFUL,
            tls: None,
        }
    }

    #[tokio::test]
    async fn out_of_sockets_half_of_what_is_idle_is_closed_and_no_more_is_kept() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let target = Target::parse(&format!("http://{address}/"), &GuardPolicy::dev()).expect("a good URL");
        let target = Arc::new(target);
        let pool = Pool::new(&CourierConfig::new(Arc::new(SystemResolver::new().expect("a resolver"))));
        let now = Instant::now();
        let link = async |endpoint| {
            let stream = Stream::Tcp(TcpStream::connect(address).await.expect("it listens"));
            let origin = Origin::new(&request(endpoint, &target), None, now);
            Link { origin, wire: Wire::Http1(Http1::new(stream, now)) }
        };
        for n in 0..9 {
            pool.put(link(n % 4).await, now, None);
        }
        pool.shrink();
        assert_eq!(pool.idle(), 4);
        pool.put(link(1).await, now, None);
        assert_eq!(pool.idle(), 4);
        let held =
            (0..4).map(|endpoint| std::iter::from_fn(|| pool.take(&request(endpoint, &target), now)).count());
        assert_eq!(held.sum::<usize>(), 4);
        assert_eq!(pool.idle(), 0);
    }
}
