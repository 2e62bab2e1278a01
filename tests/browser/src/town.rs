//! A server with its customers around it, for a walk.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postrider_model::time::Millis;
use postrider_tests::{Launch, MASTER_KEY, ROOT_KEY, Server};
use serde_json::{Value, json};

use crate::internet::Internet;
use crate::sample::{self, Lived, Weather};
use crate::walk;

/// It runs for as long as it is held.
#[derive(Debug)]
pub struct Town {
    /// The server.
    pub server: Server,
    /// Its customers' hosts.
    pub internet: Internet,
    /// What lies in its store.
    pub lived: Lived,
    _dir: tempfile::TempDir,
}

impl Town {
    /// With the sample, whose history is so long.
    pub async fn with_history(span: Duration) -> Self {
        let projects = sample::projects();
        let weather = sample::weather(&projects);
        Self::start(weather, move |data| sample::live(&projects, span, data, now()), &[]).await
    }

    /// With nothing in it.
    pub async fn empty() -> Self {
        Self::start(Weather::default(), |_| Lived::default(), &[]).await
    }

    /// With nothing in it but this setting, an environment variable.
    pub async fn with(name: &str, value: &str) -> Self {
        Self::start(Weather::default(), |_| Lived::default(), &[(name, value)]).await
    }

    async fn start(
        weather: Weather,
        live: impl FnOnce(&std::path::Path) -> Lived + Send + 'static,
        settings: &[(&str, &str)],
    ) -> Self {
        let dir = tempfile::tempdir_in(memory()).expect("a directory can be made");
        let data = dir.path().join("data");
        let lived = tokio::task::spawn_blocking(move || live(&data)).await.expect("the history ends well");
        let internet = Internet::start(dir.path(), weather).await;
        let launch = Launch::strict(dir.path())
            .env("POSTRIDER_MASTER_KEY", MASTER_KEY)
            .env("POSTRIDER_PROXY", &format!("http://{}", internet.proxy))
            .env("POSTRIDER_PROXY_RESOLVES", "true")
            .env("POSTRIDER_PROXY_ALLOW_NETWORKS", "127.0.0.0/8")
            .env("POSTRIDER_CA_FILE", internet.ca_file.to_str().expect("a path of ours"));
        let launch = settings.iter().fold(launch, |launch, (name, value)| launch.env(name, value));
        Self { server: launch.start().await, internet, lived, _dir: dir }
    }

    /// What a walk must know of it.
    #[must_use]
    pub fn site(&self) -> Value {
        let projects =
            self.lived.projects.iter().map(|(id, project)| {
                (id.clone(), json!({"key": project.key, "endpoints": project.endpoints}))
            });
        json!({
            "base": format!("http://{}", self.server.address),
            "desk": format!("http://{}", self.internet.desk),
            "root_key": ROOT_KEY,
            "projects": projects.collect::<serde_json::Map<_, _>>(),
        })
    }

    /// Runs a walk in it, and ends it in good order.
    pub async fn walk(self, name: &str) {
        walk(name, self.site()).await;
        self.server.stop().await;
    }
}

/// A folder in memory where the system has one: a history is many small commits, and this one may be lost.
fn memory() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

#[expect(clippy::disallowed_methods, reason = "a history ends when the server starts, by the real clock")]
fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(since.as_millis() as i64)
}
