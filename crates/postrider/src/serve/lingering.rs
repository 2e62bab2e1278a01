//! A connection that is not closed into the face of a client that is still sending.
//!
//! A request can be answered before all of it has arrived (413). Closing the socket then makes the kernel reset the
//! connection, and the client may never see the answer. So the close waits a moment: what still comes is read and
//! thrown away.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Sleep, sleep};

/// The longest that the close waits.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most that is thrown away, in bytes: twice the largest body.
const MAX_BYTES: usize = 32 << 20;

/// A TCP connection whose shutdown waits for the client's.
#[derive(Debug)]
pub(crate) struct Lingering {
    stream: TcpStream,
    /// When the server stops, nothing is waited for.
    stop: watch::Receiver<bool>,
    drain: Option<Drain>,
}

#[derive(Debug)]
struct Drain {
    until: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl Lingering {
    /// Around this connection.
    pub(crate) fn new(stream: TcpStream, stop: watch::Receiver<bool>) -> Self {
        Self { stream, stop, drain: None }
    }
}

impl Drain {
    fn poll(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [MaybeUninit::uninit(); 8 * 1024];
        loop {
            if self.until.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::uninit(&mut bytes);
            let outcome = ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer));
            let read = buffer.filled().len();
            self.bytes_left = self.bytes_left.saturating_sub(read);
            if outcome.is_err() || read == 0 || self.bytes_left == 0 {
                return Poll::Ready(());
            }
        }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.drain.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if *this.stop.borrow() {
                return Poll::Ready(Ok(()));
            }
        }
        let drain = this
            .drain
            .get_or_insert_with(|| Drain { until: Box::pin(sleep(PATIENCE)), bytes_left: MAX_BYTES });
        drain.poll(&mut this.stream, cx).map(Ok)
    }
}
