//! Several nodes of the running binary on one PostgreSQL: started, killed, cut off; a load that remembers what was
//! answered 202; and an account of what came.

mod account;
mod cluster;
mod load;
mod proxy;

pub use account::{Account, Arrival, Post};
pub use cluster::{Cluster, Node};
pub use load::{Load, Shape};
pub use proxy::Proxy;
