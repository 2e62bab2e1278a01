//! `POST /v1/events` up to the queue of the next commit: key, route, body, validation, matching.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;

use super::Run;
use super::ports::Asleep;
use super::server::{Server, Site, bodies, request, runtime};
use crate::Outcome;

pub(super) const COUNT: usize = 576;

/// The core sleeps: a request that has put its event into the queue waits for it, and is then dropped.
pub(super) fn run(run: Run) -> Outcome {
    runtime()?.block_on(async {
        let site = Site::new().await?;
        let mut server = site.server(Arc::new(Asleep::default())).await?;
        let bodies = bodies();
        // The first ones read the key, the project and the routes.
        for body in &bodies {
            put_in_queue(&mut server, body).await?;
        }
        for body in bodies.iter().cycle().take(run.count) {
            put_in_queue(&mut server, body).await?;
        }
        site.close().await
    })
}

async fn put_in_queue(server: &mut Server, body: &Bytes) -> Outcome {
    let answered = server.call(request("/v1/events", body.clone())?);
    let mut answered = pin!(tokio::task::unconstrained(answered));
    let early = std::future::poll_fn(|cx| match answered.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => Poll::Ready(None),
    });
    match early.await {
        None => Ok(()),
        Some(answer) => Err(format!("answered before it was committed: {:?}", answer?).into()),
    }
}
