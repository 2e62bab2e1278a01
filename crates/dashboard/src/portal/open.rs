//! `GET /portal/{token}`: a link for a session (DESIGN 4.2, 10). A link is opened once, so a `HEAD` or a browser that loads
//! ahead does not use it up. A program that gets every address it sees, as chats do for previews, cannot be told from a
//! person: a link goes straight to the browser of whom it is for.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::header::SET_COOKIE;
use http::{HeaderMap, Method};
use postrider_http::App;
use postrider_service::session::{OpenPortal, OpenRefused};

use crate::page::{Refusal, see};
use crate::visit::Face;
use crate::visit::cookie::Jar;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/{token}", get(handler))
}

async fn handler(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    if !token.starts_with("pl_") {
        return Err(Refusal::not_found("page"));
    }
    let is_prefetch = ["sec-purpose", "purpose"].iter().any(|name| headers.contains_key(*name));
    if method == Method::HEAD || is_prefetch {
        return Err(Refusal::link(
            "Open this link in a browser",
            "A link can be opened once; it was not opened now.",
        ));
    }
    let opened = OpenPortal { token: &token }.run(&app.engine).await.map_err(refused)?;
    let jar = Jar {
        face: Face::Customer,
        secure: app.public_url.starts_with("https:"),
        embedded: is_embedded(&headers),
    };
    let seconds = opened.expires_at.since(app.engine.now()).as_secs();
    let mut response = see("/portal/webhooks");
    if let Some(cookie) = jar.keep(&opened.token, seconds) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether the page is to stand in another one (Fetch Metadata, `Sec-Fetch-Dest`).
fn is_embedded(headers: &HeaderMap) -> bool {
    matches!(headers.get("sec-fetch-dest").map(|value| value.as_bytes()), Some(b"iframe" | b"frame"))
}

fn refused(refused: OpenRefused) -> Refusal {
    match refused {
        OpenRefused::Unknown => Refusal::link(
            "This link is not valid",
            "There is no such link: it may have been cut off or changed on its way, or it was withdrawn.",
        ),
        OpenRefused::Expired => {
            Refusal::link("This link has expired", "A link is good for a few minutes only.")
        }
        OpenRefused::Used => Refusal::link("This link was used before", "A link can be opened once."),
        OpenRefused::Service(error) => error.into(),
    }
}
