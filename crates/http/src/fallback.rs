//! Paths and methods there are not.

use http::{Method, Uri};

use crate::code;
use crate::problem::Problem;

/// The answer on a path that no surface has.
pub async fn unknown_path(uri: Uri) -> Problem {
    Problem::new(code::NOT_FOUND, format!("There is no path {}.", uri.path()))
}

/// The answer on a path that has other methods; the router adds the Allow header.
pub async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(code::METHOD_NOT_ALLOWED, format!("{} has no method {method}.", uri.path()))
}
