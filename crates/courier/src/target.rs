//! Where a request goes: a URL, read once and checked as far as it can be without a name server.

mod check;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::{HeaderValue, Uri};
use rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::guard::{self, Blocked, GuardPolicy};

/// The longest URL that is accepted, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// A URL that passed every check which needs no name server, with all that sending needs made ready.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    host: TargetHost,
    port: u16,
    is_https: bool,
    /// `/path?query`: the request target of HTTP/1.1 (RFC 9112, 3.2.1).
    origin_form: Uri,
    /// The whole URL, from which HTTP/2 makes its pseudo-headers.
    absolute_form: Uri,
    host_header: HeaderValue,
}

/// The host of a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetHost {
    /// A name in ASCII (Punycode) and lower case.
    Name(Arc<str>),
    /// A literal address.
    Address(IpAddr),
}

impl Target {
    /// Reads a URL by the WHATWG rules and refuses what can be refused when an endpoint is saved (DESIGN 7).
    ///
    /// # Errors
    /// Says what is wrong, in words for the customer who wrote the URL.
    pub fn parse(text: &str, policy: &GuardPolicy) -> Result<Self, TargetError> {
        check::text(text)?;
        let url = Url::parse(text).map_err(|error| TargetError::Malformed(error.to_string().into()))?;
        let is_https = check::scheme(&url, policy)?;
        check::parts(&url)?;
        let host = match url.host().ok_or(TargetError::NoHost)? {
            Host::Domain(name) => TargetHost::Name(check::name(name, policy)?.into()),
            Host::Ipv4(v4) => TargetHost::Address(IpAddr::V4(v4)),
            Host::Ipv6(v6) => TargetHost::Address(IpAddr::V6(v6)),
        };
        if let TargetHost::Address(address) = host {
            guard::judge(address, policy).map_err(|blocked| TargetError::Blocked(address, blocked))?;
        }
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(TargetError::Port)?;
        let malformed = |error: String| TargetError::Malformed(error.into());
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        Ok(Self {
            origin_form: path.parse().map_err(|error: http::uri::InvalidUri| malformed(error.to_string()))?,
            absolute_form: url
                .as_str()
                .parse()
                .map_err(|e: http::uri::InvalidUri| malformed(e.to_string()))?,
            host_header: HeaderValue::from_str(authority).map_err(|error| malformed(error.to_string()))?,
            host,
            port,
            is_https,
            url,
        })
    }

    /// The URL as the parser wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> &TargetHost {
        &self.host
    }

    /// The port, written or by the scheme.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Is it `https`?
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.is_https
    }

    /// The value of `Host`: the port is there only where it is not the scheme's own.
    #[must_use]
    pub const fn host_header(&self) -> &HeaderValue {
        &self.host_header
    }

    pub(crate) const fn origin_form(&self) -> &Uri {
        &self.origin_form
    }

    pub(crate) const fn absolute_form(&self) -> &Uri {
        &self.absolute_form
    }

    /// May a connection made for `other` be used for this one? Same scheme, host and port.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
            || (self.is_https == other.is_https && self.port == other.port && self.host == other.host)
    }

    /// The name the certificate must bear.
    pub(crate) fn server_name(&self) -> Option<ServerName<'static>> {
        match &self.host {
            TargetHost::Address(address) => Some(ServerName::IpAddress((*address).into())),
            TargetHost::Name(name) => {
                ServerName::try_from(name.strip_suffix('.').unwrap_or(name).to_owned()).ok()
            }
        }
    }
}

impl fmt::Debug for Target {
    // The path and the query of a webhook URL often hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(f, "{scheme}://{}/…", &self.url[url::Position::BeforeHost..url::Position::AfterPort])
    }
}

/// Why a URL is refused when an endpoint is saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not a URL.
    #[error("not a valid URL: {0}")]
    Malformed(Box<str>),
    /// Too long.
    #[error("the URL is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    /// Holds a space, a control character or a backslash, which URL parsers read differently.
    #[error("the URL holds a space, a control character or a backslash")]
    Characters,
    /// Neither `http` nor `https`.
    #[error("the URL must begin with https:// (or http:// where a server allows it)")]
    Scheme,
    /// `http` where only `https` is allowed.
    #[error("the URL must begin with https://; http:// is refused")]
    Insecure,
    /// `https://user:password@…`.
    #[error("the URL must not hold a user name or a password")]
    UserInfo,
    /// `#…`, which is never sent.
    #[error("the URL must not have a fragment")]
    Fragment,
    /// Nobody to send to.
    #[error("the URL has no host")]
    NoHost,
    /// The host is not a name that can be looked up.
    #[error("the host is not a valid name")]
    HostName,
    /// Port 0.
    #[error("the port is not valid")]
    Port,
    /// `localhost` or a name under it.
    #[error("a localhost name is refused: it is this machine itself")]
    Localhost,
    /// A literal address that the guard refuses.
    #[error("{0} is refused: it is {1}")]
    Blocked(IpAddr, Blocked),
}

impl TargetError {
    /// The stable name, for API errors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Localhost | Self::Blocked(..) => "blocked_address",
            Self::Insecure => "insecure_url",
            Self::TooLong => "url_too_long",
            Self::Malformed(_)
            | Self::Characters
            | Self::Scheme
            | Self::UserInfo
            | Self::Fragment
            | Self::NoHost
            | Self::HostName
            | Self::Port => "invalid_url",
        }
    }
}

/// The address `localhost` stands for, when a policy is asked about the name.
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[cfg(test)]
mod tests;
