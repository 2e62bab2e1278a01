//! The one way to run SQL: statements with typed parameters, prepared once for each connection or, before a transaction
//! pooler, unnamed.

use std::future::Future;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use deadpool_postgres::{Client, Object};
use futures::FutureExt;
use postrider_store::StoreError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{CopyInSink, Row, Statement};

use crate::fault::{Fault, Res};

/// A transaction of a machine that vanished, or of a process that was stopped, holds its locks until the server ends it:
/// well before others would wait for them longer than for the machine's lease. Of this transaction alone, so that it works
/// before a pooler too.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// A value and its type: the statement is never sent ahead to learn the types.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection out of the pool. Statements whose futures are polled together go out together, in the order of their
/// first polls, if they were prepared (see [`crate::pipeline`]) or are unnamed.
pub(crate) struct Conn {
    /// `None` only while it is dropped.
    client: Option<Client>,
    /// Whether statements are prepared and kept.
    prepared: bool,
    /// How long an answer is waited for; `None`: until the connection ends.
    patience: Option<Duration>,
    /// Statements whose answers were not read to their end.
    waiting: AtomicUsize,
}

impl Drop for Conn {
    fn drop(&mut self) {
        // The next one would wait for an answer that nobody reads, perhaps for ever.
        if *self.waiting.get_mut() > 0
            && let Some(client) = self.client.take()
        {
            drop(Object::take(client));
        }
    }
}

impl Conn {
    pub(crate) fn new(client: Client, prepared: bool) -> Self {
        Self { client: Some(client), prepared, patience: None, waiting: AtomicUsize::new(0) }
    }

    /// The same connection, whose answers are not waited for any longer than this.
    pub(crate) fn impatient(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Waits for an answer.
    async fn answered<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Res<T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let answer = match self.patience {
            None => answer.await,
            Some(patience) => match tokio::time::timeout(patience, answer).await {
                Ok(answer) => answer,
                Err(_) => return Err(Fault::unavailable("the database does not answer in time")),
            },
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Ok(answer?)
    }

    /// Waits for the answers to statements that went out together. Dropped before they are all read, the connection is not
    /// used again.
    pub(crate) async fn all_answered<T>(&self, answers: impl Future<Output = T>) -> T {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let answers = answers.await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        answers
    }

    /// The statement as it is kept, so that it goes out at its first poll; `None` where none are kept.
    pub(crate) async fn statement(&self, sql: &str, types: &[Type]) -> Res<Option<Statement>> {
        if self.prepared { Ok(Some(self.kept(sql, types).await?)) } else { Ok(None) }
    }

    async fn kept(&self, sql: &str, types: &[Type]) -> Res<Statement> {
        self.answered(self.pooled().prepare_typed_cached(sql, types)).await
    }

    #[expect(clippy::expect_used, reason = "it is taken out by drop alone")]
    fn pooled(&self) -> &Client {
        self.client.as_ref().expect("it is there until it is dropped")
    }

    pub(crate) fn client(&self) -> &tokio_postgres::Client {
        self.pooled()
    }

    /// Every row of a statement.
    pub(crate) async fn query(&self, sql: &str, params: &[Param<'_>]) -> Res<Vec<Row>> {
        if !self.prepared {
            return self.answered(self.client().query_typed(sql, params)).await;
        }
        let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = self.kept(sql, &types).await?;
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        self.answered(self.client().query(&statement, &values)).await
    }

    /// The first row, if there is one.
    pub(crate) async fn query_opt(&self, sql: &str, params: &[Param<'_>]) -> Res<Option<Row>> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// The first row of a statement that always has one.
    pub(crate) async fn query_one(&self, sql: &str, params: &[Param<'_>]) -> Res<Row> {
        self.query_opt(sql, params).await?.ok_or_else(|| Fault::unavailable("an answer without a row"))
    }

    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(&self, sql: &str, params: &[Param<'_>]) -> Res<u64> {
        if !self.prepared {
            return self.answered(self.client().execute_typed(sql, params)).await;
        }
        let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = self.kept(sql, &types).await?;
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        self.answered(self.client().execute(&statement, &values)).await
    }

    /// Runs statements without parameters, by the simple protocol.
    pub(crate) async fn run(&self, sql: &str) -> Res<()> {
        self.answered(self.client().batch_execute(sql)).await
    }

    /// Begins to copy rows into a table; they go with the transaction.
    pub(crate) async fn copy_in(&self, sql: &str) -> Res<CopyInSink<Bytes>> {
        self.answered(self.client().copy_in(sql)).await
    }

    /// Begins a transaction that reads and writes what others have committed.
    pub(crate) async fn begin(self) -> Res<Tx> {
        let tx = Tx::of(self);
        tx.run(BEGIN).await?;
        Ok(tx)
    }
}

/// A transaction. Dropped without [`Tx::commit`] it is rolled back.
pub(crate) struct Tx {
    conn: Conn,
    open: bool,
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl Tx {
    /// Of a connection whose next statement is BEGIN.
    pub(crate) fn of(conn: Conn) -> Self {
        Self { conn, open: true }
    }

    /// COMMIT or ROLLBACK was sent.
    pub(crate) fn ended(&mut self) {
        self.open = false;
    }

    /// Commits. An error says that nothing is known to be written; the journal, which must know, commits by itself.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.open = false;
        Ok(self.conn.run("COMMIT").await?)
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.open {
            // The first poll sends it; whoever has the connection next comes after it.
            let _ = self.conn.client().batch_execute("ROLLBACK").now_or_never();
        }
    }
}
