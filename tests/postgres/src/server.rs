//! A whole server of one's own.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::binaries::{self, as_owner, leashed, run};
use crate::wait::wait;
use crate::{ask, not_there, processes};

/// The longest that a server may take to start, to stop or to follow.
const PATIENCE: Duration = Duration::from_secs(60);
/// Somebody else may take a port between the moment it was free and the server's start.
const PORTS_TRIED: usize = 5;

/// How a server is made.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Settings of `postgresql.conf`, as `("fsync", "off")`. They stand for good: [`Server::set`] changes others only.
    pub settings: Vec<(String, String)>,
    /// The superuser's password; without one everybody on this machine is trusted.
    pub password: Option<String>,
    /// The folder in which its data directory is made; `/tmp` without one.
    pub data_in: Option<PathBuf>,
    /// It ends with the thread that starts it, however that ends.
    pub leashed: bool,
}

impl Default for ServerOptions {
    /// As a server for work: synced, nobody asked for a password.
    fn default() -> Self {
        let settings = [("fsync", "on"), ("max_connections", "300"), ("wal_level", "replica")];
        Self {
            settings: settings.map(|(name, value)| (name.into(), value.into())).into(),
            password: None,
            data_in: None,
            leashed: false,
        }
    }
}

impl ServerOptions {
    /// With one more setting, or an earlier one set anew.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A server on a free port of 127.0.0.1; killed, with its data, when it is dropped.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    data: PathBuf,
    bin: PathBuf,
    options: ServerOptions,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// A new primary. `None`, and a word on standard error, where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When it does not start; where PostgreSQL is not installed and must be.
    #[must_use]
    pub fn new(options: ServerOptions) -> Option<Self> {
        let Some(bin) = binaries::folder() else {
            not_there("a test that needs a PostgreSQL server: none is installed");
            return None;
        };
        let server = Self::empty(bin, options);
        server.initialise();
        Some(server.started_on_a_free_port())
    }

