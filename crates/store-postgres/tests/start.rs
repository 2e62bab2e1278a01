//! Opening a store.

use postrider_model::id::IdSalt;
use postrider_postgres::Database;
use postrider_store_postgres::{OpenError, PostgresOptions, PostgresStore};

fn options(database: &Database) -> PostgresOptions {
    PostgresOptions { connections: 4, ..PostgresOptions::new(database.url(), IdSalt(7)) }
}

#[tokio::test]
async fn nodes_that_start_at_once_on_an_empty_database_do_not_trip() {
    let Some(database) = Database::new() else { return };
    let open =
        |salt| PostgresStore::open(PostgresOptions { salt_if_new: IdSalt(salt), ..options(&database) });
    let stores = futures::future::join_all((1..=6).map(open)).await;
    let salts: Vec<_> = stores.into_iter().map(|store| store.unwrap().salt()).collect();
    assert!(salts.iter().all(|salt| *salt == salts[0]), "{salts:?}");
    let again = open(99).await.unwrap();
    assert_eq!(again.salt(), salts[0], "an installation keeps its salt");
}

#[tokio::test]
async fn a_newer_schema_is_used_if_it_says_that_this_program_can() {
    let Some(database) = Database::new() else { return };
    drop(PostgresStore::open(options(&database)).await.unwrap());
    let _ = database.ask("UPDATE postrider.schema_version SET version = 99");
    assert!(PostgresStore::open(options(&database)).await.is_ok());
    let _ = database.ask("UPDATE postrider.schema_version SET oldest_reader = 98");
    let refused = PostgresStore::open(options(&database)).await;
    assert!(matches!(refused, Err(OpenError::Newer { found: 99, oldest: 98, .. })), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_answers_before_the_disk_is_refused() {
    let Some(database) = Database::new() else { return };
    let url = format!("{}?options=-c%20synchronous_commit=off", database.url());
    let refused = PostgresStore::open(PostgresOptions { url, ..options(&database) }).await;
    assert!(matches!(refused, Err(OpenError::NotDurable)), "{refused:?}");
}

#[tokio::test]
async fn what_stops_a_start_is_told_apart() {
    let Some(database) = Database::new() else { return };
    let open = |url: String| PostgresStore::open(PostgresOptions { url, ..options(&database) });
    let no_such = database.url().replace("postrider_test", "no_such");
    assert!(matches!(open(no_such).await, Err(OpenError::Refused(_))));
    let nobody = "postgres://postgres@127.0.0.1:1/postgres".to_owned();
    assert!(matches!(open(nobody).await, Err(OpenError::Unreachable(_))));
    let verified = format!("{}?sslmode=verify-full", database.url());
    assert!(open(verified).await.is_err(), "a server without TLS is not verified");
}
