//! What pages are made of beside HTML: one style sheet, one script, one picture, from the binary.
//!
//! Each is served under the hash of its content, so that browsers keep it for good and never an old one.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use postrider_http::App;
use ring::digest::{SHA256, digest};

use crate::page::Refusal;
use crate::view::colour::Colour;

/// One file.
#[derive(Debug)]
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const STYLE: Asset = Asset {
    name: "dashboard.css",
    media_type: "text/css; charset=utf-8",
    content: include_str!("assets/dashboard.css"),
};
const SCRIPT: Asset = Asset {
    name: "dashboard.js",
    media_type: "text/javascript; charset=utf-8",
    content: include_str!("assets/dashboard.js"),
};
const ICON: Asset =
    Asset { name: "icon.svg", media_type: "image/svg+xml", content: include_str!("assets/icon.svg") };

/// The hash of all of them together: they belong together.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = [STYLE, SCRIPT, ICON].map(|asset| asset.content).concat();
    digest(&SHA256, all.as_bytes()).as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
});

/// The path of the style sheet below a face's prefix.
pub(crate) fn style() -> String {
    path(&STYLE)
}

/// The path of the script below a face's prefix.
pub(crate) fn script() -> String {
    path(&SCRIPT)
}

/// The path of the picture below a face's prefix.
pub(crate) fn icon() -> String {
    path(&ICON)
}

/// The path of the style sheet that sets a project's colour, below a face's prefix.
pub(crate) fn theme(colour: Colour) -> String {
    format!("/assets/{}/theme-{}.css", *VERSION, colour.hex())
}

fn path(asset: &Asset) -> String {
    format!("/assets/{}/{}", *VERSION, asset.name)
}

/// `GET …/assets/{version}/{name}`
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/assets/{version}/{name}", get(handler))
}

async fn handler(Path(parameters): Path<Parameters>) -> Result<Response, Refusal> {
    let name = parameters.name.as_str();
    if let Some(asset) = [STYLE, SCRIPT, ICON].into_iter().find(|asset| asset.name == name) {
        return Ok(file(asset.media_type, Body::from(asset.content), parameters.version == *VERSION));
    }
    let colour = name.strip_prefix("theme-").and_then(|name| name.strip_suffix(".css"));
    let colour = colour.and_then(Colour::parse_hex).ok_or_else(|| Refusal::not_found("page"))?;
    Ok(file(STYLE.media_type, Body::from(colour.style()), parameters.version == *VERSION))
}

/// Beside the parameters of a path that this may be nested in.
#[derive(Debug, serde::Deserialize)]
struct Parameters {
    version: String,
    name: String,
}

fn file(media_type: &'static str, body: Body, is_current: bool) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // During an upgrade another node may be asked for the files of a page of this one: those are not to be kept.
    let kept = if is_current { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}
