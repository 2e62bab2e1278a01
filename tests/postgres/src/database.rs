//! A database of a test's own.

use crate::{SERVER, ask, not_there, random};

/// A new, empty database; dropped with all its connections when this is dropped.
#[derive(Debug)]
pub struct Database {
    name: String,
    server_url: String,
    url: String,
}

impl Database {
    /// One on the server that `POSTRIDER_TEST_POSTGRES` names. `None`, and a word on standard error, where there is
    /// none.
    ///
    /// # Panics
    /// When the server does not answer; where there is no server and there must be one.
    #[must_use]
    pub fn new() -> Option<Self> {
        match std::env::var(SERVER) {
            Ok(url) => Some(Self::on(&url)),
            Err(_) => {
                not_there(&format!("a test that needs PostgreSQL: {SERVER} is not set"));
                None
            }
        }
    }

    /// One on the server with this URL (of a superuser, any database).
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn on(server_url: &str) -> Self {
        let name = format!("postrider_test_{}", random());
        ask(server_url, &format!("CREATE DATABASE {name}")).expect("the server makes a database");
        Self { url: with_name(server_url, &name), server_url: server_url.to_owned(), name }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements in it; the first column of the last one's rows.
    ///
    /// # Panics
    /// When the server refuses them.
    #[must_use]
    pub fn ask(&self, sql: &str) -> Vec<String> {
        ask(&self.url, sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that a test has killed has nothing left to drop.
        let _ = ask(&self.server_url, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// The URL with another database: the path is what stands between the first `/` after the host and the `?`.
fn with_name(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let after_scheme = base.find("://").map_or(0, |at| at + 3);
    let base = base[after_scheme..].find('/').map_or(base, |at| &base[..after_scheme + at]);
    match query {
        Some(query) => format!("{base}/{name}?{query}"),
        None => format!("{base}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_all_but_its_database() {
        assert_eq!(
            with_name("postgres://a:b@h:1/x?sslmode=disable", "n"),
            "postgres://a:b@h:1/n?sslmode=disable"
        );
        assert_eq!(with_name("postgres://a@h:1,i:2", "n"), "postgres://a@h:1,i:2/n");
    }

    #[test]
    fn a_database_is_there_until_it_is_dropped() {
        let Some(database) = Database::new() else { return };
        assert_eq!(
            database.ask("CREATE TABLE a (b int); INSERT INTO a VALUES (4), (5); SELECT b FROM a"),
            ["4", "5"]
        );
        let url = database.url().to_owned();
        assert_eq!(ask(&url, "SELECT current_database()").unwrap(), [database.name()]);
        drop(database);
        assert!(ask(&url, "SELECT 1").is_err());
    }
}
