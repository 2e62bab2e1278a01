//! A delivery's whole way: from the request to the routes, through the core, a commit, its lane, a prepared and signed
//! request, to the commit that settles it. Only sockets are missing.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::Run;
use super::ports::Tasks;
use super::server::{Server, Site, TYPED_ENDPOINTS, bodies, request, runtime};
use crate::Outcome;

/// Requests that are there at once: one commit takes them all.
const AT_ONCE: usize = 64;
pub(super) const COUNT: usize = AT_ONCE * TYPED_ENDPOINTS;

/// Each event has one delivery, taken at the first attempt.
pub(super) fn run(run: Run) -> Outcome {
    runtime()?.block_on(async {
        let site = Site::new().await?;
        let mut server = site.server(Arc::new(Tasks::default())).await?;
        // Windows open and lanes are made.
        post_all(&mut server, COUNT).await?;
        post_all(&mut server, run.count).await?;
        server.engine.stop().await;
        let posted = COUNT + run.count;
        if site.received() != posted {
            return Err(format!("{} of {posted} events were delivered", site.received()).into());
        }
        site.close().await
    })
}

async fn post_all(server: &mut Server, count: usize) -> Outcome {
    let bodies = bodies();
    let mut bodies = bodies.iter().cycle();
    for _ in 0..count / AT_ONCE {
        let mut requests = JoinSet::new();
        for body in bodies.by_ref().take(AT_ONCE) {
            let answered = server.call(request("/v1/events", body.clone())?);
            requests.spawn(async move { answered.await.map_err(|error| error.to_string()) });
        }
        while let Some(answer) = requests.join_next().await {
            match answer?? {
                (202, text) if text.ends_with(r#""deliveries":1}"#) => {}
                (status, text) => return Err(format!("{status}: {text}").into()),
            }
        }
    }
    Ok(())
}
