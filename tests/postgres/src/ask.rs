//! Statements, asked from code that may or may not run in a runtime.

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Runs these statements on a connection of their own and gives the first column of the last one's rows as text (NULL
/// as the empty text).
///
/// # Errors
/// What the server says, or why there is no connection.
///
/// # Panics
/// When a thread cannot be started.
pub fn ask(url: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    // A thread of its own: within a runtime no other may be entered.
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(talk(url, sql))
        });
        asking.join().expect("it does not panic")
    })
}

async fn talk(url: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let talk = async {
        let answer = client.simple_query(sql).await;
        drop(client);
        answer
    };
    let (answer, _) = tokio::join!(talk, connection);
    Ok(last_rows(&answer?))
}

fn last_rows(messages: &[SimpleQueryMessage]) -> Vec<String> {
    let last = messages.iter().rposition(|message| matches!(message, SimpleQueryMessage::RowDescription(_)));
    let rows = messages.iter().skip(last.unwrap_or(messages.len()));
    rows.filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
        _ => None,
    })
    .collect()
}
