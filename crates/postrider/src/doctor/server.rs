//! A server that runs: whether it answers, accepts, agrees about the time and is of this version.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::header::DATE;
use postrider_engine::ports::Clock as _;
use postrider_model::time::Millis;

use super::report::Finding;
use crate::client::{Answer, Call, Client, ClientError, Problem};
use crate::ports::SystemClock;

const CHECK: &str = "server";
/// How far the server's clock may be from this one.
const SKEW: Duration = Duration::from_secs(5);

/// Where the server of a configuration answers, seen from this machine.
pub(super) fn local(listen: SocketAddr) -> String {
    let here = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(here, listen.port()))
}

/// Asks it. `must`: somebody said that it is there.
pub(super) async fn examine(server: &str, must: bool, key: Option<&str>) -> Vec<Finding> {
    let client = match Client::new(server, key.unwrap_or_default()) {
        Ok(client) => client,
        Err(error) => return vec![Finding::fail(CHECK, error, "give another --server")],
    };
    let healthy = match client.ask(&Call::get(["healthz"])).await {
        Ok(answer) => answer,
        Err(error) if must => return vec![Finding::fail(CHECK, error, "start it, or give another --server")],
        Err(_) => return vec![Finding::ok(CHECK, format_args!("none answers at {server}: nothing to ask"))],
    };
    if !healthy.status.is_success() {
        let told = format_args!("{server}/healthz answers {}", healthy.status.as_u16());
        return vec![Finding::fail(CHECK, told, "is it Postrider that listens there?")];
    }
    let mut findings = vec![Finding::ok(CHECK, format_args!("{server} answers"))];
    findings.extend(skew(&healthy));
    findings.push(ready(&client).await);
    findings.push(version(&client, key).await);
    findings
}

async fn ready(client: &Client) -> Finding {
    let refused = |why: String| Finding::fail(CHECK, format_args!("accepts no events: {why}"), "see its log");
    match client.ask(&Call::get(["readyz"])).await {
        Ok(answer) if answer.status.is_success() => Finding::ok(CHECK, "accepts events"),
        Ok(answer) => refused(Problem::read(answer.status, &answer.body).to_string()),
        Err(error) => refused(error.to_string()),
    }
}

async fn version(client: &Client, key: Option<&str>) -> Finding {
    let own = env!("CARGO_PKG_VERSION");
    if key.is_none() {
        return Finding::ok(CHECK, "version not asked for: that takes a key (POSTRIDER_KEY)");
    }
    match client.call(&Call::get(["v1", "meta"])).await {
        Ok(meta) if meta.str("version") == own => {
            Finding::ok(CHECK, format_args!("is of version {own}, as this is"))
        }
        Ok(meta) => Finding::warn(
            CHECK,
            format_args!("is of version {}, this program of {own}", meta.str("version")),
            "use the program that belongs to the server",
        ),
        Err(ClientError::Refused(problem)) => {
            Finding::warn(CHECK, format_args!("the key opens nothing: {problem}"), "set POSTRIDER_KEY anew")
        }
        Err(error) => Finding::warn(CHECK, error, "see its log"),
    }
}

/// Where both clocks are those of one machine this says nothing, and does no harm.
fn skew(answer: &Answer) -> Option<Finding> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let (theirs, ours) = (Millis(i64::try_from(date.as_millis()).ok()?), SystemClock.now());
    let apart = theirs.since(ours).max(ours.since(theirs));
    (apart > SKEW).then(|| {
        Finding::warn(
            "clock",
            format_args!("{} s away from the server's", apart.as_secs()),
            "keep both by NTP: receivers refuse what is minutes off",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_here() {
        assert_eq!(local("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80");
        assert_eq!(local("[::]:8080".parse().unwrap()), "http://[::1]:8080");
        assert_eq!(local("192.0.2.1:8080".parse().unwrap()), "http://192.0.2.1:8080");
    }
}
