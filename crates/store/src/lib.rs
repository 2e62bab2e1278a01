//! The storage port: what the engine and the use cases ask of a store, and the suite every store passes.
//!
//! Small ports (DESIGN 5): [`Journal`] takes what was accepted and what became of it, [`Backlog`] says what
//! is due, [`Catalogue`] keeps what people configure, [`History`] lists what happened, [`Upkeep`] tidies in steps,
//! [`Sessions`] knows who is signed in, [`Cluster`] shares one store among nodes.
//! Ordinals and row keys identify things inside; tenants are part of every query that a customer can reach.

pub mod attempt_log;
mod backlog;
mod catalogue;
mod cluster;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod history;
mod journal;
mod match_set;
pub mod paging;
mod sessions;
pub mod transfer;
mod upkeep;

pub use backlog::{
    Backlog, DueDelivery, DuePage, DueQuery, FanoutPage, FanoutPart, FanoutQuery, Recovered, StoredEvent,
    WaitingFanout,
};
pub use catalogue::{
    ApiKey, AuditEntry, AuditQuery, BadCounts, Catalogue, Endpoint, EndpointChange, EndpointPatch,
    EndpointQuery, EventType, NewApiKey, NewAudit, NewEndpoint, NewEventType, NewProject, NewReplay, Project,
    ProjectPatch, ProjectStatRow, ProjectSum, Replay, ReplayProgress, ReplayStatus, Reseal, SeenBacklog,
    StatRow, StatSum, Steps, Tenant,
};
pub use cluster::{
    Beat, Buried, Claimed, Cluster, Joined, NewNode, News, NewsCursor, NewsQuery, NodeSeen, Signal, View,
};
pub use error::StoreError;
pub use history::{
    DeliveryDetail, DeliveryQuery, DeliverySummary, EventDetail, EventQuery, EventSummary, History, Page,
    Scope, Selection,
};
pub use journal::{
    Append, AppendOutcome, Batch, Change, ChangeOutcome, Committed, EventFlags, EventOutcome, Fanout,
    FanoutChunk, HealthWrite, IdempotencyMark, Journal, NewDelivery, NewEvent, Next, Place, Settle, Settled,
};
pub use match_set::MatchSet;
pub use sessions::{
    FormKey, LINK_REMEMBERED, NewPortalLink, NewSession, NewSessionKey, OpenLink, Session, SessionHolder,
    Sessions, TakenForm, TokenHash,
};
pub use upkeep::{Stepped, StoreFacts, Sweep, SweepInto, Swept, Upkeep};

/// All ports of one store.
pub trait Store: Journal + Backlog + Catalogue + History + Sessions + Upkeep + Cluster {}
impl<T: Journal + Backlog + Catalogue + History + Sessions + Upkeep + Cluster> Store for T {}
