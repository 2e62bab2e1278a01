//! The storage port's suite on SQLite, with its threads and inline.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_model::id::IdSalt;
use postrider_store::Store;
use postrider_store::conformance::Backend;
use postrider_store_sqlite::{Options, SqliteStore};

struct InDirectory {
    dir: tempfile::TempDir,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Threads,
    Inline,
    /// Inline, over a VFS that is named, as the simulation's is: one connection, no shared memory.
    InlineOnVfs,
    /// With limits so small that every one of them is reached.
    Small,
}

#[async_trait]
impl Backend for InDirectory {
    async fn open(&mut self) -> Arc<dyn Store> {
        let mut options = Options::new(self.dir.path(), IdSalt(7));
        if self.how == How::InlineOnVfs {
            options.vfs = Some("unix-none".to_owned());
        }
        if self.how == How::Small {
            options.list_run_rows = 200;
            options.recent_keys = 1;
            options.writer_cache_kib = 64;
            options.checkpoint_pages = 10;
        }
        if matches!(self.how, How::Inline | How::InlineOnVfs) {
            SqliteStore::open_inline(options).expect("the store opens")
        } else {
            SqliteStore::open(options).expect("the store opens")
        }
    }
}

fn backend(how: How) -> InDirectory {
    InDirectory { dir: tempfile::tempdir().expect("a temporary directory"), how }
}

fn with_threads() -> InDirectory {
    backend(How::Threads)
}

fn on_the_callers_thread() -> InDirectory {
    backend(How::Inline)
}

fn with_small_limits() -> InDirectory {
    backend(How::Small)
}

fn on_a_named_vfs() -> InDirectory {
    backend(How::InlineOnVfs)
}

mod threads {
    postrider_store::conformance_suite!(super::super::with_threads);
}

mod inline {
    postrider_store::conformance_suite!(super::super::on_the_callers_thread);
}

mod vfs {
    postrider_store::conformance_suite!(super::super::on_a_named_vfs);
}

mod small {
    postrider_store::conformance_suite!(super::super::with_small_limits);
}
