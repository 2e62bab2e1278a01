//! The one way to run SQL: statements with typed parameters, prepared once for each connection or, before a transaction
//! pooler, unnamed.

use std::ops::Deref;

use bytes::Bytes;
use deadpool_postgres::Client;
use futures::FutureExt;
use postrider_store::StoreError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{CopyInSink, Row, Statement};

use crate::fault::{Fault, Res};

/// A value and its type: the statement is never sent ahead to learn the types.
pub(crate) type Param<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection out of the pool. Statements whose futures are polled together go out together, in the order of their
/// first polls, if they were prepared (see [`crate::pipeline`]) or are unnamed.
pub(crate) struct Conn {
    client: Client,
    /// Whether statements are prepared and kept.
    prepared: bool,
}

impl Conn {
    pub(crate) fn new(client: Client, prepared: bool) -> Self {
        Self { client, prepared }
    }

    /// The statement as it is kept, so that it goes out at its first poll; `None` where none are kept.
    pub(crate) async fn statement(&self, sql: &str, types: &[Type]) -> Res<Option<Statement>> {
        if self.prepared { Ok(Some(self.client.prepare_typed_cached(sql, types).await?)) } else { Ok(None) }
    }

    pub(crate) fn client(&self) -> &tokio_postgres::Client {
        &self.client
    }

    /// Every row of a statement.
    pub(crate) async fn query(&self, sql: &str, params: &[Param<'_>]) -> Res<Vec<Row>> {
        if !self.prepared {
            return Ok(self.client.query_typed(sql, params).await?);
        }
        let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = self.client.prepare_typed_cached(sql, &types).await?;
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        Ok(self.client.query(&statement, &values).await?)
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
            return Ok(self.client.execute_typed(sql, params).await?);
        }
        let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
        let statement = self.client.prepare_typed_cached(sql, &types).await?;
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(|(value, _)| *value).collect();
        Ok(self.client.execute(&statement, &values).await?)
    }

    /// Runs statements without parameters, by the simple protocol.
    pub(crate) async fn run(&self, sql: &str) -> Res<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Begins to copy rows into a table; they go with the transaction.
    pub(crate) async fn copy_in(&self, sql: &str) -> Res<CopyInSink<Bytes>> {
        Ok(self.client.copy_in(sql).await?)
    }

    /// Begins a transaction that reads and writes what others have committed.
    pub(crate) async fn begin(self) -> Res<Tx> {
        let tx = Tx::of(self);
        tx.run("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
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
            let _ = self.conn.client.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
