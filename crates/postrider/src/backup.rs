//! `postrider backup`: a consistent copy of the embedded store, while the server runs or not.

use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use postrider_model::id::IdSalt;
use postrider_store::Upkeep as _;
use postrider_store_sqlite::{Options, SqliteStore};
use serde_json::json;

use crate::cli::Failed;
use crate::console::say;
use crate::progress;
use crate::serve::{control, runtime};

/// How often the size of the copy is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The command.
pub(crate) fn command() -> Command {
    Command::new("backup")
        .about("Copy the embedded store, while the server runs or not")
        .after_help("The copy holds secrets encrypted. The master key is not in it: keep that apart.")
        .arg(
            Arg::new("data-dir")
                .long("data-dir")
                .value_name("DIR")
                .default_value("./postrider-data")
                .env("POSTRIDER_DATA_DIR")
                .value_parser(value_parser!(PathBuf))
                .help("The data directory"),
        )
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("The copy; it must not exist yet"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print a JSON object"))
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let path = |name: &str| args.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let (data_dir, target) = (path("data-dir"), absolute(path("to")).map_err(Failed::usage)?);
    if args.value_source("data-dir") != Some(ValueSource::CommandLine) {
        must_be_embedded(std::env::var_os("POSTRIDER_DATABASE_URL"))?;
    }
    must_be_new(&target)?;
    let bytes = runtime(Some(1)).map_err(Failed::new)?.block_on(watched(
        &data_dir,
        &target,
        args.get_flag("json"),
    ))?;
    if args.get_flag("json") {
        say(json!({"path": target, "bytes": bytes}));
    } else {
        say(format_args!("{} ({bytes} bytes)", target.display()));
    }
    Ok(())
}

/// A server of its own is copied by its own means; whoever names a data directory means that.
fn must_be_embedded(database_url: Option<std::ffi::OsString>) -> Result<(), Failed> {
    match database_url.filter(|url| !url.is_empty()) {
        None => Ok(()),
        Some(_) => Err(Failed::usage(
            "the store is a PostgreSQL (POSTRIDER_DATABASE_URL), which is copied by its own means: pg_dump, or base \
             backups with archived write-ahead log (see docs/postgresql.md); to copy an embedded store, give --data-dir",
        )),
    }
}

/// The copy takes no file's place. Whoever copies checks it again: this one names the file.
fn must_be_new(target: &Path) -> Result<(), Failed> {
    if target.exists() {
        return Err(Failed::new(format_args!(
            "{} exists already, and a backup replaces no file: give another --to, or remove it first",
            target.display()
        )));
    }
    Ok(())
}

/// Copies, and shows on a terminal how far the copy is.
async fn watched(data_dir: &Path, target: &Path, quiet: bool) -> Result<u64, Failed> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let mut partial = target.as_os_str().to_owned();
    partial.push(".part");
    let bar = progress::bytes(size(&data_dir.join("postrider.db")), "copying", quiet);
    let mut copying = std::pin::pin!(backup(data_dir, target));
    loop {
        tokio::select! {
            biased;
            copied = copying.as_mut() => {
                bar.finish_and_clear();
                return copied;
            }
            () = tokio::time::sleep(LOOK) => bar.set_position(size(Path::new(&partial))),
        }
    }
}

async fn backup(data_dir: &Path, target: &Path) -> Result<u64, Failed> {
    let request = control::Request::Backup(target.to_owned());
    match control::ask(data_dir, &request).await.map_err(Failed::new)? {
        Some(control::Answer::Copied(bytes)) => Ok(bytes),
        Some(control::Answer::Refused(why)) => Err(Failed::new(why)),
        None => backup_at_rest(data_dir, target).await,
    }
}

/// No server runs: the store is opened here, which holds one off for as long as the copy takes.
async fn backup_at_rest(data_dir: &Path, target: &Path) -> Result<u64, Failed> {
    if !data_dir.join("postrider.db").exists() {
        return Err(Failed::usage(format_args!(
            "there is no store in {}; give --data-dir",
            data_dir.display()
        )));
    }
    let store = SqliteStore::open(Options::new(data_dir, IdSalt(0))).map_err(Failed::new)?;
    let copied = store.backup(target).await.map_err(Failed::new);
    store.close().await.map_err(Failed::new)?;
    copied
}
