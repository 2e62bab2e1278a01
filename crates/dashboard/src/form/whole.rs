//! A form that arrived is done to its end, also if its sender has gone: a browser that leaves a page, or sends its form
//! again, ends the connection, and what runs for that would be dropped wherever it is, such as between a change in the
//! store and the word of it to the engine.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use postrider_http::{App, code};
use tokio::sync::oneshot;

use crate::page::Refusal;

/// Answers a `POST` from a task of its own, which the server's stop waits for.
pub(crate) async fn to_its_end(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (done, answer) = oneshot::channel();
    let work = next.run(request);
    app.engine.spawner().spawn(Box::pin(async move {
        // Nobody may be left to be told.
        let _ = done.send(work.await);
    }));
    let stopped = || Refusal::of(code::UNAVAILABLE, "The server is stopping.").into_response();
    answer.await.unwrap_or_else(|_| stopped())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::routing::post;
    use axum::{Router, middleware};
    use postrider_world::World;
    use tokio::task::yield_now;

    use super::*;

    static DONE: AtomicBool = AtomicBool::new(false);

    async fn slow() {
        for _ in 0..3 {
            yield_now().await;
        }
        DONE.store(true, Ordering::SeqCst);
    }

    #[tokio::test(start_paused = true)]
    async fn a_form_is_done_to_its_end_though_its_sender_has_gone() {
        let surface = |app: App| {
            let layer = middleware::from_fn_with_state(app.clone(), to_its_end);
            Router::new().route("/slow", post(slow)).layer(layer).with_state(app)
        };
        let world = World::under(surface, "standard").await;
        tokio::select! {
            biased;
            _ = world.answer(http::Request::post("/slow"), Vec::new()) => panic!("it was answered at once"),
            () = std::future::ready(()) => {}
        }
        assert!(!DONE.load(Ordering::SeqCst));
        for _ in 0..10 {
            yield_now().await;
        }
        assert!(DONE.load(Ordering::SeqCst));
    }
}
