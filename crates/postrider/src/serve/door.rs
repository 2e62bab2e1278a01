//! The door: takes connections and speaks HTTP/1.1 on them until the server stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::task::TaskTracker;

use super::lingering::Lingering;

/// From a connection's last answer to the end of its next head; a client that keeps connections must expect the end.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The largest head of a request, and the largest piece of a body that is read at once, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;
const BACKLOG: u32 = 4_096;
/// After an error of `accept` that will not go away by itself at once (no file descriptors left).
const PAUSE: Duration = Duration::from_millis(50);

/// A listener that is bound.
#[derive(Debug)]
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

/// What all doors of a server share.
#[derive(Debug, Clone)]
pub(crate) struct Hall {
    /// Counts connections, so that a stop can wait for them.
    pub(crate) connections: TaskTracker,
    /// Turns true when the server stops.
    pub(crate) stop: watch::Receiver<bool>,
    /// One for each connection that may be open.
    pub(crate) places: Arc<Semaphore>,
}

impl Door {
    /// Binds the address.
    ///
    /// # Errors
    /// In use, or not of this machine.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart must not wait for the last connections of the one before to be forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes connections until the hall closes; those that are open then are finished by their own tasks.
    pub(crate) async fn open(self, router: Router, hall: Hall) {
        let mut stop = hall.stop.clone();
        loop {
            let arrived = tokio::select! {
                biased;
                () = closing(&mut stop) => return,
                arrived = self.next(&hall) => arrived,
            };
            let Some((stream, place)) = arrived else { return };
            let talk = talk(stream, router.clone(), hall.stop.clone(), place);
            hall.connections.spawn(talk);
        }
    }

    /// The next connection and its place; a full hall lets them wait in the backlog.
    async fn next(&self, hall: &Hall) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let place = Arc::clone(&hall.places).acquire_owned().await.ok()?;
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return Some((stream, place)),
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Returns when the server stops.
pub(crate) async fn closing(stop: &mut watch::Receiver<bool>) {
    // Where nobody is left who could say so, it has stopped.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn talk(
    stream: TcpStream,
    router: Router,
    mut stop: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    // Answers are small and written whole: waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER_BYTES);
    let stream = TokioIo::new(Lingering::new(stream, stop.clone()));
    let connection = http.serve_connection(stream, TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        biased;
        outcome = connection.as_mut() => outcome,
        () = closing(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        // Clients that leave are their own business.
        tracing::debug!(%error, "a connection ended early");
    }
    drop(place);
}
