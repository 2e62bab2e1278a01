//! From a host to a TCP connection with one of its checked addresses.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::guard::{self, GuardPolicy};
use crate::{Failure, Resolve, ResolveError, TargetHost, wreck};

/// How long an address is waited for before the next is tried beside it (RFC 8305, 5).
const HEAD_START: Duration = Duration::from_millis(250);
/// How many addresses of a host are tried.
const MAX_TRIED: usize = 6;

/// All addresses of `host`, every one of which passed the guard: one that is refused refuses the host, since an
/// answer that mixes public and private addresses is an attack or a mistake (DESIGN 7).
pub(crate) async fn checked_addresses(
    host: &TargetHost,
    resolver: &dyn Resolve,
    policy: &GuardPolicy,
) -> Result<Vec<IpAddr>, Failure> {
    let mut addresses = match host {
        TargetHost::Address(address) => vec![*address],
        TargetHost::Name(name) => {
            resolver.resolve(name).await.map_err(|error| Failure::Dns(error.to_string().into()))?
        }
    };
    if addresses.is_empty() {
        return Err(Failure::Dns(ResolveError::NoAddress.to_string().into()));
    }
    for address in &addresses {
        guard::judge(*address, policy).map_err(|blocked| Failure::BlockedAddress(*address, blocked))?;
    }
    // Egress addresses that customers let in are IPv4 as a rule; a stable sort keeps the name server's order else.
    addresses.sort_by_key(IpAddr::is_ipv6);
    Ok(addresses)
}

/// Connects to the first of `addresses` that answers; each gets a head start over the next.
pub(crate) async fn dial(
    addresses: &[IpAddr],
    port: u16,
    bind: Option<IpAddr>,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut waiting = addresses
        .iter()
        .filter(|address| bind.is_none_or(|bind| bind.is_ipv4() == address.is_ipv4()))
        .take(MAX_TRIED)
        .map(|address| connect(SocketAddr::new(*address, port), bind));
    let mut trying: FuturesUnordered<_> = waiting.next().into_iter().collect();
    let mut first_failure = None;
    loop {
        match timeout(HEAD_START, trying.next()).await {
            Ok(Some(Ok(connected))) => return Ok(connected),
            Ok(Some(Err(error))) => {
                first_failure.get_or_insert(error);
                trying.extend(waiting.next());
            }
            Ok(None) => break,
            Err(_) => trying.extend(waiting.next()),
        }
    }
    Err(first_failure.map_or_else(
        || Failure::Connect("the host has no address of the family that is bound to".into()),
        |error| wreck::of_dial(&error),
    ))
}

async fn connect(address: SocketAddr, bind: Option<IpAddr>) -> io::Result<(TcpStream, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bind) = bind {
        socket.bind(SocketAddr::new(bind, 0))?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok((stream, address))
}
