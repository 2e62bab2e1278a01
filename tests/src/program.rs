//! Receivers that are not ours: programs in other languages, with the published libraries of others.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::PATIENCE;

/// What a receiver is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Node.js, with nothing but its standard library.
    Node,
    /// Python, with Flask.
    Python,
    /// PHP, in its own server.
    Php,
    /// Node.js, with Stripe's and GitHub's own libraries.
    NodeVendor,
    /// Python, with Stripe's own library.
    PythonVendor,
}

/// A receiver in another language; killed when it is dropped.
#[derive(Debug)]
pub struct Program {
    url: String,
    _child: Child,
    /// Kept open, or the program could not print any more.
    output: Lines<BufReader<Box<dyn Output>>>,
}

trait Output: AsyncRead + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + Unpin + Send + std::fmt::Debug> Output for T {}

impl Program {
    /// Starts a receiver that verifies by this contract with this secret, and waits until it listens. `None`, and a
    /// word to whoever runs the tests, where its language or packages are not installed.
    ///
    /// # Panics
    /// When it does not get ready; when something is not installed that must be.
    pub async fn start(language: Language, contract: &str, secret: &str) -> Option<Self> {
        let (command, needed) = command(language, contract, secret);
        Self::run(command, &needed, language).await
    }

    /// Starts the code that a server showed for receivers in this language, which was saved in this file.
    ///
    /// # Panics
    /// As of [`Program::start`]; for a language whose code is not tested so.
    pub async fn start_written(language: Language, file: &Path, secret: &str) -> Option<Self> {
        let python = repository().join("target/verify/python/bin/python");
        let (program, needed) = match language {
            Language::Node => (Path::new("node"), file),
            Language::Python => (python.as_path(), python.as_path()),
            _ => panic!("{language:?} is not started so"),
        };
        let mut command = Command::new(program);
        command.arg(file).env("PORT", "0").env("WEBHOOK_SECRET", secret);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        Self::run(command, needed, language).await
    }

    async fn run(mut command: Command, needed: &Path, language: Language) -> Option<Self> {
        if !needed.exists() {
            not_installed(&needed.display().to_string());
            return None;
        }
        let mut child = match command.kill_on_drop(true).spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                not_installed(&format!("{language:?}"));
                return None;
            }
            child => child.expect("it can be started"),
        };
        let output: Box<dyn Output> = match child.stdout.take() {
            Some(stdout) => Box::new(stdout),
            None => Box::new(child.stderr.take().expect("one of the two is piped")),
        };
        let mut output = BufReader::new(output).lines();
        let line = timeout(PATIENCE, output.next_line()).await.expect("it listens").expect("output is text");
        let line = line.unwrap_or_else(|| panic!("{language:?} ended before it listened"));
        let url = url_in(&line).unwrap_or_else(|| panic!("no address in {line:?}"));
        Some(Self { url: format!("{url}/hook"), _child: child, output })
    }

    /// The next line that it prints.
    ///
    /// # Panics
    /// When none comes.
    pub async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.output.next_line()).await.expect("it prints a line");
        line.expect("output is text").expect("it runs")
    }

    /// Where it takes deliveries.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The command, and what must be there for it to run.
fn command(language: Language, contract: &str, secret: &str) -> (Command, PathBuf) {
    let program = |name: &str| repository().join("tests/receivers").join(name);
    let packages = repository().join("target/verify");
    let python = packages.join("python/bin/python");
    let (mut command, needed) = match language {
        Language::Node => (Command::new("node"), program("receiver.mjs")),
        Language::NodeVendor => (Command::new("node"), packages.join("node_modules/stripe")),
        Language::Python | Language::PythonVendor => (Command::new(&python), python),
        Language::Php => (Command::new("php"), program("receiver.php")),
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    match language {
        Language::Node => command.arg(program("receiver.mjs")).args([contract, secret]),
        // Read from standard input it finds the packages of the folder it runs in.
        Language::NodeVendor => command
            .args(["--input-type=module", "-", contract, secret])
            .current_dir(&packages)
            .stdin(File::open(program("vendors.mjs")).expect("it is in the repository")),
        Language::Python => command.arg(program("receiver.py")).args([contract, secret]),
        Language::PythonVendor => command.arg(program("vendors.py")).args([contract, secret]),
        Language::Php => command
            .args(["-S", "127.0.0.1:0"])
            .arg(program("receiver.php"))
            .env("CONTRACT", contract)
            .env("SECRET", secret)
            .stdout(Stdio::null())
            .stderr(Stdio::piped()),
    };
    (command, needed)
}

/// `http://127.0.0.1:3000`, or a port alone.
fn url_in(line: &str) -> Option<String> {
    let Some(start) = line.find("http://") else {
        let port: u16 = line.rsplit(' ').next()?.parse().ok()?;
        return Some(format!("http://127.0.0.1:{port}"));
    };
    line[start..].split(|c: char| c.is_whitespace() || c == ')').next().map(str::to_owned)
}

/// `make test` installs what is needed and says so; a plain `cargo test` may go without it.
///
/// # Panics
/// Where it must not.
#[expect(clippy::print_stdout, reason = "whoever runs the tests must see what was left out")]
pub fn not_installed(what: &str) {
    let required = std::env::var_os("POSTRIDER_TEST_PACKAGES").is_some();
    assert!(!required, "{what} is not there: make test-packages");
    println!("skipped: {what} is not installed (make test-packages)");
}

/// The repository's folder.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in it").to_owned()
}
