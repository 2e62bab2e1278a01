//! A change is made to its end, also if whoever asked for it has gone. What runs for a connection is dropped with it,
//! wherever it is; between a change in the store and the word of it to the engine that would leave the engine with the
//! old state.

use std::future::Future;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use tokio::sync::oneshot;

use crate::app::App;
use crate::code;
use crate::problem::Problem;

/// The answer of what changes something, made in a task of its own, which the server's stop waits for; `None` if the
/// server stops before it is there.
async fn to_its_end(app: &App, work: impl Future<Output = Response> + Send + 'static) -> Option<Response> {
    let (done, answer) = oneshot::channel();
    app.engine.spawner().spawn(Box::pin(async move {
        // Nobody may be left to be told.
        let _ = done.send(work.await);
    }));
    answer.await.ok()
}

/// A layer for routes that change something: everything but `GET` and `HEAD` is done to its end.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let stopped = || Problem::new(code::UNAVAILABLE, "The server is stopping.").into_response();
    to_its_end(&app, next.run(request)).await.unwrap_or_else(stopped)
}
