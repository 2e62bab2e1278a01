//! Connecting: the pool, and the checks that stop a start.

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use tokio_postgres::Row;

use crate::conn::Conn;
use crate::fault::{Fault, Res, at_open};
use crate::options::{OpenError, PostgresOptions};
use crate::tls::Tls;
use crate::url::Target;

/// The oldest server that is used, as `server_version_num` has it.
const OLDEST_SERVER: i32 = 150_000;

/// Connections of one target.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    pool: Pool,
    prepared: bool,
}

impl Connections {
    /// A pool; nothing is connected yet.
    pub(crate) fn new(target: &Target, options: &PostgresOptions, most: usize) -> Result<Self, OpenError> {
        let tls = Tls::new(&target.verify)?;
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(target.config.clone(), tls, config);
        let hosts = u32::try_from(target.config.get_hosts().len().max(1)).unwrap_or(1);
        let pool = Pool::builder(manager)
            .max_size(most)
            // A session that was used a moment ago has its plans and its part of the catalogue at hand.
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(options.pool_wait))
            // Each host has its own time-out.
            .create_timeout(Some(options.connect_timeout.saturating_mul(hosts)))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| OpenError::Server(error.to_string()))?;
        Ok(Self { pool, prepared: !options.pooler })
    }

    /// A connection; waits for a free one for a while.
    pub(crate) async fn get(&self) -> Res<Conn> {
        Ok(Conn::new(self.pool.get().await?, self.prepared))
    }

    /// Gives no more connections out.
    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// What is asked of a server before anything is done with it.
struct Server {
    number: i32,
    version: String,
    encoding: String,
    synchronous_commit: String,
    fsync: String,
    standbys: String,
}

impl Server {
    fn read(row: &Row) -> Res<Self> {
        Ok(Self {
            number: row.try_get(0)?,
            version: row.try_get(1)?,
            encoding: row.try_get(2)?,
            synchronous_commit: row.try_get(3)?,
            fsync: row.try_get(4)?,
            standbys: row.try_get(5)?,
        })
    }
}

/// Connects for the first time and looks whether the server will do.
pub(crate) async fn check(connections: &Connections) -> Result<Conn, OpenError> {
    let conn = connections.get().await.map_err(at_open)?;
    let server = ask(&conn).await.map_err(at_open)?;
    if server.number < OLDEST_SERVER {
        return Err(OpenError::TooOld { found: server.version });
    }
    if server.encoding != "UTF8" {
        return Err(OpenError::Encoding(server.encoding));
    }
    if server.synchronous_commit == "off" {
        return Err(OpenError::NotDurable);
    }
    if server.synchronous_commit == "local" && !server.standbys.is_empty() {
        tracing::warn!("synchronous_commit is local: a failover may lose what was answered");
    }
    if server.fsync == "off" {
        tracing::warn!("the server's fsync is off: a power failure may lose what was answered");
    }
    Ok(conn)
}

async fn ask(conn: &Conn) -> Result<Server, Fault> {
    let row = conn
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('server_version'),
                    current_setting('server_encoding'), current_setting('synchronous_commit'),
                    current_setting('fsync'), current_setting('synchronous_standby_names')",
            &[],
        )
        .await?;
    Server::read(&row)
}
