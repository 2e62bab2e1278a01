//! A walk as a process.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use postrider_tests::{not_installed, repository};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// The longest that a walk may take. Each thing it waits for has a bound of its own; this one ends what hangs all the
/// same, before the runner does and says nothing.
const LONGEST: Duration = Duration::from_secs(240);

/// Runs `walks/{name}.mjs` with what it must know (its `site`). Says so and does nothing where the browser or its
/// packages are not installed.
///
/// # Panics
/// When something is not as the walk says it must be; when something is not installed that must be.
#[expect(clippy::print_stdout, reason = "how far a walk came says why it failed")]
pub async fn walk(name: &str, mut site: Value) {
    let Some(chromium) = installed() else { return };
    site["chromium"] = chromium.to_str().into();
    let script = repository().join(format!("tests/browser/walks/{name}.mjs"));
    let output = run(&script, &site).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "the walk {name} ended early\n{}", text(&output.stderr));
}

/// Runs a script with its site on standard input, to its end.
async fn run(script: &Path, site: &Value) -> Output {
    let mut command = Command::new("node");
    command
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().expect("node can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(site.to_string().as_bytes()).await.expect("the script reads its site");
    drop(stdin);
    let ended = timeout(LONGEST, child.wait_with_output()).await;
    ended.unwrap_or_else(|_| panic!("{} did not end", script.display())).expect("it can be waited for")
}

/// The browser, where it and what drives it are there.
fn installed() -> Option<PathBuf> {
    let packages = repository().join("target/browser/node_modules/playwright-core");
    if !packages.exists() {
        not_installed("playwright-core");
        return None;
    }
    let chromium = on_path("chromium");
    if chromium.is_none() {
        not_installed("chromium");
    }
    chromium
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists())
}
