//! The proxy as the configuration names it.

use ipnet::IpNet;
use postrider_courier::{Proxy, ProxyKind};
use url::Url;

/// Reads a proxy's URL.
///
/// # Errors
/// Says what is wrong, without repeating the URL, which may hold a password.
pub(crate) fn parse(url: &str, resolves: bool, allow_networks: Vec<IpNet>) -> Result<Proxy, String> {
    let url = Url::parse(url).map_err(|error| format!("proxy: {error}"))?;
    let (kind, default_port) = match url.scheme() {
        "http" => (ProxyKind::Http, 80),
        "https" => (ProxyKind::Https, 443),
        "socks5" => (ProxyKind::Socks5, 1080),
        _ => return Err("proxy: the URL begins with http://, https:// or socks5://".to_owned()),
    };
    let host = url.host_str().ok_or("proxy: the URL names no host")?;
    let credentials = match (decoded(url.username()), decoded(url.password().unwrap_or_default())) {
        (user, _) if user.is_empty() => None,
        (user, password) => Some((user.into(), password.into())),
    };
    Ok(Proxy {
        kind,
        // The brackets of an IPv6 address belong to the URL, not to the address.
        host: host.trim_start_matches('[').trim_end_matches(']').into(),
        port: url.port().unwrap_or(default_port),
        credentials,
        allow_networks,
        proxy_resolves: resolves,
    })
}

fn decoded(text: &str) -> String {
    url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B").replace('&', "%26")).as_bytes())
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_url_is_taken_apart() {
        let proxy = parse("socks5://user:p%40ss+w@[fd00::1]:9999", true, Vec::new()).unwrap();
        assert_eq!((&*proxy.host, proxy.port, proxy.kind), ("fd00::1", 9999, ProxyKind::Socks5));
        assert_eq!(proxy.credentials, Some(("user".into(), "p@ss+w".into())));
        assert_eq!(parse("http://proxy.example", false, Vec::new()).unwrap().port, 80);
    }

    #[test]
    fn a_proxy_of_another_kind_is_refused_without_its_password() {
        for url in ["ftp://user:hunter22@proxy.example", "hunter22"] {
            assert!(!parse(url, false, Vec::new()).unwrap_err().contains("hunter22"));
        }
    }
}
