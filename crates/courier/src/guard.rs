//! Which addresses may be dialled (DESIGN 7). Pure: no names, no sockets.

mod blocks;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// What an operator opens. The default is the strictest: `https` to public addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuardPolicy {
    /// `http://` may be used (`--dev`).
    pub allow_http: bool,
    /// Loopback and private networks may be reached (`--dev`). Link-local addresses, where clouds keep their metadata
    /// services, stay closed.
    pub allow_private: bool,
    /// Networks that may be reached whatever they are (`allow_networks`). For an IPv4 address within an IPv6 one, the
    /// IPv4 address counts.
    pub allow_networks: Vec<IpNet>,
}

impl GuardPolicy {
    /// What `--dev` allows: `http`, loopback and private networks.
    #[must_use]
    pub fn dev() -> Self {
        Self { allow_http: true, allow_private: true, allow_networks: Vec::new() }
    }

    fn opens(&self, address: IpAddr, blocked: Blocked) -> bool {
        (self.allow_private && matches!(blocked, Blocked::Loopback | Blocked::Private))
            || self.allow_networks.iter().any(|network| network.contains(&address))
    }
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blocked {
    /// The machine itself.
    Loopback,
    /// A private network (RFC 1918, RFC 4193).
    Private,
    /// The link alone (RFC 3927, RFC 4291), where clouds keep their metadata services.
    LinkLocal,
    /// No address at all: `0.0.0.0/8` and `::`.
    Unspecified,
    /// The shared space of carriers (RFC 6598).
    Shared,
    /// Many machines, not one.
    Multicast,
    /// Set aside for documents.
    Documentation,
    /// Set aside for benchmarks.
    Benchmarking,
    /// An IPv6 form that leads to an IPv4 address by a way that cannot be checked (6to4, Teredo, IPv4-compatible).
    Transition,
    /// Another block of the registries of special-purpose addresses, or not given out.
    Reserved,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Unspecified => "an unspecified address",
            Self::Shared => "in the shared address space of carriers",
            Self::Multicast => "a multicast address",
            Self::Documentation => "reserved for documentation",
            Self::Benchmarking => "reserved for benchmarks",
            Self::Transition => "an address of an IPv6 transition mechanism",
            Self::Reserved => "a reserved address",
        })
    }
}

/// May `address` be dialled?
///
/// # Errors
/// Says why not, when neither the address is public nor `policy` opens it.
pub fn judge(address: IpAddr, policy: &GuardPolicy) -> Result<(), Blocked> {
    let address = reached_by(address);
    let verdict = match address {
        IpAddr::V4(v4) => blocks::block_of_v4(v4),
        IpAddr::V6(v6) => blocks::block_of_v6(v6),
    };
    match verdict {
        Some(blocked) if !policy.opens(address, blocked) => Err(blocked),
        _ => Ok(()),
    }
}

/// The address that is really reached: the IPv4 address within an IPv4-mapped (RFC 4291, 2.5.5.2) or NAT64 one
/// (`64:ff9b::/96`, RFC 6052), else the address itself.
fn reached_by(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => embedded_v4(v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [head @ .., a, b, c, d] = address.octets();
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    let nat64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0];
    (head == mapped || head == nat64).then(|| Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests;
