//! What every route can reach.

use std::net::IpAddr;
use std::sync::Arc;

use postrider_engine::Engine;
use postrider_model::limits::Limits;
use postrider_service::{Authenticator, Sessions};

use tokio::sync::watch;

use crate::body_room::BodyRoom;
use crate::live_streams::LiveStreams;

/// The parts a server of the API is made of.
#[derive(Debug)]
pub struct AppParts {
    /// Accepts and sends.
    pub engine: Engine,
    /// Knows the keys.
    pub authenticator: Authenticator,
    /// Knows who is signed in.
    pub sessions: Sessions,
    /// The addresses deliveries come from, as the operator says (`--egress-ips`).
    pub egress_ips: Vec<IpAddr>,
    /// The version of this program.
    pub version: &'static str,
    /// Where customers reach this server (`--public-url`), without a final slash.
    pub public_url: String,
    /// Whether `/metrics` is on this listener; not where it has one of its own (`--metrics-listen`).
    pub serve_metrics: bool,
    /// Turns true when the server stops: what would go on for as long as somebody looks ends then.
    pub stopping: watch::Receiver<bool>,
}

/// The state of the routers; a clone is a count.
#[derive(Debug, Clone)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: AppParts,
    bodies: BodyRoom,
    live_streams: LiveStreams,
}

impl App {
    /// Of these parts.
    pub fn new(parts: AppParts) -> Self {
        let limits = parts.engine.limits();
        let bodies = BodyRoom::new(limits.max_bodies_bytes);
        let live_streams = LiveStreams::new(limits);
        Self(Arc::new(Inner { parts, bodies, live_streams }))
    }

    /// The places of pages that are kept up to date while they are open.
    pub fn live_streams(&self) -> &LiveStreams {
        &self.0.live_streams
    }
}

/// A state that knows what bodies may take.
pub trait HasLimits {
    /// Named limits.
    fn limits(&self) -> &Limits;

    /// The room that the bodies of all requests share.
    fn bodies(&self) -> &BodyRoom;
}

impl HasLimits for App {
    fn limits(&self) -> &Limits {
        self.0.parts.engine.limits()
    }

    fn bodies(&self) -> &BodyRoom {
        &self.0.bodies
    }
}

impl std::ops::Deref for App {
    type Target = AppParts;

    fn deref(&self) -> &AppParts {
        &self.0.parts
    }
}
