//! From a target to a connection that speaks HTTP.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hyper::client::conn::{http1, http2};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_util::task::TaskTracker;

use crate::courier::Progress;
use crate::dial::{checked_addresses, dial};
use crate::http1::Http1;
use crate::http2::{Http2, Tasks};
use crate::pool::{Link, Origin, Wire};
use crate::stream::Stream;
use crate::{CourierConfig, Failure, Outbound, Stage, TargetHost, TlsIdentityError, proxy, tls, wreck};

/// How many headers hyper reads into memory of its own; more costs an allocation per answer.
const HEADERS_ON_THE_STACK: usize = 100;
/// The least hyper takes as the bound of a head.
const LEAST_HEADER_BYTES: usize = 8 * 1024;
/// How much an HTTP/2 server may send on one connection before we have read it.
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// Opens connections: resolves, checks, dials, agrees on TLS.
pub(crate) struct Connector {
    config: CourierConfig,
    roots: Arc<RootCertStore>,
    tls: Arc<ClientConfig>,
    http1: http1::Builder,
    http2: http2::Builder<Tasks>,
    tasks: Tasks,
}

impl Connector {
    pub(crate) fn new(config: CourierConfig) -> Result<Self, TlsIdentityError> {
        let roots = tls::system_roots(&config.authorities);
        let tasks = Tasks(TaskTracker::new());
        let header_bytes = config.max_header_bytes.max(LEAST_HEADER_BYTES);
        let mut http1 = http1::Builder::new();
        http1.max_buf_size(header_bytes);
        if config.max_headers != HEADERS_ON_THE_STACK {
            http1.max_headers(config.max_headers);
        }
        let mut http2 = http2::Builder::new(tasks.clone());
        http2
            .max_header_list_size(u32::try_from(header_bytes).unwrap_or(u32::MAX))
            .initial_stream_window_size(
                u32::try_from(config.max_response_bytes).unwrap_or(u32::MAX).max(0xffff),
            )
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        Ok(Self { tls: tls::plain_config(roots.clone())?, config, roots, http1, http2, tasks })
    }

    /// How HTTP/1.1 is spoken on the connections it opens.
    pub(crate) const fn http1(&self) -> &http1::Builder {
        &self.http1
    }

    /// Opens a connection for `request`. `progress` says how far it came when it is given up.
    pub(crate) async fn open(
        &self,
        request: &Outbound,
        deadline: Instant,
        progress: &mut Progress,
    ) -> Result<Link, Failure> {
        let target = &request.target;
        if !target.is_https() && !self.config.guard.allow_http {
            return Err(Failure::BadUrl("http:// is refused".into()));
        }
        let mut stream = match &self.config.proxy {
            None => self.dial_directly(request, progress).await?,
            Some(via) => proxy::connect(via, &self.config, &self.tls, target, progress).await?,
        };
        if target.is_https() {
            progress.stage = Stage::Tls;
            let name =
                target.server_name().ok_or_else(|| Failure::Tls("the host has no valid name".into()))?;
            stream = agree_on_tls(stream, self.tls_config(request)?, name).await?;
        }
        progress.stage = Stage::Response;
        let wire = if stream.speaks_http2() {
            Wire::Http2(Http2::open(stream, &self.http2, &self.tasks).await?)
        } else {
            Wire::Http1(Http1::new(stream, deadline))
        };
        Ok(Link { origin: Origin::new(request, progress.dialled, Instant::now()), wire })
    }

    async fn dial_directly(&self, request: &Outbound, progress: &mut Progress) -> Result<Stream, Failure> {
        let target = &request.target;
        let addresses = self.addresses(target.host()).await?;
        progress.stage = Stage::Connect;
        progress.dialled = addresses.first().map(|address| SocketAddr::new(*address, target.port()));
        let (stream, dialled) = dial(&addresses, target.port(), self.config.bind_address).await?;
        progress.dialled = Some(dialled);
        Ok(Stream::Tcp(stream))
    }

    async fn addresses(&self, host: &TargetHost) -> Result<Vec<IpAddr>, Failure> {
        checked_addresses(host, self.config.resolver.as_ref(), &self.config.guard).await
    }

    fn tls_config(&self, request: &Outbound) -> Result<Arc<ClientConfig>, Failure> {
        match &request.tls {
            None => Ok(self.tls.clone()),
            Some(identity) => {
                identity.config(&self.roots).map_err(|error| Failure::Tls(error.to_string().into()))
            }
        }
    }
}

pub(crate) async fn agree_on_tls(
    stream: Stream,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
) -> Result<Stream, Failure> {
    let agreed = TlsConnector::from(config).connect(name, stream).await;
    agreed.map(|tls| Stream::Tls(Box::new(tls))).map_err(|error| wreck::of_tls(&error))
}
