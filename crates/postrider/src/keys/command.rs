//! `postrider keys`: the master key.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use postrider_model::id::IdSalt;
use postrider_store::Store;
use postrider_store_postgres::{PostgresStore, inspect};
use postrider_store_sqlite::{OpenError, Options, SqliteStore};
use serde_json::json;

use super::rotate::{Rotated, Rotation};
use crate::cli::Failed;
use crate::columns::count;
use crate::config::{Config, Given, with_options};
use crate::console::say;
use crate::serve::{postgres_options, runtime};

/// The command.
pub(crate) fn command() -> Command {
    let rotate = Command::new("rotate")
        .about("Seal every secret with a new master key, while the server is stopped")
        .long_about(
            "Seal every secret with a new master key, while the server is stopped.\n\nThe new key is made into \
             master.key, before the old one; when every secret is sealed with it, the old one is taken away. Run it \
             again if it was interrupted: the server starts with both keys meanwhile. Where the key is given as \
             POSTRIDER_MASTER_KEY, give the new one and the old one after a comma (openssl rand -base64 32 makes \
             one), and take the old one away afterwards.\n\nOn PostgreSQL the nodes go on meanwhile: docs/postgresql.md \
             tells the steps.",
        )
        .arg(
            Arg::new("keep-old")
                .long("keep-old")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the old key to this file (0600), for the backups that were made with it"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print a JSON object"));
    Command::new("keys")
        .about("Rotate the master key")
        .subcommand_required(true)
        .subcommand(with_options(rotate, |opt| {
            matches!(opt.key, "data_dir" | "database_url" | "database_pooler")
        }))
}

/// Runs it.
pub(crate) fn run(args: &ArgMatches) -> Result<(), Failed> {
    let Some(("rotate", args)) = args.subcommand() else { return Err(Failed::usage("no such command")) };
    let config = Given::read(args).load().map_err(Failed::usage)?;
    let rotation = Rotation {
        given: config.master_key.clone(),
        data_dir: config.data_dir.clone(),
        keep_old: args.get_one::<PathBuf>("keep-old").cloned(),
        quiet: args.get_flag("json"),
    };
    let rotated = runtime(Some(1)).map_err(Failed::new)?.block_on(rotate(&config, &rotation))?;
    if args.get_flag("json") {
        say(json!({
            "master_key": rotated.newest.to_string(),
            "resealed": rotated.resealed,
            "resumed": rotated.resumed,
            "old_key_kept": rotation.keep_old,
        }));
    } else {
        say(told(&rotated, &rotation));
    }
    Ok(())
}

async fn rotate(config: &Config, rotation: &Rotation) -> Result<Rotated, Failed> {
    let store = open(config).await?;
    let rotated = rotation.run(&*store).await;
    store.close().await.map_err(Failed::new)?;
    rotated
}

/// A shared store is not this command's alone: its nodes know both keys meanwhile (docs/postgresql.md).
async fn open(config: &Config) -> Result<Arc<dyn Store>, Failed> {
    if let Some(options) = postgres_options(config, IdSalt(0)) {
        let seen = inspect(&options).await.map_err(Failed::new)?;
        if seen.schema_version.is_none() {
            return Err(Failed::usage(format_args!("there is no store in the database {}", seen.database)));
        }
        return Ok(PostgresStore::open(options).await.map_err(Failed::new)?);
    }
    if !config.data_dir.join("postrider.db").exists() {
        let message = format_args!("there is no store in {}; give --data-dir", config.data_dir.display());
        return Err(Failed::usage(message));
    }
    let store = SqliteStore::open(Options::new(&config.data_dir, IdSalt(0)));
    Ok(store.map_err(|error| match error {
        OpenError::InUse(path) => {
            Failed::new(format_args!("a server is using {}: stop it, rotate, start it again", path.display()))
        }
        other => Failed::new(other),
    })?)
}

fn told(rotated: &Rotated, rotation: &Rotation) -> String {
    let resealed = count(rotated.resealed, "endpoint", "endpoints");
    let resumed = if rotated.resumed { "went on with an earlier rotation: " } else { "" };
    let old = match (&rotation.given, &rotation.keep_old) {
        (Some(_), _) => "take the old key out of POSTRIDER_MASTER_KEY before the next start".to_owned(),
        (None, Some(path)) => format!("the old key is in {}", path.display()),
        (None, None) => "the old key is gone".to_owned(),
    };
    format!(
        "{resumed}the secrets of {resealed} are sealed with the new master key {}; {old}\n\
         backups made before now open with the old key only: make a new one (postrider backup)",
        rotated.newest
    )
}
