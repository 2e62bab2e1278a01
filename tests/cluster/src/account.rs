//! What was answered 202, what came, and whether it came as promised.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use postrider_tests::Delivery;
use serde_json::Value;

/// An event: the n-th of its tenant and key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Post {
    /// Its tenant.
    pub tenant: usize,
    /// Its ordering key.
    pub key: usize,
    /// Counts the events of tenant and key.
    pub n: usize,
}

/// A delivery that came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// At this endpoint of the tenant.
    pub endpoint: usize,
    /// The event.
    pub post: Post,
    /// When.
    pub at: Instant,
}

/// The books.
#[derive(Debug, Default)]
pub struct Account {
    answered: Mutex<Vec<(Post, Instant)>>,
    arrived: Mutex<Vec<Arrival>>,
}

impl Account {
    /// An event was answered 202.
    pub fn answered(&self, post: Post) {
        self.answered.lock().push((post, Instant::now()));
    }

    /// A delivery came to `/<tenant>/<endpoint>`.
    ///
    /// # Panics
    /// When it is none of the load's.
    pub fn arrived(&self, delivery: &Delivery) {
        let at = Instant::now();
        let body: Value = serde_json::from_slice(&delivery.body).expect("a body is JSON");
        let number = |name: &str| body["data"][name].as_u64().expect("a number") as usize;
        let endpoint = delivery.path.rsplit('/').next().and_then(|text| text.parse().ok());
        let post = Post { tenant: number("tenant"), key: number("key"), n: number("n") };
        let endpoint = endpoint.expect("the path ends with the endpoint");
        self.arrived.lock().push(Arrival { endpoint, post, at });
    }

    /// How many were answered 202.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.answered.lock().len()
    }

    /// How many deliveries came.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.arrived.lock().len()
    }

    /// Events answered 202 of which an endpoint has not got its delivery.
    #[must_use]
    pub fn missing(&self, endpoints: usize) -> Vec<(Post, usize)> {
        let came: BTreeSet<_> = self.arrived.lock().iter().map(|one| (one.post, one.endpoint)).collect();
        let answered = self.answered.lock();
        let all = answered.iter().flat_map(|(post, _)| (0..endpoints).map(|endpoint| (*post, endpoint)));
        all.filter(|one| !came.contains(one)).collect()
    }

    /// Deliveries that came more than once.
    #[must_use]
    pub fn duplicates(&self) -> usize {
        let arrived = self.arrived.lock();
        let different: BTreeSet<_> = arrived.iter().map(|one| (one.post, one.endpoint)).collect();
        arrived.len() - different.len()
    }

    /// Where an ordered endpoint got an event of a key after a later one: what came before, and what came then. A
    /// repetition of the last one is none.
    #[must_use]
    pub fn disorder(&self, ordered: impl Fn(usize) -> bool) -> Vec<(Arrival, Arrival)> {
        let mut last = BTreeMap::<(usize, usize, usize), Arrival>::new();
        let mut wrong = Vec::new();
        for one in self.arrived.lock().iter().filter(|one| ordered(one.endpoint)) {
            let key = (one.post.tenant, one.post.key, one.endpoint);
            if let Some(before) = last.insert(key, *one)
                && before.post.n > one.post.n
            {
                wrong.push((before, *one));
            }
        }
        wrong
    }

    /// The longest time without a delivery of each endpoint, in what lies between the two instants.
    #[must_use]
    pub fn gaps(&self, from: Instant, to: Instant) -> BTreeMap<(usize, usize), Duration> {
        let mut seen = BTreeMap::<(usize, usize), (Instant, Duration)>::new();
        for one in self.arrived.lock().iter().filter(|one| one.at >= from && one.at <= to) {
            let (last, gap) = seen.entry((one.post.tenant, one.endpoint)).or_insert((from, Duration::ZERO));
            *gap = (*gap).max(one.at.duration_since(*last));
            *last = one.at;
        }
        seen.into_iter().map(|(key, (last, gap))| (key, gap.max(to.duration_since(last)))).collect()
    }

    /// The longest time in which nothing was answered 202.
    #[must_use]
    pub fn longest_refusal(&self) -> Duration {
        let answered = self.answered.lock();
        let times = answered.iter().map(|(_, at)| *at);
        times.clone().zip(times.skip(1)).map(|(one, next)| next.duration_since(one)).max().unwrap_or_default()
    }
}
