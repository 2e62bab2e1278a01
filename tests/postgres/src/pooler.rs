//! A `PgBouncer` of a test's own, which hands out connections by transaction.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::binaries::{as_owner, run};
use crate::wait::wait;
use crate::{ask, not_there};

/// Sessions of the server that all clients share: fewer than a node has connections, so that they are really shared.
const SERVER_SESSIONS: usize = 8;

/// A pooler on a free port of 127.0.0.1; killed when it is dropped.
#[derive(Debug)]
pub struct Pooler {
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Pooler {
    /// One before the server with this port on 127.0.0.1, which trusts its user `postgres`. `None`, and a word on
    /// standard error, where `PgBouncer` is not installed.
    ///
    /// # Panics
    /// When it does not start; where it is not installed and must be.
    #[must_use]
    pub fn before(server_port: u16) -> Option<Self> {
        let Some(program) = program() else {
            not_there("a test that needs PgBouncer: it is not installed");
            return None;
        };
        let folder = run(as_owner(Path::new("mktemp")).args(["-d", "/tmp/postrider-pooler.XXXXXXXX"]));
        let folder = PathBuf::from(folder.trim());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        drop(listener);
        let write = |name: &str, text: String| {
            std::fs::write(folder.join(name), text).expect("the pooler's folder can be written");
        };
        write("users", "\"postgres\" \"\"\n".to_owned());
        write("ini", configuration(&folder, port, server_port));
        let log = File::create(folder.join("log")).expect("the pooler's folder can be written");
        let child = as_owner(&program).arg(folder.join("ini")).stdout(Stdio::null()).stderr(log).spawn();
        let pooler = Self { child: child.expect("it can be started"), folder, port };
        wait("the pooler's start", Duration::from_secs(30), || {
            ask(&pooler.url("pgbouncer"), "SHOW VERSION").is_ok()
        });
        Some(pooler)
    }

    /// The URL of a database through it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Debian keeps it where only administrators look.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("pgbouncer")).find(|program| program.exists())
}

fn configuration(folder: &Path, port: u16, server_port: u16) -> String {
    let folder = folder.display();
    format!(
        "[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir = {folder}\nauth_type = trust\nauth_file = {folder}/users\n\
         admin_users = postgres\npool_mode = transaction\nmax_client_conn = 200\n\
         default_pool_size = {SERVER_SESSIONS}\n"
    )
}
