//! HTTP/1.1, one connection.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::answer::{Answer, Door};
use crate::wire;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const FAIL: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\nerror";
const DOWN: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\ndown";
const DRIBBLE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n";

/// Answers request after request.
pub(super) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, door: Door) {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        if !matches!(stream.read_buf(&mut buffer).await, Ok(count) if count > 0) {
            return;
        }
        while let Some(message) = wire::message(&buffer) {
            let (len, path) = (message.len, wire::path(message.first_line));
            let (answer, delay) = door.enter(path, message.body);
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let text = match answer {
                Answer::Ok(_) => OK,
                Answer::Fail => FAIL,
                Answer::Down => DOWN,
                // Longer than any deadline: the sender gives up, not we.
                Answer::Hang => return tokio::time::sleep(Duration::from_secs(600)).await,
                Answer::Dribble => return dribble(&mut stream).await,
            };
            let written = stream.write_all(text).await;
            door.leave(answer);
            if written.is_err() {
                return;
            }
            buffer.drain(..len);
        }
    }
}

/// A byte each second, until the sender has gone.
async fn dribble(stream: &mut (impl AsyncWrite + Unpin)) {
    if stream.write_all(DRIBBLE).await.is_err() {
        return;
    }
    while stream.write_all(b".").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
