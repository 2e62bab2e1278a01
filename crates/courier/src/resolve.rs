//! From a host's name to its addresses.

use std::fmt;
use std::net::IpAddr;

use crate::BoxFuture;

/// Finds the addresses of a name. What it answers is put before the guard by the caller, every address of it.
pub trait Resolve: fmt::Debug + Send + Sync + 'static {
    /// All addresses of `host`, which is never a literal address.
    ///
    /// # Errors
    /// When the name does not exist, has no address, or nobody could be asked.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>>;
}

/// A name could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such name, or it has no address.
    #[error("the name has no address")]
    NoAddress,
    /// The name servers could not be asked or answered with an error.
    #[error("{0}")]
    Server(Box<str>),
}
