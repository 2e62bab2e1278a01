//! Pure types and rules of Postrider: no I/O, no async, no clock.
//!
//! Everything here is decided from its arguments alone, so every rule of the system can be tested
//! without a server: ids, names, type patterns, filters, timetables, endpoint health and limits.

pub mod breaker;
pub mod delivery;
pub mod endpoint;
pub mod filter;
pub mod health;
pub mod id;
pub mod json;
pub mod latency;
pub mod limits;
pub mod name;
pub mod pattern;
pub mod rate;
pub mod retry_after;
pub mod slot;
pub mod time;
pub mod timetable;
pub mod window;
