//! SOCKS 5 (RFC 1928), with user and password (RFC 1929).

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Destination;
use crate::Proxy;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
const SUCCEEDED: u8 = 0;
/// RFC 1929, 2.
const LOGIN_VERSION: u8 = 1;

/// Asks for a tunnel. Afterwards the next byte of `stream` is the target's.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    via: &Proxy,
    destination: &Destination,
) -> Result<(), String> {
    greet(stream, via).await?;
    send(stream, &request(destination)?).await?;
    let [_, reply, _, kind] = read::<4, _>(stream).await?;
    if reply != SUCCEEDED {
        return Err(format!("the proxy answered: {}", reason(reply)));
    }
    // The address the proxy bound, which nobody needs.
    let bound_bytes = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(read::<1, _>(stream).await?[0]),
        _ => return Err("the proxy's answer is not SOCKS".to_owned()),
    };
    let mut bound = vec![0; bound_bytes + 2];
    stream.read_exact(&mut bound).await.map_err(|error| error.to_string())?;
    Ok(())
}

async fn greet<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, via: &Proxy) -> Result<(), String> {
    let method = if via.credentials.is_some() { USER_AND_PASSWORD } else { NO_AUTHENTICATION };
    send(stream, &[VERSION, 1, method]).await?;
    let [version, chosen] = read::<2, _>(stream).await?;
    if version != VERSION || chosen != method {
        return Err("the proxy refuses this way of signing in".to_owned());
    }
    let Some((user, password)) = &via.credentials else { return Ok(()) };
    let mut login = vec![LOGIN_VERSION];
    push_counted(&mut login, user)?;
    push_counted(&mut login, password)?;
    send(stream, &login).await?;
    match read::<2, _>(stream).await? {
        [_, SUCCEEDED] => Ok(()),
        _ => Err("the proxy refuses user and password".to_owned()),
    }
}

fn request(destination: &Destination) -> Result<Vec<u8>, String> {
    let mut request = vec![VERSION, CONNECT, 0];
    let port = match destination {
        Destination::Checked(SocketAddr::V4(v4)) => {
            request.push(IPV4);
            request.extend_from_slice(&v4.ip().octets());
            v4.port()
        }
        Destination::Checked(SocketAddr::V6(v6)) => {
            request.push(IPV6);
            request.extend_from_slice(&v6.ip().octets());
            v6.port()
        }
        Destination::Named(name, port) => {
            request.push(NAME);
            push_counted(&mut request, name)?;
            *port
        }
    };
    request.extend_from_slice(&port.to_be_bytes());
    Ok(request)
}

fn push_counted(into: &mut Vec<u8>, text: &str) -> Result<(), String> {
    into.push(u8::try_from(text.len()).map_err(|_| "longer than SOCKS allows".to_owned())?);
    into.extend_from_slice(text.as_bytes());
    Ok(())
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).await.map_err(|error| error.to_string())
}

async fn read<const N: usize, S: AsyncRead + Unpin>(stream: &mut S) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(|error| format!("no answer from the proxy: {error}"))?;
    Ok(bytes)
}

/// RFC 1928, 6.
const fn reason(reply: u8) -> &'static str {
    match reply {
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "connection timed out",
        _ => "general failure",
    }
}
