//! Paths and methods there are not.

use axum::extract::OriginalUri;
use http::Method;

use crate::code;
use crate::problem::Problem;

/// The answer on a path that no surface has.
pub async fn unknown_path(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::new(code::NOT_FOUND, format!("There is no path {}.", uri.path()))
}

/// The answer on a path that has other methods; the router adds the Allow header.
pub async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Problem {
    Problem::new(code::METHOD_NOT_ALLOWED, format!("{} has no method {method}.", uri.path()))
}