    /// A copy of this server that follows it, by streaming, under this name.
    ///
    /// # Panics
    /// When it does not come to follow.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        let standby = Self::empty(self.bin.clone(), self.options.clone());
        let mut copy = as_owner(&self.bin.join("pg_basebackup"));
        copy.arg("--pgdata").arg(&standby.data).args(["--write-recovery-conf", "--wal-method=stream"]);
        copy.args(["--checkpoint=fast", "--no-sync"]);
        run(copy.args(["--dbname", &format!("{}?application_name={name}", self.url())]));
        let standby = standby.started_on_a_free_port();
        let follows = format!("application_name = '{name}' AND state = 'streaming'");
        self.until(&format!("SELECT 1 FROM pg_stat_replication WHERE {follows}"));
        standby
    }

    /// From now on a commit waits until this standby has it on disk.
    ///
    /// # Panics
    /// When the standby does not become the synchronous one.
    pub fn require_standby(&self, name: &str) {
        self.set("synchronous_standby_names", name);
        self.until(&format!(
            "SELECT 1 FROM pg_stat_replication WHERE application_name = '{name}' AND sync_state = 'sync'"
        ));
    }

    /// Changes a setting of the running server (none that it was made with).
    ///
    /// # Panics
    /// When the server refuses it.
    pub fn set(&self, name: &str, value: &str) {
        // ALTER SYSTEM does not run in the transaction that several statements sent together are.
        for sql in [format!("ALTER SYSTEM SET {name} = '{value}'"), "SELECT pg_reload_conf()".to_owned()] {
            ask(&self.url(), &sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        }
    }

    /// Makes this standby the primary, and waits until it takes writes.
    ///
    /// # Panics
    /// When it does not.
    pub fn promote(&self) {
        let promoted = ask(&self.url(), "SELECT pg_promote(true, 60)").expect("a standby can be promoted");
        assert_eq!(promoted, ["t"], "the standby is promoted in time");
    }

    /// The URL of the superuser's own database.
    #[must_use]
    pub fn url(&self) -> String {
        let password =
            self.options.password.as_ref().map(|password| format!(":{password}")).unwrap_or_default();
        format!("postgres://postgres{password}@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on 127.0.0.1; the same over all its starts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its processes, the first of them (the parent of the others) in front; none while it does not run.
    ///
    /// # Panics
    /// When the kernel does not say.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let family = self.child.as_ref().map(|child| processes::family(pid_of(child))).unwrap_or_default();
        family.into_iter().map(|process| process.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// All it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Stops it as an administrator does (`pg_ctl stop --mode fast`): connections are cut, what is committed is written.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&mut self) {
        self.end(Signal::INT);
    }

    fn end(&mut self, signal: Signal) {
        let Some(mut child) = self.child.take() else { return };
        processes::signal(&[pid_of(&child)], signal);
        wait("the server's end", PATIENCE, || child.try_wait().expect("it can be asked").is_some());
    }

    /// The end without a warning (SIGKILL to all its processes at once).
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let first = pid_of(&child);
        // Stopped, it makes no more children while they are counted.
        processes::signal(&[first], Signal::STOP);
        let all = processes::family(first);
        processes::signal(&all, Signal::KILL);
        child.wait().expect("it can be waited for");
        wait("the end of its processes", PATIENCE, || {
            !all.iter().any(|process| processes::is_alive(*process))
        });
    }

    /// Holds all its processes, connections open, until [`Server::resume`]: as a machine that hangs.
    pub fn pause(&self) {
        let Some(child) = &self.child else { return };
        let first = pid_of(child);
        processes::signal(&[first], Signal::STOP);
        processes::signal(&processes::family(first), Signal::STOP);
    }

    /// Lets a paused server go on.
    pub fn resume(&self) {
        let Some(child) = &self.child else { return };
        processes::signal(&processes::family(pid_of(child)), Signal::CONT);
    }

    /// Starts it again, on its data and its port, after [`Server::stop`] or [`Server::kill`].
    ///
    /// # Panics
    /// When it does not get ready.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        assert!(self.try_start(), "the server does not start: {}", self.log());
    }

    fn empty(bin: PathBuf, options: ServerOptions) -> Self {
        let folder = run(as_owner(Path::new("mktemp")).args(["-d", "/tmp/postrider-server.XXXXXXXX"]));
        let folder = PathBuf::from(folder.trim());
        let data =
            options.data_in.as_ref().map_or_else(|| folder.join("data"), |root| binaries::folder_in(root));
        Self { folder, data, bin, options, port: 0, child: None }
    }

    fn initialise(&self) {
        let mut initdb = as_owner(&self.bin.join("initdb"));
        initdb.arg("--pgdata").arg(&self.data).args(["--username", "postgres", "--encoding", "UTF8"]);
        initdb.args(["--no-locale", "--no-sync"]);
        match &self.options.password {
            Some(password) => {
                let file = self.folder.join("password");
                std::fs::write(&file, password).expect("the server's folder can be written");
                initdb.args(["--auth", "scram-sha-256"]).arg("--pwfile").arg(file);
            }
            None => drop(initdb.args(["--auth", "trust"])),
        }
        run(&mut initdb);
    }

    fn started_on_a_free_port(mut self) -> Self {
        for _ in 0..PORTS_TRIED {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            self.port = listener.local_addr().expect("it has an address").port();
            drop(listener);
            if self.try_start() {
                return self;
            }
        }
        panic!("the server does not start: {}", self.log());
    }

    /// Starts it and waits until it answers; false when it ended instead.
    fn try_start(&mut self) -> bool {
        let log = File::options().create(true).append(true).open(self.folder.join("log"));
        let log = log.expect("the server's folder can be written");
        let program = self.bin.join("postgres");
        let mut command = if self.options.leashed { leashed(&program) } else { as_owner(&program) };
        command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string()]);
        command.arg("-c").arg(format!("unix_socket_directories={}", self.folder.display()));
        command.args(["-c", "listen_addresses=127.0.0.1"]);
        for (name, value) in &self.options.settings {
            command.args(["-c", &format!("{name}={value}")]);
        }
        command.stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().expect("the server's program can be started");
        let mut ended = false;
        wait("the server's start", PATIENCE, || {
            ended = child.try_wait().expect("it can be asked").is_some();
            ended || self.answers()
        });
        self.child = (!ended).then_some(child);
        !ended
    }

    /// Whether it takes connections (asked of its own socket: the port might be somebody else's).
    fn answers(&self) -> bool {
        let mut ready = as_owner(&self.bin.join("pg_isready"));
        ready.args(["-q", "-p", &self.port.to_string(), "-h"]).arg(&self.folder);
        ready.status().is_ok_and(|status| status.success())
    }

    fn until(&self, sql: &str) {
        wait(sql, PATIENCE, || ask(&self.url(), sql).is_ok_and(|rows| !rows.is_empty()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.resume();
        // It ends its processes itself: orphans would stay as zombies where nobody reaps them.
        self.end(Signal::QUIT);
        let _ = std::fs::remove_dir_all(&self.data);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_child(child)
}
