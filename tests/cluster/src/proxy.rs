//! A way to PostgreSQL that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How the way is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Connections stay and carry nothing, new ones too: as a network that drops every packet.
    Silent,
    /// Connections are closed, new ones at once: as a server that is gone.
    Closed,
}

/// Forwards connections to an address. It runs for as long as it is held.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    _task: JoinSet<()>,
}

impl Proxy {
    /// One in front of this port of the loopback.
    ///
    /// # Panics
    /// When there is no port for it.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(watch::channel(State::Open).0);
        let mut task = JoinSet::new();
        task.spawn(accept(listener, port, Arc::clone(&state)));
        Self { address, state, _task: task }
    }

    /// Nothing goes through any more, and nobody is told.
    pub fn silence(&self) {
        self.state.send_replace(State::Silent);
    }

    /// Connections are closed, and new ones refused.
    pub fn close(&self) {
        self.state.send_replace(State::Closed);
    }

    /// New connections go through again; those that were silent are closed.
    pub fn open(&self) {
        self.state.send_replace(State::Open);
    }
}

async fn accept(listener: TcpListener, port: u16, state: Arc<watch::Sender<State>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                connections.spawn(forward(client, port, state.subscribe()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn forward(mut client: TcpStream, port: u16, mut state: watch::Receiver<State>) {
    let now = *state.borrow_and_update();
    if now == State::Open
        && let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await
    {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = state.changed() => {}
        }
        hold(&mut state).await;
    } else {
        hold(&mut state).await;
    }
}

/// Holds a connection silent for as long as the way is; then it is closed.
async fn hold(state: &mut watch::Receiver<State>) {
    let _ = state.wait_for(|state| *state != State::Silent).await;
}
