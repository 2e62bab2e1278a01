//! What a commit takes the writer, about, so that none holds it for long.

use postrider_store::{Batch, Settle};

use super::admit::REQUEST_FANOUT_ABOVE;
use super::message::AppendRequest;

/// How long a commit may hold the writer, in microseconds without its fsync (DESIGN 2.1).
const MAX_US: usize = 5_000;
/// What an event or a delivery takes that is appended, about.
const ROW_US: usize = 7;
/// What the settle of a fresh delivery takes, about.
const FRESH_SETTLE_US: usize = 3;
/// What another one takes: its row is read, and taken out of the due index.
const SETTLE_US: usize = 20;
/// Appends leave this much to settles, which must not fall behind.
const LEFT_TO_SETTLES_US: usize = 1_000;
/// Events and deliveries appended in one commit.
pub(super) const MAX_ROWS: usize = (MAX_US - LEFT_TO_SETTLES_US) / ROW_US;
/// Bytes of match sets that take as long as a row.
const ROW_BYTES: usize = 256;
/// Changes in one commit.
pub(super) const MAX_CHANGES: usize = MAX_US / SETTLE_US;

/// Events and deliveries that a batch writes.
fn rows_of(batch: &Batch) -> usize {
    let events = batch.appends.iter().flat_map(|append| &append.events);
    let appended: usize = events.map(|event| 1 + event.deliveries.len()).sum();
    appended + batch.fanouts.iter().map(|chunk| chunk.deliveries.len()).sum::<usize>()
}

/// What settles may take of a commit that writes this much else, in microseconds. Beside a request that is larger than a
/// commit should be they get a share of it, else they would fall behind under many of these.
pub(super) fn left_to_settles_us(batch: &Batch) -> usize {
    left_beside_us(rows_of(batch) * ROW_US)
}

fn left_beside_us(written_us: usize) -> usize {
    MAX_US.saturating_sub(written_us).max(LEFT_TO_SETTLES_US).max(written_us / 4)
}

/// What a settle takes of a commit, in microseconds.
pub(super) fn settle_us(settle: &Settle) -> usize {
    if settle.fresh { FRESH_SETTLE_US } else { SETTLE_US }
}

/// What a request takes of a commit, in rows. The deliveries of a wide one come later, in chunks.
pub(super) fn rows(request: &AppendRequest) -> usize {
    let deliveries = request.deliveries();
    let written = if deliveries > REQUEST_FANOUT_ABOVE { request.ordered() } else { deliveries };
    request.drafts.len() + written + request.match_set_bytes() / ROW_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_get_what_appends_leave_and_a_share_beside_a_large_request() {
        let left = |rows: usize| left_beside_us(rows * ROW_US);
        assert_eq!([0, 100, 640, 2_000].map(left), [5_000, 4_300, 1_120, 3_500]);
    }
}
