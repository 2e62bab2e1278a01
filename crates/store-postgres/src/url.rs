//! The database's URL: what of it the client knows itself, and what it leaves to its caller.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::options::{OpenError, PostgresOptions};

/// A connection that hears nothing for so long asks whether the other side is there.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// What was sent and not acknowledged for so long: the connection is lost. A server that is only slow acknowledges.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// Where and how to connect.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) config: Config,
    pub(crate) verify: Verify,
}

/// Whether the server must show that it is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verify {
    /// Encrypted where `sslmode` says so, and nothing asked.
    Not,
    /// By the system's roots.
    System,
    /// By the roots in a file.
    File(PathBuf),
}

/// Reads the URL of the options.
pub(crate) fn read(options: &PostgresOptions) -> Result<Target, OpenError> {
    if !options.url.starts_with("postgres://") && !options.url.starts_with("postgresql://") {
        return Err(OpenError::BadUrl("it must begin with postgres://".to_owned()));
    }
    let (base, query) = options.url.split_once('?').unwrap_or((&options.url, ""));
    let (mut kept, mut verified, mut root) = (Vec::new(), false, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", "verify-full" | "verify-ca")) => verified = true,
            Some(("sslrootcert", path)) => root = Some(decoded(path)?),
            _ => kept.push(pair),
        }
    }
    // The message of a URL that cannot be read names a parameter, never a value.
    let mut config = Config::from_str(&format!("{base}?{}", kept.join("&")))
        .map_err(|error| OpenError::BadUrl(crate::fault::words(&error)))?;
    let verify = match root {
        Some(path) if path != "system" => Verify::File(path.into()),
        Some(_) => Verify::System,
        None if verified => Verify::System,
        None => Verify::Not,
    };
    if verify != Verify::Not {
        config.ssl_mode(SslMode::Require);
    }
    settle(&mut config, options);
    Ok(Target { config, verify })
}

/// Where the URL leads, without user and password: for people.
///
/// # Errors
/// [`OpenError::BadUrl`].
pub fn place(options: &PostgresOptions) -> Result<String, OpenError> {
    let config = read(options)?.config;
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        };
        match ports.get(index).or(ports.first()) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    Ok(format!("{hosts}/{}", config.get_dbname().or(config.get_user()).unwrap_or_default()))
}

/// Sets what the URL leaves open.
fn settle(config: &mut Config, options: &PostgresOptions) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect_timeout);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED);
    }
    if config.get_application_name().is_none() {
        config.application_name("postrider");
    }
    config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 2).keepalives_retries(3);
}

/// A value with its percent signs resolved.
fn decoded(text: &str) -> Result<String, OpenError> {
    let bad = || OpenError::BadUrl("sslrootcert is not a path".to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(bad)?;
        let digits = std::str::from_utf8(digits).map_err(|_| bad())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use postrider_model::id::IdSalt;
    use tokio_postgres::config::TargetSessionAttrs;

    use super::*;

    fn target(url: &str) -> Result<Target, OpenError> {
        read(&PostgresOptions::new(url, IdSalt(1)))
    }

    #[test]
    fn several_hosts_and_what_they_must_take_are_read() {
        let target =
            target("postgres://u:p@a:5432,b:5433/db?target_session_attrs=read-write&sslmode=require")
                .unwrap();
        assert_eq!(target.config.get_hosts(), [Host::Tcp("a".to_owned()), Host::Tcp("b".to_owned())]);
        assert_eq!(target.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(target.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(target.verify, Verify::Not);
        assert_eq!(target.config.get_connect_timeout(), Some(&Duration::from_secs(5)));
    }

    #[test]
    fn the_place_of_a_url_shows_no_password() {
        let place = |url: &str| place(&PostgresOptions::new(url, IdSalt(1))).unwrap();
        assert_eq!(place("postgres://u:secret@a:5432,b:5433/db?sslmode=disable"), "a:5432,b:5433/db");
        assert_eq!(place("postgres://u:secret@a/db"), "a:5432/db");
        assert_eq!(place("postgres://u:secret@a"), "a:5432/u");
    }

    #[test]
    fn a_server_is_verified_where_the_url_says_so() {
        let verify = |query: &str| {
            let target = target(&format!("postgres://u@h/db?{query}")).unwrap();
            (target.verify, target.config.get_ssl_mode())
        };
        assert_eq!(verify("sslmode=verify-full"), (Verify::System, SslMode::Require));
        assert_eq!(
            verify("sslmode=require&sslrootcert=/etc/my%20ca.pem"),
            (Verify::File("/etc/my ca.pem".into()), SslMode::Require)
        );
        assert_eq!(verify("sslmode=prefer"), (Verify::Not, SslMode::Prefer));
    }

    #[test]
    fn a_url_that_is_none_of_ours_is_refused_without_showing_its_password() {
        for url in
            ["mysql://u:hidden@h/db", "postgres://u:hidden@h/db?sslmode=maybe", "postgres://u:hidden@h:x/db"]
        {
            let error = target(url).unwrap_err().to_string();
            assert!(!error.contains("hidden"), "{error}");
        }
    }
}
