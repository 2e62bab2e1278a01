//! The suite every store passes, on a database of its own for each case: as it is meant to run, and as it runs behind a
//! transaction pooler.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::id::IdSalt;
use postrider_postgres::Database;
use postrider_store::Store;
use postrider_store::conformance::{Backend, Ways};
use postrider_store_postgres::{PostgresOptions, PostgresStore};

struct Postgres {
    database: Database,
    pooler: bool,
}

#[async_trait]
impl Backend for Postgres {
    async fn open(&mut self) -> Arc<dyn Store> {
        let options = PostgresOptions::new(self.database.url(), IdSalt(7));
        let options = PostgresOptions { pooler: self.pooler, connections: 4, ..options };
        PostgresStore::open(options).await.expect("the store opens")
    }

    fn ways(&self) -> Ways {
        Ways { backs_up_elsewhere: true, lists_at_once: true, forgets_whole: true }
    }
}

mod prepared {
    fn empty() -> Option<super::Postgres> {
        Some(super::Postgres { database: super::Database::new()?, pooler: false })
    }

    postrider_store::conformance_suite!(maybe super::empty);
}

mod pooled {
    fn empty() -> Option<super::Postgres> {
        Some(super::Postgres { database: super::Database::new()?, pooler: true })
    }

    postrider_store::conformance_suite!(maybe super::empty);
}
