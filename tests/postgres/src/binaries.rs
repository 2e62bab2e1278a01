//! Where PostgreSQL's programs are, and who runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whoever runs servers where the tests run as root.
const OWNER: &str = "postgres";

/// The folder of the newest server's programs; Debian keeps them out of PATH.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("POSTRIDER_TEST_POSTGRES_BIN") {
        return Some(folder.into());
    }
    newest(Path::new("/usr/lib/postgresql")).or_else(in_path)
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(versions).ok()?.flatten();
    let with_server = entries.map(|entry| entry.path()).filter(|path| path.join("bin/initdb").exists());
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    with_server.max_by_key(number).map(|path| path.join("bin"))
}

fn in_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join("initdb").exists())
}

/// A command run by whoever may own a server: PostgreSQL refuses to run as root, so there it is the user `postgres`.
pub(crate) fn as_owner(program: &Path) -> Command {
    owners(program, &[])
}

/// The same; the kernel ends it at once when the thread that starts it has ended.
pub(crate) fn leashed(program: &Path) -> Command {
    owners(program, &["--pdeathsig", "QUIT"])
}

fn owners(program: &Path, leash: &[&str]) -> Command {
    let owner = ["--reuid", OWNER, "--regid", OWNER, "--init-groups"];
    let owner = if rustix::process::geteuid().is_root() { &owner[..] } else { &[] };
    let mut command = if owner.is_empty() && leash.is_empty() {
        Command::new(program)
    } else {
        let mut command = Command::new("setpriv");
        command.args(leash).args(owner).arg(program);
        command
    };
    // The folder that the tests run in need not be open to it.
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// A new folder of the owner's in one that need not be open to it.
///
/// # Panics
/// When it cannot be made.
pub(crate) fn folder_in(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let made = run(Command::new("mktemp").arg("-d").arg("-p").arg(root).arg("postrider-server.XXXXXXXX"));
    let folder = PathBuf::from(made.trim());
    if rustix::process::geteuid().is_root() {
        run(Command::new("chown").arg(format!("{OWNER}:")).arg(&folder));
    }
    folder
}

/// Runs it to its end; what it printed.
///
/// # Panics
/// When it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {said}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
