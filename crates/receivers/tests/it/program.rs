//! A receiver as a process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::request::Request;

/// The longest that anything is waited for. Nothing here takes as long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running receiver; killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
    port: u16,
}

impl Program {
    /// Starts it and waits until it listens.
    pub(crate) fn start(mut command: Command, environment: &[(&str, &str)]) -> Self {
        command.envs(environment.iter().copied()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines() {
                if line.map(|line| sender.send(line)).is_err() {
                    return;
                }
            }
        });
        let mut program = Self { child, lines, port: 0 };
        let line = program.line();
        let port = line.rsplit(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty());
        program.port = port.unwrap_or_else(|| panic!("no port in {line:?}")).parse().unwrap();
        program
    }

    /// The next line that it prints.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it prints a line")
    }

    /// The status that it answers a request with.
    pub(crate) fn post(&self, path: &str, request: &Request) -> u16 {
        self.send("POST", path, request)
    }

    pub(crate) fn send(&self, method: &str, path: &str, request: &Request) -> u16 {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let headers: String =
            request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let size = request.body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {size}\r\n{headers}\r\n"
        );
        stream.write_all(&[head.as_bytes(), &request.body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no status in {answer:?}"));
        status.parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `make test` installs what is needed and says so; a plain `cargo test` may go without it.
pub(crate) fn not_installed(what: &str) {
    let required = std::env::var_os("POSTRIDER_TEST_PACKAGES").is_some();
    assert!(!required, "{what} is not there: make test-packages");
    println!("skipped: {what} is not installed (make test-packages)");
}

/// `code` in a file of this name.
pub(crate) fn saved(folder: &Path, name: &str, code: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, code).unwrap();
    path
}

/// The repository's folder.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
