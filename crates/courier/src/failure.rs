//! Why a request got no answer, named by the stage it happened in.

use std::fmt;
use std::net::IpAddr;

use crate::Blocked;

/// Why there is no status. Each has a stable [`code`](Failure::code) and a sentence for people (its `Display`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The attempt's deadline came first.
    Timeout(Stage),
    /// The name could not be resolved.
    Dns(Box<str>),
    /// The guard refuses an address of the host (DESIGN 7): nothing was dialled.
    BlockedAddress(IpAddr, Blocked),
    /// Nobody listens at the address.
    ConnectionRefused,
    /// The address could not be reached.
    Connect(Box<str>),
    /// This machine has no sockets left: not the endpoint's fault.
    OutOfSockets,
    /// The proxy could not be reached or would not connect.
    Proxy(Box<str>),
    /// TLS could not be agreed on, or the certificate is not trusted.
    Tls(Box<str>),
    /// The connection was reset after it stood.
    ConnectionReset,
    /// The connection was closed without an answer.
    ConnectionClosed,
    /// The head of the answer is larger than the transport reads.
    HeadersTooLarge,
    /// What came back is not HTTP.
    Protocol(Box<str>),
    /// The request itself cannot be sent: a URL that the guard would have refused when it was saved.
    BadUrl(Box<str>),
}

/// How far an attempt had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Asking for the host's addresses.
    Resolve,
    /// Opening the TCP connection, to the host or through the proxy.
    Connect,
    /// Agreeing on TLS.
    Tls,
    /// Sending the request and waiting for the head of the answer.
    Response,
}

impl Failure {
    /// The stable name, as shown on an attempt.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Dns(_) => "dns_error",
            Self::BlockedAddress(..) => "blocked_address",
            Self::ConnectionRefused => "connection_refused",
            Self::Connect(_) => "connection_failed",
            Self::OutOfSockets => "out_of_sockets",
            Self::Proxy(_) => "proxy_error",
            Self::Tls(_) => "tls_error",
            Self::ConnectionReset => "connection_reset",
            Self::ConnectionClosed => "connection_closed",
            Self::HeadersTooLarge => "response_headers_too_large",
            Self::Protocol(_) => "protocol_error",
            Self::BadUrl(_) => "bad_url",
        }
    }

    /// A few words for people, without what is particular to this one: `Connection timeout`.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Timeout(Stage::Response) => "Response timeout",
            Self::Timeout(_) => "Connection timeout",
            Self::Dns(_) => "Name resolution failed",
            Self::BlockedAddress(..) => "Blocked address",
            Self::ConnectionRefused => "Connection refused",
            Self::Connect(_) => "Connection failed",
            Self::OutOfSockets => "The sender has no sockets left",
            Self::Proxy(_) => "Proxy error",
            Self::Tls(_) => "TLS error",
            Self::ConnectionReset => "Connection reset",
            Self::ConnectionClosed => "Connection closed without an answer",
            Self::HeadersTooLarge => "Response headers too large",
            Self::Protocol(_) => "Not an HTTP answer",
            Self::BadUrl(_) => "Bad URL",
        }
    }

    /// What is particular to this one, or nothing.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Timeout(stage) => stage.words().to_owned(),
            Self::BlockedAddress(address, blocked) => format!("{address} is {blocked}"),
            Self::Dns(text)
            | Self::Connect(text)
            | Self::Proxy(text)
            | Self::Tls(text)
            | Self::Protocol(text)
            | Self::BadUrl(text) => text.to_string(),
            Self::ConnectionRefused
            | Self::ConnectionReset
            | Self::ConnectionClosed
            | Self::HeadersTooLarge
            | Self::OutOfSockets => String::new(),
        }
    }

    /// Did the deadline end it?
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_))
    }

    /// Was there no working connection (DESIGN 2.3: what narrows the window and opens the breaker, beside timeouts)?
    /// A blocked address, a bad URL, an answer that is not HTTP and a want of sockets here are not of this kind.
    #[must_use]
    pub const fn is_connection(&self) -> bool {
        match self {
            Self::Dns(_)
            | Self::ConnectionRefused
            | Self::Connect(_)
            | Self::Proxy(_)
            | Self::Tls(_)
            | Self::ConnectionReset
            | Self::ConnectionClosed => true,
            Self::Timeout(_)
            | Self::BlockedAddress(..)
            | Self::OutOfSockets
            | Self::HeadersTooLarge
            | Self::Protocol(_)
            | Self::BadUrl(_) => false,
        }
    }
}

impl Stage {
    const fn words(self) -> &'static str {
        match self {
            Self::Resolve => "while resolving the name",
            Self::Connect => "while connecting",
            Self::Tls => "while agreeing on TLS",
            Self::Response => "while waiting for the answer",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = self.detail();
        if detail.is_empty() { f.write_str(self.title()) } else { write!(f, "{}: {detail}", self.title()) }
    }
}

impl std::error::Error for Failure {}
