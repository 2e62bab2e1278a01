//! Waiting for what is in a migration's way, with words about it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::step::Why;
use crate::connect::Connections;
use crate::fault::Res;
use crate::options::OpenError;

/// Between two questions for a lock that keeps nobody waiting.
const ASK: Duration = Duration::from_millis(100);
/// Between two tries that keep others waiting: what stood behind one passes before the next.
const TRY: Duration = Duration::from_secs(1);
const TRY_AT_MOST: Duration = Duration::from_secs(5);
/// Between two words about it.
const TELL: Duration = Duration::from_secs(10);

/// Whoever has had locks on tables of the schema for longest.
const HOLDER: &str = "SELECT 'session ' || a.pid || ' (user ' || coalesce(a.usename, '?') || ', application '
        || coalesce(nullif(a.application_name, ''), '?') || ') has held '
        || string_agg(DISTINCT c.relname, ', ' ORDER BY c.relname)
        || coalesce(' for ' || extract(epoch FROM clock_timestamp() - a.xact_start)::bigint || ' s', '')
    FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'postrider'
    JOIN pg_stat_activity a ON a.pid = l.pid AND a.datname = current_database()
    WHERE l.granted AND c.relkind IN ('r', 'p') AND a.pid <> pg_backend_pid()
    GROUP BY a.pid, a.usename, a.application_name, a.xact_start
    ORDER BY a.xact_start NULLS LAST LIMIT 1";

/// How long a step has waited.
pub(super) struct Patience {
    began: Instant,
    within: Duration,
    told: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn new(within: Duration) -> Self {
        let now = Instant::now();
        Self { began: now, within, told: now, pause: TRY }
    }

    /// Waits a while before the next try.
    ///
    /// # Errors
    /// [`OpenError::SchemaBusy`] when it was long enough.
    pub(super) async fn wait(&mut self, why: Why, connections: &Connections) -> Result<(), OpenError> {
        let seconds = self.began.elapsed().as_secs();
        if self.began.elapsed() >= self.within {
            return Err(OpenError::SchemaBusy { seconds, why: words(why, connections).await });
        }
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            let why = words(why, connections).await;
            tracing::warn!(seconds, why, "the database's schema waits to be changed");
        }
        sleep(self.pause_for(why)).await;
        Ok(())
    }

    fn pause_for(&mut self, why: Why) -> Duration {
        match why {
            Why::AnotherNode | Why::Index => ASK,
            Why::Locks => {
                let pause = self.pause;
                self.pause = (pause * 2).min(TRY_AT_MOST);
                pause
            }
        }
    }
}

async fn words(why: Why, connections: &Connections) -> String {
    match why {
        Why::AnotherNode => "another node is changing it".to_owned(),
        Why::Index => "an index is still being made for a node that has ended".to_owned(),
        Why::Locks => match holder(connections).await {
            Ok(Some(holder)) => format!("its tables are in use: {holder}"),
            Ok(None) | Err(_) => "its tables are in use".to_owned(),
        },
    }
}

async fn holder(connections: &Connections) -> Res<Option<String>> {
    let row = connections.get().await?.query_opt(HOLDER, &[]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
