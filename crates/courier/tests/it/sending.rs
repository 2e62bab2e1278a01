//! What every test sends, and the resolver it sends by.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use postrider_courier::{
    BodyKeep, BoxFuture, Courier, CourierConfig, GuardPolicy, Outbound, Report, Resolve, ResolveError,
    StatusSet, Target, Transport,
};

/// Gives one answer after the other, the last one for ever.
#[derive(Debug)]
pub(crate) struct Answers {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Answers {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |text: &&str| text.parse().expect("an address");
        let answers = answers.iter().map(|answer| answer.iter().map(parse).collect()).collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolve for Answers {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len().saturating_sub(1));
        let answer = self.answers.get(turn).cloned().ok_or(ResolveError::NoAddress);
        Box::pin(async move { answer })
    }
}

/// A configuration for loopback receivers, which resolves every name to 127.0.0.1.
pub(crate) fn config() -> CourierConfig {
    CourierConfig { guard: GuardPolicy::dev(), ..CourierConfig::new(Answers::new(&[&["127.0.0.1"]])) }
}

pub(crate) fn courier() -> Courier {
    Courier::new(config()).expect("a courier")
}

pub(crate) fn post(url: &str) -> Outbound {
    let target = Target::parse(url, &GuardPolicy::dev()).expect("a good URL");
    Outbound {
        endpoint: 1,
        target: Arc::new(target),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{\"hello\":1}"),
        timeout: Duration::from_secs(5),
        keep: BodyKeep::default(),
        success: StatusSet::SUCCESSFUL,
        tls: None,
    }
}

pub(crate) async fn send(url: &str) -> Report {
    courier().send(post(url)).await
}

pub(crate) fn code(report: &Report) -> &'static str {
    assert_eq!(report.status, None, "{report:?}");
    report.failure.as_ref().expect("a failure").code()
}
