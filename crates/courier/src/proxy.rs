//! Through a proxy to the target (DESIGN 7): the proxy is told the checked address, the TLS name stays the target's.

mod http_connect;
mod socks5;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use crate::connect::agree_on_tls;
use crate::courier::Progress;
use crate::dial::{checked_addresses, dial};
use crate::stream::Stream;
use crate::{CourierConfig, Failure, GuardPolicy, Proxy, ProxyKind, Stage, Target, TargetHost};

/// Where the proxy is asked to connect to.
enum Destination {
    Checked(SocketAddr),
    /// `proxy_resolves`: the proxy looks the name up, and checks what it finds.
    Named(Arc<str>, u16),
}

/// A stream through `via` to `target`.
pub(crate) async fn connect(
    via: &Proxy,
    config: &CourierConfig,
    tls: &Arc<ClientConfig>,
    target: &Target,
    progress: &mut Progress,
) -> Result<Stream, Failure> {
    let destination = destination(via, config, target).await?;
    if let Destination::Checked(address) = destination {
        progress.dialled = Some(address);
    }
    let mut stream = reach(via, config, tls, progress).await?;
    let answer = match via.kind {
        ProxyKind::Http | ProxyKind::Https => http_connect::ask(&mut stream, via, &destination).await,
        ProxyKind::Socks5 => socks5::ask(&mut stream, via, &destination).await,
    };
    answer.map_err(|reason| Failure::Proxy(reason.into()))?;
    Ok(stream)
}

async fn destination(via: &Proxy, config: &CourierConfig, target: &Target) -> Result<Destination, Failure> {
    match target.host() {
        TargetHost::Name(name) if via.proxy_resolves => Ok(Destination::Named(name.clone(), target.port())),
        host => {
            let addresses = checked_addresses(host, config.resolver.as_ref(), &config.guard).await?;
            let address = addresses.first().ok_or_else(|| Failure::Dns("the name has no address".into()))?;
            Ok(Destination::Checked(SocketAddr::new(*address, target.port())))
        }
    }
}

/// Connects to the proxy itself, whose address passes the guard with the networks opened for it.
async fn reach(
    via: &Proxy,
    config: &CourierConfig,
    tls: &Arc<ClientConfig>,
    progress: &mut Progress,
) -> Result<Stream, Failure> {
    let refused = |failure: Failure| match failure {
        Failure::Timeout(stage) => Failure::Timeout(stage),
        Failure::OutOfSockets => Failure::OutOfSockets,
        other => Failure::Proxy(other.to_string().into()),
    };
    let host = match via.host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => TargetHost::Address(address),
        Err(_) => TargetHost::Name(via.host.as_ref().into()),
    };
    let mut policy: GuardPolicy = config.guard.clone();
    policy.allow_networks.extend_from_slice(&via.allow_networks);
    let addresses = checked_addresses(&host, config.resolver.as_ref(), &policy).await.map_err(refused)?;
    progress.stage = Stage::Connect;
    let (tcp, _) = dial(&addresses, via.port, config.bind_address).await.map_err(refused)?;
    if via.kind != ProxyKind::Https {
        return Ok(Stream::Tcp(tcp));
    }
    let name = match host {
        TargetHost::Address(address) => ServerName::IpAddress(address.into()),
        TargetHost::Name(name) => ServerName::try_from(name.to_string())
            .map_err(|_| Failure::Proxy("the proxy's name is not valid".into()))?,
    };
    // A tunnel is asked for by HTTP/1.1: HTTP/2 must not be agreed on.
    let mut config = ClientConfig::clone(tls);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    agree_on_tls(Stream::Tcp(tcp), Arc::new(config), name).await.map_err(refused)
}
