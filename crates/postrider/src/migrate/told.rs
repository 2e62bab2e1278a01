//! What people and programs are told of a move.

use std::path::Path;

use postrider_store::transfer::Transfer;
use serde_json::{Map, Value, json};

use super::moving::Moved;
use crate::columns::count;
use crate::keys::KeyFile;

/// Of one that is finished.
pub(super) fn moved(from: &Path, moved: &Moved, key_is_given: bool, as_json: bool) -> String {
    if as_json {
        return document(from, moved).to_string();
    }
    let rows = moved.tables.iter().map(|(_, found)| found.source.rows).sum();
    let compared = if moved.tables.is_empty() {
        "the store had moved already; the database is open".to_owned()
    } else {
        format!("{} moved; counts and checksums are the same on both sides", count(rows, "row", "rows"))
    };
    let emptied = if moved.emptied {
        "\nwhat an earlier copy had left in the database was removed first: the server ran since"
    } else {
        ""
    };
    let key = if key_is_given {
        "the POSTRIDER_MASTER_KEY of before".to_owned()
    } else {
        format!("POSTRIDER_MASTER_KEY=\"$(cat {})\"", KeyFile::of(from).path().display())
    };
    format!(
        "{} -> {}: {compared}{emptied}\nstart nodes with --database-url and {key}\n{} is closed: no server starts on it \
         any more. Keep it until the nodes do well, and master.key for ever (--undo opens it again)",
        from.display(),
        moved.to,
        from.display()
    )
}

fn document(from: &Path, moved: &Moved) -> Value {
    let tables = moved.tables.iter().map(|(table, found)| {
        let digest = found.source;
        (table.name().to_owned(), json!({"rows": digest.rows, "checksum": digest.to_string()}))
    });
    json!({
        "from": from,
        "to": moved.to,
        "copied": moved.copied,
        "resumed": moved.resumed,
        "emptied": moved.emptied,
        "tables": tables.collect::<Map<_, _>>(),
        "copying_ms": u64::try_from(moved.copying.as_millis()).unwrap_or(u64::MAX),
        "verifying_ms": u64::try_from(moved.verifying.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Of one that was taken back.
pub(super) fn undone(from: &Path, transfer: Option<&Transfer>, as_json: bool) -> String {
    let to = transfer.map(|transfer| transfer.copied.to.as_str());
    if as_json {
        return json!({"from": from, "was_moved_to": to}).to_string();
    }
    match to {
        Some(to) => format!(
            "{} is open again as it was when it moved. Start no node on {to} any more: what is pending there is pending \
             here too",
            from.display()
        ),
        None => format!("{} had not moved", from.display()),
    }
}
