//! `CONNECT` (RFC 9110, 9.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Destination;
use crate::Proxy;

/// The longest head of an answer that is read.
const MAX_HEAD_BYTES: usize = 8 * 1024;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// Asks for a tunnel. Afterwards the next byte of `stream` is the target's.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    via: &Proxy,
    destination: &Destination,
) -> Result<(), String> {
    let authority = match destination {
        Destination::Checked(address) => address.to_string(),
        Destination::Named(name, port) => format!("{name}:{port}"),
    };
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    if let Some((user, password)) = &via.credentials {
        let token = STANDARD.encode(format!("{user}:{password}"));
        request.push_str(&format!("Proxy-Authorization: Basic {token}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let status = read_status(stream).await?;
    if (200..300).contains(&status) { Ok(()) } else { Err(format!("the proxy answered {status}")) }
}

/// Reads the head byte by byte: what follows it belongs to the tunnel.
async fn read_status<S: AsyncRead + Unpin>(stream: &mut S) -> Result<u16, String> {
    let mut head = Vec::with_capacity(128);
    while !head.ends_with(END_OF_HEAD) {
        if head.len() >= MAX_HEAD_BYTES {
            return Err("the proxy's answer is too long".to_owned());
        }
        head.push(stream.read_u8().await.map_err(|error| format!("no answer from the proxy: {error}"))?);
    }
    // `HTTP/1.1 200 …` (RFC 9112, 4)
    let is_http = head.starts_with(b"HTTP/1.");
    let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.filter(|_| is_http).ok_or_else(|| "the proxy's answer is not HTTP".to_owned())
}
