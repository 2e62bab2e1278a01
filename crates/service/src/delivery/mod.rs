//! Deliveries: one event for one endpoint.

mod attempts;
mod cancel;
mod find;
mod list;
pub(crate) mod request;
mod resend;

pub use attempts::{ListAttempts, ListedAttempt, ListedAttempts};
pub use cancel::CancelDelivery;
pub use find::{FindDelivery, FoundDelivery};
pub use list::{ListDeliveries, ListedDeliveries};
pub use request::{ShowRequest, ShownRequest, ShownValue};
pub use resend::ResendDelivery;
