//! Deliveries and attempts.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id::{EndpointKey, Ordinal};
use crate::time::Millis;

/// A delivery's identity: one event for one endpoint (DESIGN 1). There is no third id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryKey {
    /// The event.
    pub event: Ordinal,
    /// The endpoint.
    pub endpoint: EndpointKey,
}

/// Where a delivery stands. "In flight" is never stored: a crash turns it back into pending by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It has a due time, or is in a lane.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// It was given up.
    Failed,
    /// Its endpoint was disabled: kept, visible, replayable.
    Held,
    /// Somebody cancelled it, or its endpoint was deleted.
    Cancelled,
}

impl DeliveryState {
    /// Every state, in the order of their codes.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Delivered, Self::Failed, Self::Held, Self::Cancelled];

    /// The number the stores keep.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// The inverse of [`DeliveryState::code`].
    pub fn from_code(code: i64) -> Option<Self> {
        usize::try_from(code).ok().and_then(|index| Self::ALL.get(index).copied())
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One HTTP request made for a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Counted from 1, going on over resends and replays.
    pub number: u32,
    /// When the request began.
    pub started_at: Millis,
    /// From then to the end of the response or the failure.
    pub latency_ms: u32,
    /// The response's status, where there was one.
    pub response_status: Option<u16>,
    /// A stable code (`timeout`, `connection_refused`, `http_status`, `blocked_address` …); `None` on success.
    pub error: Option<String>,
    /// Whether the attempt counted as a success.
    pub success: bool,
    /// The beginning of the response body.
    pub excerpt: Bytes,
    /// A remark, for example that the body was cut by the deadline.
    pub note: Option<String>,
}
