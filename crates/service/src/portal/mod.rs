//! The customers' portal: links that open it (DESIGN 10).

mod create_link;

pub use create_link::{CreatePortalLink, PortalLink};
