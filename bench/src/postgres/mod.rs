//! A throw-away PostgreSQL beside the server under test: what it takes of the machine, and what it counts.

mod family;
mod held;
mod statements;
mod tap;

use std::io::{Error, Result};
use std::path::Path;

use postrider_postgres::{Server, ServerOptions, ask};
use serde_json::{Map, Value};

pub(crate) use held::hold;
pub(crate) use statements::{Counted, Poll};
pub(crate) use tap::{Tap, Traffic};

/// As an administrator sets a server of a few GiB; what is not named here is as PostgreSQL ships it. Statements are
/// counted only while a scenario asks for it.
const SETTINGS: [(&str, &str); 9] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("synchronous_commit", "on"),
    ("shared_buffers", "1GB"),
    ("max_wal_size", "4GB"),
    ("checkpoint_timeout", "15min"),
    ("wal_compression", "lz4"),
    ("max_connections", "200"),
    ("shared_preload_libraries", "pg_stat_statements"),
];

/// A server that runs, with its data beside the other data of the benchmark; it ends with the driver.
#[derive(Debug)]
pub(crate) struct Postgres {
    server: Server,
}

impl Postgres {
    /// Whether there is a PostgreSQL to be started.
    pub(crate) fn is_installed() -> bool {
        postrider_postgres::programs().is_some()
    }

    /// Starts an empty one, its data in that folder.
    pub(crate) fn start(data_root: &Path) -> Result<Self> {
        let missing = || Error::other("PostgreSQL is not installed (Debian: apt install postgresql)");
        if !Self::is_installed() {
            return Err(missing());
        }
        let plain = ServerOptions { data_in: Some(data_root.into()), leashed: true, ..Default::default() };
        let options = SETTINGS.iter().fold(plain, |options, (name, value)| options.with(name, value));
        let server = Server::new(options).ok_or_else(missing)?;
        server.set("pg_stat_statements.track", "none");
        let this = Self { server };
        this.ask("CREATE EXTENSION pg_stat_statements")?;
        Ok(this)
    }

    /// Its URL, without TLS: as within one network.
    pub(crate) fn url(&self) -> String {
        format!("{}?sslmode=disable", self.server.url())
    }

    /// The same by way of a tap.
    pub(crate) fn url_by(&self, tap: &Tap) -> String {
        format!("postgres://postgres@{}/postgres?sslmode=disable", tap.address())
    }

    /// A tap before it.
    pub(crate) fn tap(&self) -> Result<Tap> {
        Tap::before(([127, 0, 0, 1], self.server.port()).into())
    }

    /// The first column of the last statement's rows.
    pub(crate) fn ask(&self, sql: &str) -> Result<Vec<String>> {
        ask(&self.server.url(), sql).map_err(Error::other)
    }

    /// One number.
    pub(crate) fn number(&self, sql: &str) -> Result<f64> {
        let rows = self.ask(sql)?;
        let number = rows.first().and_then(|text| text.parse().ok());
        number.ok_or_else(|| Error::other(format!("PostgreSQL answered {rows:?} to {sql}")))
    }

    /// CPU time of all its processes so far, those that have ended included, in seconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        family::cpu_seconds(&self.server.processes())
    }

    /// Write-ahead log written so far, in bytes.
    pub(crate) fn wal_bytes(&self) -> Result<f64> {
        self.number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
    }

    /// From now on statements are counted, from nothing; or no more.
    pub(crate) fn count_statements(&self, count: bool) -> Result<()> {
        self.server.set("pg_stat_statements.track", if count { "top" } else { "none" });
        if count {
            self.ask("SELECT pg_stat_statements_reset()")?;
        }
        Ok(())
    }

    /// Its version and the settings it was given, as it has them.
    pub(crate) fn told(&self) -> Result<Value> {
        let mut told = Map::new();
        let names = SETTINGS.iter().map(|(name, _)| *name);
        for name in std::iter::once("server_version").chain(names) {
            let value = self.ask(&format!("SHOW {name}"))?.concat();
            told.insert(name.to_owned(), value.into());
        }
        Ok(Value::Object(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One on a folder of its own; none where PostgreSQL is not installed.
    pub(super) fn started() -> Option<(tempfile::TempDir, Postgres)> {
        if !Postgres::is_installed() {
            assert!(std::env::var_os("POSTRIDER_TEST_PACKAGES").is_none(), "PostgreSQL must be installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // The server's user must be let in.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let postgres = Postgres::start(folder.path()).unwrap();
        Some((folder, postgres))
    }

    #[test]
    fn a_server_counts_statements_log_and_time_and_tells_how_it_is_set() {
        let Some((_folder, postgres)) = started() else { return };
        let told = postgres.told().unwrap();
        assert_eq!((&told["fsync"], &told["wal_compression"]), (&"on".into(), &"lz4".into()));
        let (cpu, wal) = (postgres.cpu_seconds(), postgres.wal_bytes().unwrap());
        postgres.ask("CREATE TABLE news (a int)").unwrap();
        postgres.count_statements(true).unwrap();
        postgres.ask("INSERT INTO news SELECT generate_series(1, 300000)").unwrap();
        postgres.ask("SELECT count(*) FROM news; SELECT count(*) FROM news").unwrap();
        let counted = postgres.counted().unwrap();
        let of = |part: &str| counted.iter().find(|counted| counted.text.contains(part)).unwrap();
        assert_eq!((of("SELECT count").calls, of("INSERT INTO").calls), (2.0, 1.0));
        assert!(of("INSERT INTO").wal_bytes > 300_000.0 * 30.0, "{counted:?}");
        assert!(of("SELECT count").pages > 2.0 * 1_000.0, "{counted:?}");
        assert!(postgres.wal_bytes().unwrap() - wal > 300_000.0 * 30.0);
        assert!(postgres.cpu_seconds() > cpu, "300,000 rows take more than a tick");
        postgres.count_statements(false).unwrap();
        let before = of("SELECT count").calls;
        postgres.ask("SELECT count(*) FROM news").unwrap();
        let after = postgres.counted().unwrap();
        let after = after.iter().find(|counted| counted.text.contains("SELECT count")).unwrap();
        assert!((after.calls - before).abs() < 0.5, "nothing is counted any more");
    }
}
