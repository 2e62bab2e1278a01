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
    let stores = futures::future::join_all((1..=8).map(open)).await;
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
    let refused = refused.unwrap_err();
    assert!(matches!(refused, OpenError::Newer { found: 99, oldest: 98, .. }), "{refused:?}");
    assert!(
        refused.to_string().contains("start the version of Postrider that the other nodes run"),
        "{refused}"
    );
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

#[tokio::test]
async fn a_user_without_rights_is_told_which_it_needs() {
    let Some(database) = Database::new() else { return };
    let (may, other) = (format!("{}_may", database.name()), format!("{}_other", database.name()));
    let _ = database.ask(&format!("CREATE ROLE {may} LOGIN; CREATE ROLE {other} LOGIN"));
    let open = |user: &str| {
        let url = database.url().replacen("postgres@", &format!("{user}@"), 1);
        assert_ne!(url, database.url());
        PostgresStore::open(PostgresOptions { url, ..options(&database) })
    };
    let refused = open(&may).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Forbidden { user, .. } if *user == may), "{refused:?}");
    let grant = format!("GRANT CREATE ON DATABASE {} TO {may}", database.name());
    assert!(refused.to_string().contains(&grant), "{refused}");
    let make = format!("CREATE SCHEMA postrider AUTHORIZATION {may}");
    assert!(refused.to_string().contains(&make), "{refused}");

    let _ = database.ask(&make);
    assert!(open(&may).await.is_ok(), "a schema that was made for it is enough");
    let refused = open(&other).await.unwrap_err();
    assert!(matches!(refused, OpenError::Forbidden { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&format!("it belongs to {may}")), "{refused}");
    let _ = database.ask(&format!("DROP OWNED BY {may} CASCADE; DROP ROLE {may}; DROP ROLE {other}"));
}
