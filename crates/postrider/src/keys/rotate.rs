//! Sealing every secret with a new master key (DESIGN 7 "Secrets").
//!
//! Both keys are known for as long as it takes: the new one is on disk before anything is sealed with it, and the old
//! one goes when nothing needs it any more. So a crash at any point leaves a store that opens, and running it again
//! goes on where it stopped.

use std::path::PathBuf;

use postrider_store::Store;
use postrider_vault::{KeyId, Keyring, MasterKey};
use zeroize::Zeroizing;

use super::file::{KeyFile, write_new};
use super::master::{FACT, KeyError, PROOF, PROOF_CONTEXT, in_place, prove};
use super::resealing;
use crate::cli::Failed;
use crate::config::Secret;

/// What is rotated, and how.
#[derive(Debug)]
pub(super) struct Rotation {
    /// The keys, where they are given and not in the file.
    pub(super) given: Option<Secret>,
    /// Where the file is.
    pub(super) data_dir: PathBuf,
    /// Where the old key is written to.
    pub(super) keep_old: Option<PathBuf>,
    /// Whether no bar is wanted.
    pub(super) quiet: bool,
}

/// What was done.
#[derive(Debug)]
pub(super) struct Rotated {
    /// What the new key is named by.
    pub(super) newest: KeyId,
    /// Endpoints whose secrets were sealed anew.
    pub(super) resealed: u64,
    /// Whether an earlier run had begun.
    pub(super) resumed: bool,
}

impl Rotation {
    /// Rotates. Nobody else may use the store meanwhile.
    pub(super) async fn run(&self, store: &dyn Store) -> Result<Rotated, Failed> {
        let file = KeyFile::of(&self.data_dir);
        let mut keys = self.keys(&file)?;
        let resumed = self.given.is_none() && keys.len() > 1;
        let begins = self.given.is_none() && !resumed;
        prove(&ring(&keys)?, store).await.map_err(Failed::new)?;
        if let Some(path) = &self.keep_old {
            keep(path, if begins { &keys } else { &keys[1..] })?;
        }
        if begins {
            keys.insert(0, MasterKey::generate().map_err(Failed::new)?);
            file.write(&text(&keys)).map_err(Failed::new)?;
        }
        let ring = ring(&keys)?;
        let resealed = resealing::reseal(store, &ring, self.quiet).await?;
        let proof = ring.seal(PROOF, PROOF_CONTEXT).map_err(Failed::new)?;
        store.set_fact(FACT, &proof).await.map_err(Failed::new)?;
        let newest = Keyring::new(&keys[0]).map_err(Failed::new)?;
        prove(&newest, store).await.map_err(Failed::new)?;
        resealing::check(store, &ring, &newest).await?;
        if self.given.is_none() {
            file.write(&text(&keys[..1])).map_err(Failed::new)?;
        }
        Ok(Rotated { newest: ring.newest(), resealed, resumed })
    }

    /// The keys there are, newest first.
    fn keys(&self, file: &KeyFile) -> Result<Vec<MasterKey>, Failed> {
        let (place, text) = match &self.given {
            Some(given) => ("master_key".to_owned(), Zeroizing::new(given.expose().to_owned())),
            None => {
                let text = file.read().map_err(Failed::new)?.ok_or_else(|| Failed::new(KeyError::Other))?;
                (file.path().display().to_string(), text)
            }
        };
        let parts = text.split([',', ' ', '\n']).filter(|part| !part.trim().is_empty());
        let keys: Result<Vec<_>, _> = parts.map(MasterKey::from_base64).collect();
        let keys = keys.map_err(|source| Failed::new(in_place(&place, source)))?;
        match keys.len() {
            0 => Err(Failed::new(format_args!("there is no key in {place}"))),
            1 if self.given.is_some() => Err(Failed::usage(
                "the master key is given, so the new one must be too: set POSTRIDER_MASTER_KEY to NEW,OLD \
                 (openssl rand -base64 32 makes one)",
            )),
            _ => Ok(keys),
        }
    }
}

fn ring(keys: &[MasterKey]) -> Result<Keyring, Failed> {
    let (newest, older) = keys.split_first().ok_or_else(|| Failed::new("there is no master key"))?;
    let mut ring = Keyring::new(newest).map_err(Failed::new)?;
    for key in older {
        ring.add_older(key).map_err(Failed::new)?;
    }
    Ok(ring)
}

fn text(keys: &[MasterKey]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::new());
    for key in keys {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&key.to_base64());
    }
    text
}

/// Written once: an interrupted run has written it already.
fn keep(path: &std::path::Path, old: &[MasterKey]) -> Result<(), Failed> {
    let old = text(old);
    let failed = |error| Failed::new(format_args!("{}: {error}", path.display()));
    match write_new(path, &old) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let there = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
            if there.trim() == old.as_str() { Ok(()) } else { Err(failed(error)) }
        }
        written => written.map_err(failed),
    }
}

#[cfg(test)]
mod tests;
