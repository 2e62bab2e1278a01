//! Pages that live: a part of a page is rendered again while it is open, and sent when it has changed (server-sent
//! events, HTML Living Standard 9.2). Without the script, or without this, pages are as they were when loaded.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use maud::{Markup, html};
use postrider_http::{App, LivePlace, code};
use postrider_service::authenticate::hash_key;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::page::Refusal;
use crate::visit::{SessionToken, Visit};

/// From one look to the next.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);
/// A stream ends then, and the browser opens it again: sessions that ended and nodes that stop are noticed.
const AGE: Duration = Duration::from_secs(300);

/// Wraps the part of a page that is kept up to date from `address`.
pub(crate) fn region(address: &str, part: &Markup) -> Markup {
    html! { div data-live=(address) { (part) } }
}

/// A stream of the part that `render` makes, which is told when there is nothing left to wait for.
pub(crate) fn follow<F>(app: App, visit: &Visit, render: impl FnMut() -> F + Send + 'static) -> Response
where
    F: Future<Output = Result<Part, Refusal>> + Send + 'static,
{
    follow_every(PAUSE, app, &visit.token, render)
}

/// As [`follow`], for any session, with that time from one look to the next.
pub(crate) fn follow_every<F>(
    pause: Duration,
    app: App,
    token: &SessionToken,
    render: impl FnMut() -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Result<Part, Refusal>> + Send + 'static,
{
    let Some(place) = app.live_streams().take(hash_key(&token.0)) else {
        // Such a page stays as it was loaded.
        return Refusal::of(code::OVERLOADED, "Too many pages are kept up to date.").into_response();
    };
    let token = token.clone();
    let state = Following {
        app,
        token,
        render,
        pause,
        last: None,
        began: Instant::now(),
        ended: false,
        _place: place,
    };
    let events = stream::unfold(state, Following::next);
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

/// What a look found.
#[derive(Debug)]
pub(crate) struct Part {
    /// The part of the page.
    pub(crate) markup: Markup,
    /// Whether it will not change any more.
    pub(crate) last: bool,
}

struct Following<R> {
    app: App,
    token: SessionToken,
    render: R,
    pause: Duration,
    last: Option<String>,
    began: Instant,
    ended: bool,
    _place: LivePlace,
}

impl<R, F> Following<R>
where
    R: FnMut() -> F,
    F: Future<Output = Result<Part, Refusal>>,
{
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if self.ended || self.began.elapsed() > AGE {
                return None;
            }
            // Also after a look that found something new: under load each one does.
            if self.last.is_some() && !rested(self.app.stopping.clone(), self.pause).await {
                return None;
            }
            if !goes_on(self.app.clone(), self.token.clone()).await {
                return None;
            }
            // What cannot be read now is not shown as gone: the page keeps what it has.
            let Ok(part) = (self.render)().await else { return None };
            self.ended = part.last;
            let html = part.markup.into_string();
            if self.last.as_ref() != Some(&html) {
                let name = if part.last { "last" } else { "part" };
                let event = Event::default().event(name).data(&html);
                self.last = Some(html);
                return Some((Ok(event), self));
            }
        }
    }
}

/// Waits for the next look; `false` if the server stops before.
async fn rested(mut stopping: watch::Receiver<bool>, pause: Duration) -> bool {
    tokio::select! {
        biased;
        _ = stopping.wait_for(|stopping| *stopping) => false,
        () = sleep(pause) => true,
    }
}

/// Whether the session is still there, and the server not about to stop.
async fn goes_on(app: App, token: SessionToken) -> bool {
    if *app.stopping.borrow() {
        return false;
    }
    let visitor = app.sessions.visitor(&app.engine, &app.authenticator, &token.0).await;
    matches!(visitor, Ok(Some(_)))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::State;
    use axum::routing::get;
    use postrider_service::session::SignIn;
    use postrider_world::{ROOT_KEY, World};

    use super::*;

    /// A part that is never the same twice.
    async fn busy(State(app): State<App>) -> Response {
        let sign_in = SignIn { key: ROOT_KEY }.run(&app.engine, &app.authenticator).await.unwrap();
        let mut looks = 0;
        follow_every(PAUSE, app, &SessionToken(sign_in.token), move || {
            looks += 1;
            async move { Ok(Part { markup: html! { (looks) }, last: looks == 20 }) }
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_changes_all_the_time_is_not_looked_at_more_often() {
        let surface = |app: App| Router::new().route("/busy", get(busy)).with_state(app);
        let world = World::under(surface, "standard").await;
        let began = Instant::now();
        let answer = world.answer(http::Request::builder().uri("/busy"), Vec::new()).await;
        assert_eq!(answer.text.matches("data:").count(), 20, "{}", answer.text);
        assert!(began.elapsed() >= 19 * PAUSE, "{:?}", began.elapsed());
    }
}
