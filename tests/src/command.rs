//! The binary as a command: run to its end, or watched line by line.

use std::process::Stdio;

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::{PATIENCE, binary};

/// A command with its environment; nothing of the environment of the tests reaches it.
#[derive(Debug, Clone, Default)]
pub struct Cli {
    env: Vec<(String, String)>,
}

/// What a command that ended said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Said {
    /// The lines of standard output, each a JSON document.
    ///
    /// # Panics
    /// When one is none.
    #[must_use]
    pub fn documents(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(read).collect()
    }

    /// The one document of standard output.
    ///
    /// # Panics
    /// When there is not exactly one.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut documents = self.documents();
        assert_eq!(documents.len(), 1, "{self:?}");
        documents.remove(0)
    }

    /// Itself, if the command ended with this code.
    ///
    /// # Panics
    /// When it did not.
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

impl Cli {
    /// With one more variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn run(&self, args: &[&str]) -> Said {
        self.run_with(args, "").await
    }

    /// Runs it to its end with this standard input.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn run_with(&self, args: &[&str], input: &str) -> Said {
        let mut command = self.command(args);
        let mut child =
            command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it can be started");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A command that does not read it may have ended already.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stdin, input.as_bytes()).await;
        drop(stdin);
        let output =
            timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").expect("it can be read");
        let text = |bytes| String::from_utf8(bytes).expect("output is text");
        let code = output.status.code().expect("it ended by itself");
        Said { code, out: text(output.stdout), err: text(output.stderr) }
    }

    /// Starts it, to be watched.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(&self, args: &[&str]) -> Running {
        let mut child = self.command(args).spawn().expect("it can be started");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Running { child, lines }
    }
}

/// A command that runs, with the lines it prints; killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Its next line.
    ///
    /// # Panics
    /// When none comes.
    pub async fn line(&mut self) -> String {
        self.next_line().await.expect("one more line")
    }

    /// Its next line; `None` at the end.
    ///
    /// # Panics
    /// When neither comes.
    pub async fn next_line(&mut self) -> Option<String> {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("a line in time").expect("output is text")
    }

    /// Ctrl-C, and the end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn interrupt(self) -> Option<i32> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), Signal::INT).expect("it can be signalled");
        self.ended().await
    }

    /// Nobody reads what it prints any more.
    #[must_use]
    pub fn unread(self) -> Unread {
        drop(self.lines);
        Unread { child: Mutex::new(self.child) }
    }

    /// SIGKILL, and the end.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// Its end.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ended(mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.expect("it ends").expect("it can be waited for").code()
    }
}

/// A command whose standard output is closed.
#[derive(Debug)]
pub struct Unread {
    child: Mutex<Child>,
}

impl Unread {
    /// Whether it has ended.
    ///
    /// # Panics
    /// When it cannot be asked.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.child.lock().try_wait().expect("it can be asked").is_some()
    }
}
