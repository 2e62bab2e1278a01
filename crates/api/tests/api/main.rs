//! The native API in-process: the real router, engine and store, virtual time, and receivers that answer as told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod authentication;
mod contracts;
mod deliveries;
mod documents;
mod endpoint_actions;
mod endpoints;
mod event_types;
mod events;
mod filters;
mod keys;
mod leaving;
mod portal;
mod problems;
mod projects;
mod replays;
mod restarts;
mod search;
mod stats;
mod tenants;
mod verification_code;
