//! A server that does what the test tells it, byte by byte.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// One accepted connection.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
}

/// A request as its bytes came in.
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Receiver {
    /// Listens on 127.0.0.1 and runs `script` for every connection.
    pub(crate) async fn start<F: Future<Output = ()> + Send + 'static>(
        script: impl Fn(Accepted) -> F + Send + 'static,
    ) -> Self {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self::start_at(address, script).await
    }

    pub(crate) async fn start_at<F: Future<Output = ()> + Send + 'static>(
        address: SocketAddr,
        script: impl Fn(Accepted) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut scripts = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                scripts.spawn(script(Accepted { stream }));
            }
        });
        Self { address, connections, _tasks: tasks }
    }

    /// Answers every request on every connection with `answer`.
    pub(crate) async fn answering(answer: &'static [u8]) -> Self {
        Self::start(move |mut accepted| async move {
            while accepted.request().await.is_some() {
                accepted.write(answer).await;
            }
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Accepted {
    /// The next request, or None when the sender has closed.
    pub(crate) async fn request(&mut self) -> Option<Received> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).expect("a head in ASCII");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        Some(Received { head, body })
    }

    /// Writes, whether or not the sender still listens.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _gone = self.stream.write_all(bytes).await;
    }

    /// Waits until the sender closes.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        let _reset = self.stream.read_to_end(&mut rest).await;
    }
}
