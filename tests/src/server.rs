//! The binary as a process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use postrider_postgres::Database;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::store::{MASTER_KEY, database};
use crate::{Cli, PATIENCE};

/// The root key of every server of the tests.
pub const ROOT_KEY: &str = "root-key-of-the-black-box-tests";

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Launch {
    data_dir: PathBuf,
    log: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    database: Option<Arc<Database>>,
}

impl Launch {
    /// A server for development with its log in `dir/log` and its data in `dir/data`, or, where the run is on
    /// PostgreSQL, in a database of its own that it has for all its starts.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self::on(dir, database())
    }

    /// One on this database, which it may share with others.
    #[must_use]
    pub fn node(dir: &Path, database: &Arc<Database>) -> Self {
        Self::on(dir, Some(Arc::clone(database)))
    }

    fn on(dir: &Path, database: Option<Arc<Database>>) -> Self {
        let launch = Self {
            data_dir: dir.join("data"),
            log: dir.join("log"),
            args: vec!["--dev".to_owned()],
            env: Vec::new(),
            database: None,
        };
        let launch = launch.env("POSTRIDER_ROOT_KEY", ROOT_KEY);
        match database {
            Some(database) => Self { database: Some(Arc::clone(&database)), ..launch }
                .env("POSTRIDER_DATABASE_URL", database.url())
                .env("POSTRIDER_MASTER_KEY", MASTER_KEY),
            None => launch,
        }
    }

    /// One as in production.
    #[must_use]
    pub fn strict(dir: &Path) -> Self {
        Self::new(dir).in_production()
    }

    /// The same one, as in production.
    #[must_use]
    pub fn in_production(mut self) -> Self {
        self.args.retain(|arg| arg != "--dev");
        self
    }

    /// With one more argument.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// With one more variable, or an earlier one set anew.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With its data there.
    #[must_use]
    pub fn data_dir(mut self, dir: &Path) -> Self {
        self.data_dir = dir.to_owned();
        self
    }

    /// Where its data is.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data_dir
    }

    /// Commands on its store, beside or without the server. The data directory they must be told.
    #[must_use]
    pub fn cli(&self) -> Cli {
        let Some(database) = &self.database else { return Cli::default() };
        Cli::default().env("POSTRIDER_DATABASE_URL", database.url()).env("POSTRIDER_MASTER_KEY", MASTER_KEY)
    }

    /// All it has logged so far, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(&self.log).expect("the log can be written");
        let mut command = Command::new(binary());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(&self.data_dir)
            .args(&self.args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        command.spawn().expect("the binary can be started")
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// When it does not get ready.
    pub async fn start(&self) -> Server {
        let mut child = self.spawn();
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        let line =
            timeout(PATIENCE, lines.next_line()).await.expect("ready in time").expect("output is text");
        let line = line.unwrap_or_else(|| panic!("the server ended before it was ready: {}", self.log()));
        let address =
            line.strip_prefix("postrider ready on http://").expect("the first line is the ready line");
        Server {
            address: address.parse().expect("an address"),
            child,
            _stdout: lines.into_inner(),
            _database: self.database.clone(),
        }
    }

    /// Starts it where it must refuse to; the exit code and what it said.
    ///
    /// # Panics
    /// When it starts after all.
    pub async fn refused(&self) -> (i32, String) {
        let mut child = self.spawn();
        let status = timeout(PATIENCE, child.wait()).await.expect("it ends").expect("it can be waited for");
        (status.code().expect("it ended by itself"), self.log())
    }
}

/// A server that runs; killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it answers.
    pub address: SocketAddr,
    child: Child,
    _stdout: BufReader<tokio::process::ChildStdout>,
    /// It goes away after the last server on it.
    _database: Option<Arc<Database>>,
}

impl Server {
    /// The end without a warning (SIGKILL).
    ///
    /// # Panics
    /// When it had ended already.
    pub async fn kill(mut self) {
        assert!(self.child.try_wait().expect("it can be asked").is_none(), "it ended before it was killed");
        self.child.kill().await.expect("it can be killed");
    }

    /// SIGTERM, without waiting.
    ///
    /// # Panics
    /// When it had ended already.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), signal).expect("it can be signalled");
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ended(mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("it can be waited for")
    }

    /// SIGTERM, and the end.
    ///
    /// # Panics
    /// When it does not end, or not with 0.
    pub async fn stop(self) {
        self.terminate();
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "a server that is told to stop ends with 0");
    }
}

/// The binary under test.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("POSTRIDER_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test has a path");
    let path = test.parent().and_then(Path::parent).expect("target/<profile>/deps").join("postrider");
    assert!(path.exists(), "{} is missing: cargo build -p postrider", path.display());
    path
}
