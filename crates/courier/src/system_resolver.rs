//! Names by the system's name servers and `/etc/hosts`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;

use crate::{BoxFuture, Resolve, ResolveError};

/// The longest an answer is believed: addresses change when a receiver moves, and ours should follow soon.
const MAX_TTL: Duration = Duration::from_secs(60);
/// The longest a "no such name" is believed.
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(10);
/// How many answers are remembered.
const CACHED_ANSWERS: u64 = 16_384;

/// Asks the name servers of `/etc/resolv.conf`, after `/etc/hosts`.
pub struct SystemResolver {
    inner: TokioResolver,
}

impl SystemResolver {
    /// Reads the system's configuration. Where there is none, a name server on this machine is asked, as the C
    /// library does.
    ///
    /// # Errors
    /// When the resolver cannot be built from it.
    pub fn new() -> Result<Self, ResolveError> {
        let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
            tracing::warn!(%error, "the system's resolver configuration cannot be read: asking 127.0.0.1");
            let here = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![here]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        });
        let options = builder.options_mut();
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.use_hosts_file = ResolveHosts::Always;
        options.cache_size = CACHED_ANSWERS;
        options.positive_max_ttl = Some(MAX_TTL);
        options.negative_max_ttl = Some(MAX_NEGATIVE_TTL);
        // A name with a dot is first asked for as it is: the search list of a container would cost a query per entry.
        options.ndots = 1;
        let inner = builder.build().map_err(|error| ResolveError::Server(error.to_string().into()))?;
        Ok(Self { inner })
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        Box::pin(async move {
            match self.inner.lookup_ip(host).await {
                Ok(found) => Ok(found.iter().collect()),
                Err(error) if error.is_no_records_found() || error.is_nx_domain() => {
                    Err(ResolveError::NoAddress)
                }
                Err(error) => Err(ResolveError::Server(error.to_string().into())),
            }
        })
    }
}

impl fmt::Debug for SystemResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemResolver").finish_non_exhaustive()
    }
}
