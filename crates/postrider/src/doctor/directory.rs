//! The data directory: who may read it, and how much room there is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::report::Finding;
use crate::config::Config;
use crate::keys::KeyFile;

const CHECK: &str = "data directory";
/// What its owner alone may read (DESIGN 4.1).
const FILES: [&str; 5] =
    ["postrider.db", "postrider.db-wal", "postrider.db-shm", "postrider.lock", "control.sock"];

/// That it is the server's alone, and may be written to.
pub(super) fn rights(config: &Config) -> Vec<Finding> {
    let directory = &config.data_dir;
    let shown = directory.display();
    let mode = match fs::metadata(directory) {
        Ok(found) if !found.is_dir() => {
            return vec![Finding::fail(
                CHECK,
                format_args!("{shown} is not a directory"),
                "give another --data-dir",
            )];
        }
        Ok(found) => found.permissions().mode() & 0o777,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![Finding::ok(
                CHECK,
                format_args!("{shown} is not there yet; the first start makes it"),
            )];
        }
        Err(error) => {
            let told = format_args!("{shown} cannot be looked at: {error}");
            return vec![Finding::fail(
                CHECK,
                told,
                "run as the user of the server, or give another --data-dir",
            )];
        }
    };
    let mut findings = vec![match mode & 0o077 {
        0 => Finding::ok(CHECK, format_args!("{shown} is its owner's alone (0{mode:o})")),
        _ => Finding::warn(
            CHECK,
            format_args!("other users may look into {shown} (0{mode:o})"),
            format_args!("chmod 700 {shown}"),
        ),
    }];
    if access(directory.as_path(), Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let told = format_args!("this user may not write to {shown}");
        findings.push(Finding::fail(CHECK, told, "run as the user of the server, or change the owner"));
    }
    findings.extend(FILES.iter().filter_map(|name| private(&directory.join(name), false)));
    findings.extend(private(KeyFile::of(directory).path(), true));
    findings
}

/// What is wrong with a file's mode; `None` for one that is private or not there.
fn private(path: &Path, stops_the_start: bool) -> Option<Finding> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let told = format!("other users may read {} (0{mode:o})", path.display());
    let advice = format!("chmod 600 {}", path.display());
    match (mode & 0o077, stops_the_start) {
        (0, _) => None,
        (_, true) => Some(Finding::fail(
            CHECK,
            told,
            format_args!("{advice}, and think about a new key (postrider keys rotate)"),
        )),
        (_, false) => Some(Finding::warn(CHECK, told, advice)),
    }
}

/// That there is room, by the same measure as the server's.
pub(super) fn free(config: &Config) -> Finding {
    const CHECK: &str = "free disk";
    // A directory that is not there yet will be where its parent is.
    let there = config.data_dir.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let free = match statvfs(there) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            return Finding::warn(
                CHECK,
                format_args!("cannot be told: {error}"),
                "look at the disk yourself",
            );
        }
    };
    let (shown, needed) = (mebibytes(free), mebibytes(config.min_free_bytes));
    match free {
        free if free < config.min_free_bytes => Finding::fail(
            CHECK,
            format_args!("{shown} free, below min_free_bytes ({needed}): events are refused with 503"),
            "make room, or bound the store with max_store_bytes",
        ),
        free if free < config.min_free_bytes.saturating_mul(2) => Finding::warn(
            CHECK,
            format_args!("{shown} free; below {needed} events are refused"),
            "make room, or bound the store with max_store_bytes",
        ),
        _ => Finding::ok(CHECK, format_args!("{shown} free; below {needed} events are refused")),
    }
}

/// A size for people.
pub(super) fn mebibytes(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KiB", bytes >> 10),
        mebibytes if mebibytes < 10_240 => format!("{mebibytes} MiB"),
        mebibytes => format!("{} GiB", mebibytes >> 10),
    }
}
