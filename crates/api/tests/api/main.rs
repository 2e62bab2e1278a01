//! The native API in-process: the real router, engine and store, virtual time, and receivers that answer as told.

mod deliveries;
mod endpoints;
mod events;
mod receivers;
mod replays;
mod world;
