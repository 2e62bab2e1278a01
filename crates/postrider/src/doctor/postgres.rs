//! The shared store: its server, its settings, its schema and the master key. Nothing is changed in it.

use postrider_engine::ports::Clock as _;
use postrider_model::id::IdSalt;
use postrider_store_postgres::{Inspection, inspect};
use postrider_vault::Keyring;

use super::report::Finding;
use crate::config::Config;
use crate::keys::opens_proof;
use crate::ports::SystemClock;
use crate::serve::postgres_options;

const CHECK: &str = "database";
const STORE: &str = "store";
const KEY: &str = "master key";
const DURABLE: &str = "durability";
/// The oldest server that is used, as `server_version_num` has it.
const OLDEST_SERVER: i32 = 150_000;
/// A node whose clock is further from the server's accepts no events (DESIGN 6).
const SKEW_MS: u64 = 5_000;
/// From here on somebody should look.
const NOTABLE_SKEW_MS: u64 = 1_000;
/// Beside the pool: one that rings, one that hears.
const DOORBELL_CONNECTIONS: usize = 2;

/// Looks at the server that the configuration names, if it names one.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let Some(options) = postgres_options(config, IdSalt(0)) else { return Vec::new() };
    let before = SystemClock.now();
    let seen = match inspect(&options).await {
        Ok(seen) => seen,
        Err(error) => return vec![Finding::fail(CHECK, error, "serve does not start without it")],
    };
    let mut findings = vec![server(&seen), encoding(&seen)];
    findings.extend(durability(&seen));
    findings.push(connections(&seen, options.connections + DOORBELL_CONNECTIONS));
    // The answer was made between the question and now.
    let (early, late) = (seen.now.0 - SystemClock.now().0, seen.now.0 - before.0);
    findings.push(skew(if early > 0 { early } else { late.min(0) }));
    findings.extend(doorbell(&seen));
    findings.push(schema(&seen));
    findings.push(key(config, &seen));
    findings
}

fn server(seen: &Inspection) -> Finding {
    let told = format!("PostgreSQL {}, database {}, user {}", seen.server_version, seen.database, seen.user);
    match seen {
        _ if seen.server_number < OLDEST_SERVER => Finding::fail(CHECK, told, "upgrade it: 15 is the oldest"),
        _ if seen.is_standby => Finding::fail(
            CHECK,
            format_args!("{told}: a standby, which takes no writes"),
            "name every server in the URL, and add target_session_attrs=read-write",
        ),
        _ => Finding::ok(CHECK, told),
    }
}

fn encoding(seen: &Inspection) -> Finding {
    match seen.encoding.as_str() {
        "UTF8" => Finding::ok(CHECK, "keeps text as UTF-8"),
        other => Finding::fail(
            CHECK,
            format_args!("keeps text as {other}"),
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
        ),
    }
}

/// What an answered 202 is worth.
fn durability(seen: &Inspection) -> Vec<Finding> {
    let mut findings = Vec::new();
    if seen.fsync == "off" {
        findings.push(Finding::warn(
            DURABLE,
            "fsync is off: a power failure may lose everything",
            "fsync = on, unless nothing in it matters",
        ));
    }
    if seen.full_page_writes == "off" {
        findings.push(Finding::warn(
            DURABLE,
            "full_page_writes is off: a power failure may leave torn pages",
            "full_page_writes = on, unless the file system writes pages whole",
        ));
    }
    let (commit, standbys) = (seen.synchronous_commit.as_str(), !seen.synchronous_standby_names.is_empty());
    findings.push(match commit {
        "off" => Finding::fail(
            DURABLE,
            "synchronous_commit is off: what was answered 202 could be lost",
            "ALTER ROLE … SET synchronous_commit = on",
        ),
        "local" if standbys => Finding::warn(
            DURABLE,
            "synchronous_commit is local: no standby is waited for",
            "ALTER ROLE … SET synchronous_commit = on, or expect a failover to lose the last events",
        ),
        _ if standbys => {
            Finding::ok(DURABLE, format_args!("a commit waits for {}", seen.synchronous_standby_names))
        }
        _ => Finding::ok(
            DURABLE,
            "a commit waits for this server's disk; no synchronous standby, so a failover may lose the last events",
        ),
    });
    findings
}

fn connections(seen: &Inspection, wanted: usize) -> Finding {
    const CHECK: &str = "connections";
    let (used, most) = (seen.connections, i64::from(seen.max_connections));
    let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
    let told = format!("{used} of {most} are in use; this node takes up to {wanted}");
    if wanted > most {
        return Finding::fail(
            CHECK,
            told,
            "raise max_connections, lower database_connections, or use a pooler",
        );
    }
    if wanted > most - used {
        let advice =
            "fine if this node is among those; else raise max_connections or lower database_connections";
        return Finding::warn(CHECK, told, advice);
    }
    Finding::ok(CHECK, told)
}

fn skew(ahead_ms: i64) -> Finding {
    const CHECK: &str = "clock";
    let told = |word: &str| format!("the server's is {} ms {word} this machine's", ahead_ms.unsigned_abs());
    let told = told(if ahead_ms < 0 { "behind" } else { "ahead of" });
    let advice = "keep both by NTP";
    match ahead_ms.unsigned_abs() {
        skew if skew > SKEW_MS => {
            Finding::fail(CHECK, format_args!("{told}: no events are accepted"), advice)
        }
        skew if skew > NOTABLE_SKEW_MS => Finding::warn(CHECK, told, advice),
        _ => Finding::ok(CHECK, "agrees with the server's"),
    }
}

fn doorbell(seen: &Inspection) -> Option<Finding> {
    const CHECK: &str = "doorbell";
    Some(match seen.notifies? {
        true => Finding::ok(CHECK, "notifications come through (LISTEN, NOTIFY)"),
        false => Finding::warn(
            CHECK,
            "notifications do not come through: a pooler stands before the server",
            "add --database-pooler, or connect to the server itself",
        ),
    })
}

fn schema(seen: &Inspection) -> Finding {
    let known = seen.known_version;
    match seen.schema_version {
        None if seen.may_create => Finding::ok(STORE, "there is none yet; the first start makes it"),
        None => Finding::fail(
            STORE,
            "there is none yet, and this user may not make it",
            format_args!("GRANT CREATE ON DATABASE {} TO {}", seen.database, seen.user),
        ),
        Some(found) if seen.oldest_reader > known => Finding::fail(
            STORE,
            format_args!("schema version {found}, this program knows {known}"),
            "use the program that belongs to it",
        ),
        Some(found) if found < known => Finding::warn(
            STORE,
            format_args!("schema version {found}, this program's is {known}"),
            "the next start migrates it",
        ),
        Some(found) => Finding::ok(STORE, format_args!("schema version {found}")),
    }
}

fn key(config: &Config, seen: &Inspection) -> Finding {
    let Some(given) = &config.master_key else {
        return Finding::fail(KEY, "is not given", "set POSTRIDER_MASTER_KEY");
    };
    let ring = match Keyring::from_base64(given.expose()) {
        Ok(ring) => ring,
        Err(error) => return Finding::fail(KEY, error, "serve does not start with it"),
    };
    match &seen.master_key_proof {
        None => Finding::ok(KEY, "the key that is given can be read"),
        Some(proof) if opens_proof(&ring, proof) => {
            Finding::ok(KEY, "the key that is given opens the store's secrets")
        }
        Some(_) => Finding::fail(
            KEY,
            "does not open the store's secrets",
            "set POSTRIDER_MASTER_KEY to the key that the other nodes have",
        ),
    }
}

#[cfg(test)]
mod tests;
