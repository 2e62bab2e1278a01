//! A session that does nothing but hold what it saw first: a report that runs long, a dump.

use std::io::{Error, Result};
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;
use tokio_postgres::{Client, NoTls};

/// A transaction that is open.
#[derive(Debug)]
pub(crate) struct Held {
    end: oneshot::Sender<()>,
    thread: JoinHandle<Result<()>>,
}

/// Opens a transaction by these statements, and holds it.
pub(crate) fn hold(url: &str, statements: &'static str) -> Result<Held> {
    let (end, ended) = oneshot::channel();
    let (tell, told) = mpsc::channel();
    let url = url.to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.map_err(Error::other)?;
            let held = async {
                let held = keep(client, statements, &tell, ended).await;
                drop(tell);
                held
            };
            tokio::join!(held, connection).0
        })
    });
    match told.recv() {
        Ok(()) => Ok(Held { end, thread }),
        Err(_) => Err(join(thread).err().unwrap_or_else(|| Error::other("the session did not open"))),
    }
}

async fn keep(
    client: Client,
    statements: &str,
    opened: &mpsc::Sender<()>,
    ended: oneshot::Receiver<()>,
) -> Result<()> {
    client.batch_execute(statements).await.map_err(Error::other)?;
    let _ = opened.send(());
    // Whoever forgets it lets it go too.
    let _ = ended.await;
    client.batch_execute("ROLLBACK").await.map_err(Error::other)
}

fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().map_err(|_| Error::other("the session panicked"))?
}

impl Held {
    /// Ends it.
    pub(crate) fn let_go(self) -> Result<()> {
        let _ = self.end.send(());
        join(self.thread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::{Postgres, tests::started};

    #[test]
    fn a_snapshot_is_held_until_it_is_let_go() {
        let Some((_folder, postgres)) = started() else { return };
        let seen = |postgres: &Postgres| {
            postgres.number("SELECT count(*) FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND state = 'idle in transaction'")
        };
        let held = hold(&postgres.url(), "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").unwrap();
        assert_eq!(seen(&postgres).unwrap(), 1.0);
        held.let_go().unwrap();
        assert_eq!(seen(&postgres).unwrap(), 0.0);
        assert!(hold(&postgres.url(), "SELECT nonsense").unwrap_err().to_string().contains("db error"));
    }
}
