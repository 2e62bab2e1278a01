//! The customers' side: every host name ends here. Postrider sends through a proxy of ours that resolves, so the URLs on
//! pages may look as a customer's do, with `https://`, and no name is ever looked up.
//!
//! A walk tells a host what to answer, and waits for what arrived there, by a desk of a few routes on loopback.

mod certificates;
mod desk;
mod hosts;
mod proxy;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::sample::Weather;
use certificates::Certificates;
use hosts::Hosts;

/// It runs for as long as it is held.
#[derive(Debug)]
pub struct Internet {
    /// Where its proxy is.
    pub proxy: SocketAddr,
    /// Where a walk asks and tells.
    pub desk: SocketAddr,
    /// The authority that vouches for every host.
    pub ca_file: PathBuf,
    _servers: JoinSet<()>,
}

impl Internet {
    /// One whose hosts behave like that until they are told otherwise; unknown ones answer 200. Its authority's
    /// certificate is written into `dir`.
    ///
    /// # Panics
    /// When there is no port for it.
    pub async fn start(dir: &Path, weather: Weather) -> Self {
        let certificates = Certificates::new();
        let ca_file = dir.join("authority.pem");
        std::fs::write(&ca_file, certificates.authority()).expect("it can be written");
        let hosts = Arc::new(Hosts::new(weather));
        let (proxy_listener, proxy) = listen().await;
        let (desk_listener, desk) = listen().await;
        let mut servers = JoinSet::new();
        servers.spawn(proxy::serve(proxy_listener, certificates.acceptor(), Arc::clone(&hosts)));
        servers.spawn(desk::serve(desk_listener, hosts));
        Self { proxy, desk, ca_file, _servers: servers }
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}
