//! Statements that go out together and are answered together: one round trip.

use futures::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::conn::{Conn, Param};
use crate::fault::{Fault, Res};

/// Statements in their order.
#[derive(Default)]
pub(crate) struct Pipeline<'a> {
    statements: Vec<(&'a str, Vec<Param<'a>>)>,
}

/// What a statement answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    /// Rows that it wrote or read.
    pub(crate) count: u64,
}

/// The answers to a pipeline, in its order. After one that failed every other one fails too, if they are in one
/// transaction.
pub(crate) struct Answers(Vec<Res<Answer>>);

impl<'a> Pipeline<'a> {
    /// Adds a statement; returns its place among the answers.
    pub(crate) fn add(&mut self, sql: &'a str, params: Vec<Param<'a>>) -> usize {
        self.statements.push((sql, params));
        self.statements.len() - 1
    }

    /// As [`Pipeline::add`], where there is something to do.
    pub(crate) fn add_if(&mut self, wanted: bool, sql: &'a str, params: Vec<Param<'a>>) -> Option<usize> {
        wanted.then(|| self.add(sql, params))
    }

    /// Sends everything.
    ///
    /// # Errors
    /// Nothing was sent.
    pub(crate) async fn run(&self, conn: &Conn) -> Res<Answers> {
        let mut prepared = Vec::with_capacity(self.statements.len());
        for (sql, params) in &self.statements {
            let types: Vec<Type> = params.iter().map(|(_, kind)| kind.clone()).collect();
            prepared.push(conn.statement(sql, &types).await?);
        }
        let sent = self.statements.iter().zip(&prepared).map(|((sql, params), statement)| async move {
            let rows = match statement {
                Some(statement) => {
                    conn.client().query_raw(statement, params.iter().map(|(value, _)| *value)).await?
                }
                None => {
                    let params = params.iter().map(|(value, kind)| (*value, kind.clone()));
                    conn.client().query_typed_raw(sql, params).await?
                }
            };
            let mut rows = std::pin::pin!(rows);
            let mut answer = Answer::default();
            while let Some(row) = rows.try_next().await? {
                answer.rows.push(row);
            }
            answer.count = rows.rows_affected().unwrap_or_default();
            Ok(answer)
        });
        Ok(Answers(conn.all_answered(futures::future::join_all(sent)).await))
    }
}

impl Answers {
    /// The first error, if there is one; else everything.
    pub(crate) fn all(self) -> Res<Vec<Answer>> {
        self.0.into_iter().collect()
    }

    /// Whether the connection was lost before everything was answered, and nothing failed before.
    pub(crate) fn lost_connection(&self) -> bool {
        self.0.iter().find_map(|answer| answer.as_ref().err()).is_some_and(Fault::lost_connection)
    }
}
