//! The storage port's suite on SQLite, with its threads and inline.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::id::IdSalt;
use postrider_store::Store;
use postrider_store::conformance::Backend;
use postrider_store_sqlite::{Options, SqliteStore};

struct InDirectory {
    dir: tempfile::TempDir,
    inline: bool,
}

#[async_trait]
impl Backend for InDirectory {
    async fn open(&mut self) -> Arc<dyn Store> {
        let options = Options::new(self.dir.path(), IdSalt(7));
        if self.inline {
            SqliteStore::open_inline(options).unwrap()
        } else {
            SqliteStore::open(options).unwrap()
        }
    }
}

fn with_threads() -> InDirectory {
    InDirectory { dir: tempfile::tempdir().unwrap(), inline: false }
}

fn on_the_callers_thread() -> InDirectory {
    InDirectory { dir: tempfile::tempdir().unwrap(), inline: true }
}

mod threads {
    postrider_store::conformance_suite!(super::super::with_threads);
}

mod inline {
    postrider_store::conformance_suite!(super::super::on_the_callers_thread);
}
