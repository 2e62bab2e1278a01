//! The contracts' documented routes (DESIGN 4.3): one module of the same shape for each dialect.
//!
//! A dialect is what a document says of *managing* webhooks: paths, JSON names, status codes, error bodies. What is
//! delivered is the contract file's to say. The key of a request says the project, the project its contract, the contract
//! its dialect; so two dialects may document the same path. Nothing outside a dialect's module names it but the table
//! below: removing one is deleting its module, its line, its contract file and its tests.

mod backend;
mod customer;
mod dispatch;
mod document;
mod endpoints;
mod lead_intake;
mod refusal;
mod scendcore;
mod scopien;
mod time;

use axum::Router;
use postrider_http::App;

/// One document's management routes.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// How contract files name it.
    pub(crate) name: &'static str,
    /// Where the document has the caller put the key.
    pub(crate) key: KeyPlace,
    /// The document's names of fields that the use cases name otherwise, as JSON pointers: (ours, the document's). A fault
    /// at or below ours is told with the document's name.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    /// Its routes, at their whole paths.
    pub(crate) routes: fn() -> Router<App>,
}

/// Where the key of a request is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// `Authorization: Bearer <key>`, as the document shows it.
    Bearer,
    /// There, or in `X-API-Key`: the document does not say.
    BearerOrApiKey,
}

/// Every dialect.
const DIALECTS: &[Dialect] = &[backend::DIALECT, lead_intake::DIALECT, scendcore::DIALECT, scopien::DIALECT];

/// The names a contract file may give as its `dialect`, besides `none`.
pub fn names() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|dialect| dialect.name)
}

/// All documented paths. What answers there is the router of the contract that the request's key belongs to.
pub fn router(app: App) -> Router {
    dispatch::router(app, DIALECTS)
}
