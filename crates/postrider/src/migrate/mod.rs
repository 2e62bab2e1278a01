//! `postrider migrate-store`: a stopped single machine's store into a PostgreSQL that many nodes share.

mod copying;
mod moving;
#[cfg(test)]
mod tests;
mod told;
mod verifying;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use postrider_engine::ports::Rng as _;
use postrider_model::id::IdSalt;
use postrider_store::Upkeep as _;
use postrider_store::transfer::{Source as _, Transfer, TransferState};
use postrider_store_postgres::{PostgresOptions, PostgresStore, place};
use postrider_store_sqlite::{OpenError, Options, SqliteStore};

use crate::cli::Failed;
use crate::config::{Config, Given, with_options};
use crate::console::say;
use crate::keys;
use crate::ports::SystemRng;
use crate::serve::runtime;
use moving::Moving;

/// The command.
pub(crate) fn command() -> Command {
    let command = Command::new("migrate-store")
        .about("Move a stopped store into a PostgreSQL that many nodes share")
        .long_about(
            "Move a stopped store into a PostgreSQL that many nodes share.\n\nEverything is copied, compared by counts \
             and checksums, and only then is the database open for nodes, and the data directory closed. Interrupted, \
             it goes on where it stopped when it is run again. If the server is started in between, the next run \
             begins anew.",
        )
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("The data directory [env: POSTRIDER_DATA_DIR] [default: ./postrider-data]"),
        )
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("URL")
                .env("POSTRIDER_DATABASE_URL")
                .hide_env_values(true)
                .required_unless_present("undo")
                .help("The empty database: postgres://…; the server itself, not a pooler before it"),
        )
        .arg(
            Arg::new("undo")
                .long("undo")
                .action(ArgAction::SetTrue)
                .help("Open the data directory again that was moved; what nodes did since stays in the database"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print a JSON object"));
    with_options(command, |_| false)
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    // It says where the store moves to, not where it is.
    let config = Given::read(args).without("database_url").load().map_err(Failed::usage)?;
    let from = args.get_one::<PathBuf>("from").unwrap_or(&config.data_dir);
    let runtime = runtime(Some(2)).map_err(Failed::new)?;
    if args.get_flag("undo") {
        let undone = runtime.block_on(undo(from))?;
        say(told::undone(from, undone.as_ref(), args.get_flag("json")));
        return Ok(());
    }
    let url = args.get_one::<String>("to").map(String::as_str).unwrap_or_default();
    let quiet = args.get_flag("json");
    let moved = runtime.block_on(migrate(&config, from, url, quiet))?;
    say(told::moved(from, &moved, config.master_key.is_some(), quiet));
    Ok(())
}

async fn migrate(config: &Config, from: &Path, url: &str, quiet: bool) -> Result<moving::Moved, Failed> {
    let source = open_source(from)?;
    let outcome = migrate_from(config, from, &source, url, quiet).await;
    source.close().await.map_err(Failed::new)?;
    outcome
}

async fn migrate_from(
    config: &Config,
    from: &Path,
    source: &Arc<SqliteStore>,
    url: &str,
    quiet: bool,
) -> Result<moving::Moved, Failed> {
    let options = PostgresOptions { connections: 4, ..PostgresOptions::new(url, source.salt()) };
    let to = place(&options).map_err(Failed::usage)?;
    let ring = keys::open_keyring(config.master_key.as_ref(), from, &**source).await.map_err(Failed::new)?;
    keys::check_sealed(&**source, &ring, &ring).await?;
    let target = PostgresStore::open_to_fill(options).await.map_err(Failed::new)?;
    let mut copy = [0; 16];
    SystemRng::default().fill(&mut copy);
    let moving =
        Moving { source: &**source, target: &*target, to, copy: uuid::Uuid::from_bytes(copy), quiet };
    moving.run().await
}

/// Takes a finished move back; `None` where there was none.
async fn undo(from: &Path) -> Result<Option<Transfer>, Failed> {
    let source = open_source(from)?;
    let known = source.transfer().await.map_err(Failed::new)?;
    source.set_transfer(None).await.map_err(Failed::new)?;
    source.close().await.map_err(Failed::new)?;
    Ok(known.filter(|known| matches!(known.state, TransferState::Moved(_))))
}

fn open_source(from: &Path) -> Result<Arc<SqliteStore>, Failed> {
    if !from.join("postrider.db").exists() {
        return Err(Failed::usage(format_args!("there is no store in {}; give --from", from.display())));
    }
    SqliteStore::open_to_move(Options::new(from, IdSalt(0))).map_err(|error| match error {
        OpenError::InUse(path) => Failed::new(format_args!(
            "a server is using {}: stop it, and move its store then",
            path.display()
        )),
        other => Failed::new(other),
    })
}
