//! The flags of commands that talk to a running server, and the client they lead to.

use clap::Args;
use serde_json::Value;

use crate::cli::Failed;
use crate::client::{Client, Document};
use crate::console::say;
use crate::serve::runtime;

/// Where a server answers that was told nothing.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// Which server, and how its answers are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct Remote {
    /// The server
    #[arg(
        long,
        value_name = "URL",
        env = "POSTRIDER_SERVER",
        default_value = DEFAULT_SERVER,
        global = true,
        help_heading = "Server"
    )]
    server: String,
    /// Print the API's JSON as it came, one document a line
    #[arg(long, global = true, help_heading = "Server")]
    pub(crate) json: bool,
}

/// The key of a project.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProjectKey {
    /// A key of the project; better given as POSTRIDER_KEY, which other users of the machine cannot see
    #[arg(
        long,
        value_name = "KEY",
        env = "POSTRIDER_KEY",
        hide_env_values = true,
        global = true,
        help_heading = "Server"
    )]
    key: Option<String>,
}

/// The root key.
#[derive(Debug, Clone, Args)]
pub(crate) struct RootKey {
    /// The root key; better given as POSTRIDER_ROOT_KEY, which other users of the machine cannot see
    #[arg(
        long,
        value_name = "KEY",
        env = "POSTRIDER_ROOT_KEY",
        hide_env_values = true,
        global = true,
        help_heading = "Server"
    )]
    key: Option<String>,
}

impl ProjectKey {
    /// The key.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get(&self) -> Result<&str, Failed> {
        given(self.key.as_deref(), "no key: set POSTRIDER_KEY to a key of the project, or give --key")
    }

    /// The key, if there is one.
    pub(crate) fn if_given(&self) -> Option<&str> {
        self.key.as_deref().filter(|key| !key.is_empty())
    }
}

impl RootKey {
    /// The key.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn get(&self) -> Result<&str, Failed> {
        given(self.key.as_deref(), "no key: set POSTRIDER_ROOT_KEY to the server's root key, or give --key")
    }
}

fn given<'k>(key: Option<&'k str>, otherwise: &str) -> Result<&'k str, Failed> {
    key.filter(|key| !key.is_empty()).ok_or_else(|| Failed::usage(otherwise))
}

impl Remote {
    /// Where the server is.
    pub(crate) fn server(&self) -> &str {
        if self.server.is_empty() { DEFAULT_SERVER } else { &self.server }
    }

    /// Runs `work` with a client that has this key.
    ///
    /// # Errors
    /// Those of the work; 2 for a URL or a key that cannot be.
    pub(crate) fn run<T>(
        &self,
        key: &str,
        work: impl AsyncFnOnce(Client) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let client = Client::new(self.server(), key)?;
        runtime(Some(1)).map_err(Failed::new)?.block_on(work(client))
    }

    /// Shows an answer: as it came, or as `text` tells it.
    pub(crate) fn show(&self, document: &Document, text: impl FnOnce(&Value) -> String) {
        if self.json { say(document) } else { say(text(document.value())) }
    }

    /// Shows a list: each row as it came, or all of them as `text` tells them.
    pub(crate) fn show_rows(&self, rows: &[Document], text: impl FnOnce(&[Document]) -> String) {
        if self.json { rows.iter().for_each(say) } else { say(text(rows)) }
    }

    /// Shows that something without an answer was done.
    pub(crate) fn done(&self, sentence: &str) {
        if !self.json {
            say(sentence);
        }
    }
}
