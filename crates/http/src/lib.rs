//! The axum kit shared by every surface: who calls, what they sent, how they are answered.
//!
//! A handler takes its caller first ([`May`], [`RootCaller`]), then its path and query, its body last, and answers
//! with a [`Reply`] or a [`Problem`]. There is no layer around the routes: what a request does not need, it does
//! not pay for.

pub mod app;
pub mod body;
mod body_room;
pub mod caller;
pub mod code;
pub mod fallback;
mod live_streams;
pub mod paging;
pub mod parse;
pub mod path;
pub mod problem;
pub mod query;
pub mod reply;
pub mod whole;

pub use app::{App, AppParts, HasLimits};
pub use body::{Json, NoBody, OptionalJson};
pub use body_room::BodyRoom;
pub use caller::{
    AnyKey, EventsWrite, May, Needs, ProjectAdmin, ROOT_ACTOR, RootCaller, WebhooksAdmin, WebhooksRead,
    WebhooksWrite, bearer, key_holder, lacks,
};
pub use code::Code;
pub use live_streams::{LivePlace, LiveStreams};
pub use paging::{Cursor, Limit, List, cursor_text};
pub use path::Path;
pub use problem::{FaultOut, Problem, ProblemOut};
pub use query::Query;
pub use reply::{NoContent, Reply, json_response};
