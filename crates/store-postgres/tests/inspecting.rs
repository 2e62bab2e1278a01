//! A look at a database changes nothing in it, and sees what a start would meet.

use postrider_model::id::IdSalt;
use postrider_postgres::Database;
use postrider_store_postgres::{OpenError, PostgresOptions, PostgresStore, inspect};

#[tokio::test]
async fn a_look_at_an_empty_database_leaves_it_empty() {
    let Some(database) = Database::new() else { return };
    let options = PostgresOptions::new(database.url(), IdSalt(1));
    let seen = inspect(&options).await.unwrap();
    assert_eq!((seen.schema_version, seen.may_create, seen.is_standby), (None, true, false));
    assert_eq!((seen.database.as_str(), seen.encoding.as_str()), (database.name(), "UTF8"));
    assert!(seen.server_number >= 150_000 && seen.known_version >= 1, "{seen:?}");
    assert_eq!(database.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'postrider'"), ["0"]);

    let store = PostgresStore::open(options.clone()).await.unwrap();
    let seen = inspect(&options).await.unwrap();
    assert_eq!(seen.schema_version, Some(seen.known_version));
    assert!(seen.oldest_reader <= seen.known_version);
    drop(store);
}

#[tokio::test]
async fn a_notification_comes_through_and_behind_a_pooler_none_is_asked_for() {
    let Some(database) = Database::new() else { return };
    let mut options = PostgresOptions::new(database.url(), IdSalt(1));
    assert_eq!(inspect(&options).await.unwrap().notifies, Some(true));
    options.pooler = true;
    assert_eq!(inspect(&options).await.unwrap().notifies, None);
}

#[tokio::test]
async fn where_there_is_no_such_database_the_server_is_quoted() {
    let Some(database) = Database::new() else { return };
    let url = database.url().replace(database.name(), "nowhere");
    let error = inspect(&PostgresOptions::new(url, IdSalt(1))).await.unwrap_err();
    assert!(matches!(&error, OpenError::Refused(why) if why.contains("nowhere")), "{error}");
}
