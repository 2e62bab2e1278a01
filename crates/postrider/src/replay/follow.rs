//! Following a replay to its end.

use std::time::Duration;

use super::{progress as told, sheet};
use crate::cli::Failed;
use crate::client::{Call, Client, Document};
use crate::columns::shown;
use crate::console::complain;
use crate::progress;
use crate::remote::Remote;
use crate::serve::Signals;

/// How often it is asked how far it is.
const PACE: Duration = Duration::from_millis(500);

/// Shows how far it is until it is over, then how it ended. Ctrl-C ends the looking, not the replay.
///
/// # Errors
/// Of the calls.
pub(super) async fn to_the_end(client: &Client, remote: &Remote, id: &str) -> Result<(), Failed> {
    let mut signals = Signals::new().map_err(Failed::new)?;
    let call = Call::get(["v1", "replays", id]);
    let first = client.call(&call).await?;
    let count = |replay: &Document, field: &str| replay.value()[field].as_u64().unwrap_or(0);
    let bar = progress::bar(count(&first, "matched"), "replaying", remote.json);
    let mut replay = first;
    while replay.str("status") == "running" {
        bar.set_position(count(&replay, "reopened") + count(&replay, "skipped"));
        tokio::select! {
            biased;
            () = signals.next() => {
                bar.finish_and_clear();
                complain(format_args!("{}; {id} goes on (postrider replay cancel {id} stops it)", told(replay.value())));
                return Ok(());
            }
            () = tokio::time::sleep(PACE) => {}
        }
        replay = client.call(&call).await?;
    }
    bar.finish_and_clear();
    remote.show(&replay, |replay| {
        format!("{}\n\n{} is {}", sheet(replay), shown(&replay["id"]), shown(&replay["status"]))
    });
    Ok(())
}
