//! What a courier is built from.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use rustls::pki_types::CertificateDer;

use crate::{GuardPolicy, Resolve};

/// The settings of a [`Courier`](crate::Courier).
#[derive(Debug, Clone)]
pub struct CourierConfig {
    /// Which addresses may be dialled.
    pub guard: GuardPolicy,
    /// Where names are resolved.
    pub resolver: Arc<dyn Resolve>,
    /// How much of an answer's body is read.
    pub max_response_bytes: usize,
    /// How large the head of an answer may be; at least 8 KiB.
    pub max_header_bytes: usize,
    /// How many headers an answer may have.
    pub max_headers: usize,
    /// How long a connection is used before its host is resolved and checked again (DESIGN 7).
    pub connection_max_age: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// How many idle connections are kept for one endpoint.
    pub max_idle_per_endpoint: usize,
    /// How many idle connections are kept in all.
    pub max_idle: usize,
    /// The local address from which connections are made, for static egress.
    pub bind_address: Option<IpAddr>,
    /// The proxy through which everything goes.
    pub proxy: Option<Proxy>,
    /// Certificate authorities that are trusted beside those of the system ([`read_authorities`](crate::read_authorities)).
    pub authorities: Vec<CertificateDer<'static>>,
}

impl CourierConfig {
    /// The defaults of DESIGN 7, resolving names by `resolver`.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>) -> Self {
        Self {
            guard: GuardPolicy::default(),
            resolver,
            max_response_bytes: 64 * 1024,
            max_header_bytes: 64 * 1024,
            max_headers: 100,
            connection_max_age: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(60),
            max_idle_per_endpoint: 64,
            max_idle: 16_384,
            bind_address: None,
            proxy: None,
            authorities: Vec::new(),
        }
    }
}

/// A proxy for everything that is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// How it is spoken to.
    pub kind: ProxyKind,
    /// Its name or address.
    pub host: Box<str>,
    /// Its port.
    pub port: u16,
    /// User and password, if it asks for them.
    pub credentials: Option<(Box<str>, Box<str>)>,
    /// The proxy's address passes the guard too. These networks are open for it alone, so that a proxy in a private
    /// network does not open that network to the customers' URLs.
    pub allow_networks: Vec<IpNet>,
    /// The proxy gets the name instead of the checked address, and the guard for the target is the proxy's duty.
    pub proxy_resolves: bool,
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// `CONNECT` over plain TCP (RFC 9110, 9.3.6).
    Http,
    /// `CONNECT` over TLS.
    Https,
    /// SOCKS 5 (RFC 1928).
    Socks5,
}
