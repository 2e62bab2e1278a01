//! Outbound HTTP: one guarded request in, one outcome out.
//!
//! The engine hands an [`Outbound`] to a [`Transport`] and gets a [`Report`]. [`Courier`] is the transport of
//! production: it resolves the host, puts *every* address before the guard ([`guard::judge`]), dials one of the
//! addresses that were checked, speaks HTTP/1.1 or HTTP/2 and reads a bounded part of the answer, all within one
//! deadline. It knows no database, no contract and no delivery. The simulation brings a transport of its own.

mod alarm;
mod answer;
mod config;
mod connect;
mod counters;
mod courier;
mod dial;
mod doorbell;
mod failure;
pub mod guard;
mod http1;
mod http2;
mod parcel;
mod pool;
mod proxy;
mod report;
mod resolve;
mod status;
mod stream;
mod system_resolver;
mod target;
mod tls;
mod transport;
mod wreck;

pub use config::{CourierConfig, Proxy, ProxyKind};
pub use counters::CourierCounters;
pub use courier::Courier;
pub use failure::{Failure, Stage};
pub use guard::{Blocked, GuardPolicy};
pub use report::{BodyCut, Report};
pub use resolve::{Resolve, ResolveError};
pub use rustls::pki_types::CertificateDer;
pub use status::StatusSet;
pub use system_resolver::SystemResolver;
pub use target::{MAX_URL_BYTES, Target, TargetError, TargetHost};
pub use tls::{TlsIdentity, TlsIdentityError, read_authorities};
pub use transport::{BodyKeep, BoxFuture, Outbound, Transport};
