//! The contract: what a customer sees of a webhook system, as data (DESIGN 4.3).
//!
//! A contract file is read once ([`Contract::parse`]) into tables of ready-made pieces. From then on an event's
//! envelope is a few copies into one buffer ([`Contract::render`]) and its signature one pass of HMAC over it
//! ([`Contract::sign_headers`]), with keys prepared beforehand ([`SigningKey`]). No I/O, no clock, no randomness.

mod batch;
mod branding;
mod builtin;
mod contract;
mod envelope;
mod error;
mod file;
mod json_text;
mod notice;
mod policy;
mod secret;
mod settings;
mod sign;
mod status;
mod template;
mod verify;

pub use batch::batch_id;
pub use branding::Branding;
pub use builtin::{builtin_file, builtin_names};
pub use contract::{
    Batch, Catalogue, Contract, DeliveryTerms, EndpointTerms, EventType, FilterField, HealthTerms, Limits,
    SecretSource, SecretTerms,
};
pub use envelope::EventView;
pub use error::ContractError;
pub use notice::{Notice, NoticeView};
pub use policy::{DEFAULT_MAX_IN_FLIGHT, DeliveryPolicy};
pub use secret::{PRIVATE_KEY_PREFIX, PUBLIC_KEY_PREFIX, SecretError, SigningKey};
pub use settings::{RETENTION_DAYS, SettingFault, Settings};
pub use sign::{AttemptContext, ExtraHeader, KeyForm, Scheme, SignatureHeader, SignedHeaders, Var};
pub use status::{Failure, RetryOn, StatusSet};
pub use template::Part;
pub use verify::VerifyError;
