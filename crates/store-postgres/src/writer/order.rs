//! Ordered keys: one head is due, its followers are parked and let go one by one (DESIGN 2.3).
//!
//! Whoever adds a parked delivery and whoever ends a head commits first and looks then, in a transaction of its own:
//! whichever of two is later sees what the other did, so that no follower waits for ever.

use std::collections::{BTreeMap, HashMap};

use postrider_model::id::Ordinal;
use postrider_model::time::Millis;
use postrider_store::ChangeOutcome;
use tokio_postgres::types::Type;

use super::Stop;
use crate::store::{Membership, PostgresStore};

/// An endpoint and one of its ordered keys.
pub(crate) type Line = (i64, i64);

/// Lets the first of each line go on: if it is parked, or if the one before it ended, which its owner may not know.
const RELEASE: &str = "WITH first AS (
        SELECT k.endpoint, k.okey, k.ended, f.event, f.place, f.parked
        FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS k(endpoint, okey, ended)
        CROSS JOIN LATERAL (
            SELECT p.event, p.place, p.parked FROM postrider.pending p
            WHERE p.endpoint = k.endpoint AND p.okey = k.okey AND p.place IS NOT NULL ORDER BY p.place LIMIT 1) f
    ), freed AS (
        UPDATE postrider.pending p
        SET parked = false, due = CASE WHEN p.parked THEN $4 ELSE p.due END,
            xact = pg_current_xact_id()::text::bigint, writer = $5
        FROM first f WHERE p.endpoint = f.endpoint AND p.event = f.event AND (f.parked OR f.ended)
    )
    SELECT endpoint, okey, event, place FROM first";

/// The first of lines, after the commit: place and event.
pub(crate) type Firsts = HashMap<Line, (i64, i64)>;

/// What happened in the lines, in its order.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Those that were in a line when the commit began, as far as it looked at them.
    pub(super) before: HashMap<Line, BTreeMap<i64, i64>>,
    steps: Vec<(Line, Step)>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Enters { place: i64, event: i64, change: Option<usize> },
    Ends { place: i64, item: Item },
}

/// Whose answer depends on a line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Settle(usize),
    Change(usize),
}

/// What is answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) released: Vec<(Item, Ordinal)>,
    /// Changes whose delivery waits behind another.
    pub(super) parked: Vec<usize>,
}

impl Lines {
    pub(super) fn enters(&mut self, line: Line, place: i64, event: Ordinal, change: Option<usize>) {
        self.steps.push((line, Step::Enters { place, event: event.0, change }));
    }

    pub(super) fn ends(&mut self, line: Line, place: i64, item: Item) {
        self.steps.push((line, Step::Ends { place, item }));
    }

    /// Goes through the steps once more, now that it is known who is first: all that the commit did not look at lie
    /// behind that one.
    pub(super) fn answers(&self, firsts: &Firsts) -> Answers {
        let mut lines: HashMap<Line, BTreeMap<i64, i64>> = self.before.clone();
        for (line, (place, event)) in firsts {
            let entered = |(other, step): &(Line, Step)| {
                other == line && matches!(step, Step::Enters { place: at, .. } if at == place)
            };
            if !self.steps.iter().any(entered) {
                lines.entry(*line).or_default().insert(*place, *event);
            }
        }
        let mut answers = Answers::default();
        for (line, step) in &self.steps {
            let line = lines.entry(*line).or_default();
            match *step {
                Step::Enters { place, event, change } => {
                    let behind = line.first_key_value().is_some_and(|(first, _)| *first < place);
                    line.insert(place, event);
                    answers.parked.extend(change.filter(|_| behind));
                }
                Step::Ends { place, item } => {
                    line.remove(&place);
                    let next = line.first_key_value().filter(|(first, _)| place < **first);
                    answers.released.extend(next.map(|(_, event)| (item, Ordinal(*event))));
                }
            }
        }
        answers
    }

    /// The lines to look at, and whether one of each ended.
    fn touched(&self, parked: &[Line]) -> BTreeMap<Line, bool> {
        let mut touched: BTreeMap<Line, bool> = parked.iter().map(|line| (*line, false)).collect();
        for (line, step) in &self.steps {
            match step {
                Step::Ends { .. } => {
                    touched.insert(*line, true);
                }
                // Its answer says whether it is first.
                Step::Enters { change: Some(_), .. } => {
                    touched.entry(*line).or_insert(false);
                }
                Step::Enters { .. } => {}
            }
        }
        touched
    }
}

/// Looks at every line that was touched; `parked` are those that got a parked one. The commit is done: what goes wrong
/// here is tried again, and at last left to whoever takes the slot over.
pub(super) async fn release(
    store: &PostgresStore,
    me: Membership,
    now: Millis,
    lines: &Lines,
    parked: &[Line],
) -> Result<Firsts, Stop> {
    let touched = lines.touched(parked);
    if touched.is_empty() {
        return Ok(Firsts::new());
    }
    let mut pause = std::time::Duration::from_millis(5);
    loop {
        match look(store, i16::from(me.number.0), now, &touched).await {
            Ok(firsts) => return Ok(firsts),
            // The store is being closed: a start repairs it.
            Err(fault) if store.is_shut() => return Err(fault.into()),
            Err(fault) => {
                tracing::warn!(?fault, "ordered keys could not be let go on; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(std::time::Duration::from_secs(1));
            }
        }
    }
}

/// Looks at these lines, and whether one of each ended, in a statement of its own: to be called after the commit that
/// touched them. `writer` is who lets them go on.
pub(crate) async fn look(
    store: &PostgresStore,
    writer: i16,
    now: Millis,
    touched: &BTreeMap<Line, bool>,
) -> crate::fault::Res<Firsts> {
    let endpoints: Vec<i64> = touched.keys().map(|(endpoint, _)| *endpoint).collect();
    let keys: Vec<i64> = touched.keys().map(|(_, okey)| *okey).collect();
    let ended: Vec<bool> = touched.values().copied().collect();
    let rows = store
        .vital()
        .await?
        .query(
            RELEASE,
            &[
                (&endpoints, Type::INT8_ARRAY),
                (&keys, Type::INT8_ARRAY),
                (&ended, Type::BOOL_ARRAY),
                (&now.0, Type::INT8),
                (&writer, Type::INT2),
            ],
        )
        .await?;
    let first = |row: &tokio_postgres::Row| {
        Ok(((row.try_get(0)?, row.try_get(1)?), (row.try_get(3)?, row.try_get(2)?)))
    };
    rows.iter().map(first).collect()
}

/// A change's answer, now that the lines are known.
pub(super) fn answer(outcome: &mut ChangeOutcome, next: Ordinal) {
    if let ChangeOutcome::Done { released } = outcome {
        *released = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Line = (1, 7);

    #[test]
    fn whoever_ends_first_in_line_lets_the_next_go_on_within_a_commit_too() {
        let mut lines = Lines::default();
        lines.before.insert(LINE, BTreeMap::from([(10, 100), (11, 110)]));
        lines.enters(LINE, 20, Ordinal(200), None);
        lines.ends(LINE, 10, Item::Settle(0));
        lines.ends(LINE, 11, Item::Settle(1));
        lines.enters(LINE, 30, Ordinal(300), Some(0));
        lines.ends(LINE, 30, Item::Change(1));
        // Of the line only one was not looked at; it is first when all is done.
        let answers = lines.answers(&Firsts::from([(LINE, (15, 150))]));
        let released: Vec<_> = answers.released.iter().map(|(_, event)| event.0).collect();
        assert_eq!(released, [110, 150], "who was not first lets nobody go on");
        assert_eq!(answers.parked, [0]);
    }
}
