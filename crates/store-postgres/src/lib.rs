//! The store that many nodes share, on PostgreSQL 15 and newer (DESIGN 5, 6).

#[cfg_attr(not(test), expect(dead_code, reason = "the ports that use it follow"))]
mod signal;
