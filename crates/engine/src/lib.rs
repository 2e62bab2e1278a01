//! The engine: accepts events, commits them, dispatches deliveries, settles what came of them (DESIGN 2).
//!
//! [`Engine::accept`] validates and matches in the caller's task and hands a draft to the node's one *core*: a
//! single task that owns every lane, builds every commit and starts every attempt. Attempts run in tasks of their
//! own and report back to it. Nothing is shared between the core and the rest but queues, so the whole engine runs
//! unchanged under simulation: time, randomness, the network and the spawning of tasks come through [`ports`].

pub mod accept;
mod attempt;
mod cluster;
mod core;
mod engine;
mod metrics;
mod parts;
mod plan;
pub mod ports;
mod project;
mod routes;
pub mod schema;
mod shared;
mod time;
mod upkeep;

pub use accept::{AcceptError, Accepted, EventIn, Fault, Origin};
pub use cluster::NodeSettings;
pub use engine::{Engine, TestSent};
pub use parts::{EngineParts, Settings};
pub use plan::EndpointPlan;
pub use project::{Contracts, ProjectContext};
