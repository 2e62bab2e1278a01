//! The store: its connections, and which node it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use postrider_model::id::IdSalt;
use postrider_model::slot::NodeNumber;
use tokio_postgres::types::Type;

use crate::cluster::doorbell::Doorbell;
use crate::cluster::{self, Reader};
use crate::conn::{Conn, Tx};
use crate::connect::{self, Connections};
use crate::fault::{Fault, Res, at_open};
use crate::memory::Memory;
use crate::options::{OpenError, PostgresOptions};
use crate::partition::Covered;
use crate::tls::Tls;
use crate::upkeep::Standing;
use crate::{schema, transfer, url};

/// A commit, a beat, news, and one to spare.
const VITAL_CONNECTIONS: usize = 4;

/// The shared store. All ports of `postrider-store` are implemented on it.
#[derive(Debug)]
pub struct PostgresStore {
    /// How long requests wait for an answer of the server.
    answer_within: std::time::Duration,
    connections: Connections,
    /// For commits, the lease, slots and news: no number of slow lists keeps these waiting.
    vital: Connections,
    salt: IdSalt,
    pub(crate) schema_version: u32,
    /// The newest schema that this program knows.
    pub(crate) known_version: u32,
    membership: RwLock<Option<Membership>>,
    pub(crate) memory: Mutex<Memory>,
    pub(crate) covered: Covered,
    pub(crate) doorbell: Doorbell,
    pub(crate) reader: Reader,
    closed: AtomicBool,
    pub(crate) standing: Standing,
}

/// The node that this store writes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    pub(crate) number: NodeNumber,
    /// Counted up by each join: a node that was buried knows by it that it is not the one any more.
    pub(crate) generation: i64,
    /// It has the store for itself: the ids of all events are its own, whatever node's number is in them.
    pub(crate) alone: bool,
}

impl PostgresStore {
    /// Connects, and makes or migrates the schema. Nodes that open an empty database at once wait for each other.
    ///
    /// # Errors
    /// [`OpenError`]: no server, one that will not do, or a schema of a newer version.
    pub async fn open(options: PostgresOptions) -> Result<Arc<Self>, OpenError> {
        Self::open_to_fill(options).await?.whole().await
    }

    /// For tests of upgrades: as [`PostgresStore::open`] of a version that has these migrations after its own. Of each the
    /// statements and the version of the oldest program that can use what they make.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    #[cfg(feature = "further-migrations")]
    pub async fn open_further(
        options: PostgresOptions,
        further: &[(&'static str, i32)],
    ) -> Result<Arc<Self>, OpenError> {
        let further = further.iter().map(|&(sql, oldest_reader)| schema::Migration { sql, oldest_reader });
        let migrations: Vec<_> = schema::MIGRATIONS.iter().copied().chain(further).collect();
        Self::open_at(options, &migrations).await?.whole().await
    }

    /// Unless an installation is still being copied into it.
    async fn whole(self: Arc<Self>) -> Result<Arc<Self>, OpenError> {
        let conn = self.connections.get().await.map_err(at_open)?;
        match transfer::is_half_copied(&conn).await.map_err(at_open)? {
            true => Err(OpenError::HalfCopied),
            false => Ok(self),
        }
    }

    /// As [`PostgresStore::open`], to copy an installation into it: also where that was begun before.
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn open_to_fill(options: PostgresOptions) -> Result<Arc<Self>, OpenError> {
        Self::open_at(options, schema::MIGRATIONS).await
    }

    async fn open_at(
        options: PostgresOptions,
        migrations: &[schema::Migration],
    ) -> Result<Arc<Self>, OpenError> {
        let target = url::read(&options)?;
        let connections = Connections::new(&target, &options, options.connections.max(2))?;
        let vital = Connections::new(&target, &options, VITAL_CONNECTIONS)?;
        let first = connect::check(&connections).await?;
        let schema_version = schema::migrate(first, &connections, migrations, options.migrate_within).await?;
        let conn = connections.get().await.map_err(at_open)?;
        cluster::after_restore(&conn).await.map_err(at_open)?;
        let listen = if options.pooler { None } else { Some((target.clone(), Tls::new(&target.verify)?)) };
        let doorbell = Doorbell::new(connections.clone(), listen);
        let salt = keep_salt(&conn, options.salt_if_new).await.map_err(at_open)?;
        Ok(Arc::new(Self {
            answer_within: options.answer_within,
            connections,
            vital,
            salt,
            schema_version,
            known_version: schema::known(migrations),
            membership: RwLock::new(None),
            memory: Mutex::default(),
            covered: Covered::default(),
            doorbell,
            reader: Reader::default(),
            closed: AtomicBool::new(false),
            standing: Standing::default(),
        }))
    }

    /// The salt of the installation's ids.
    pub fn salt(&self) -> IdSalt {
        self.salt
    }

    /// A connection.
    pub(crate) async fn conn(&self) -> Res<Conn> {
        if self.is_shut() { Err(Fault::closed()) } else { self.connections.get().await }
    }

    /// A connection of those that are kept for what the node lives by.
    pub(crate) async fn vital(&self) -> Res<Conn> {
        if self.is_shut() { Err(Fault::closed()) } else { self.vital.get().await }
    }

    /// As [`PostgresStore::begin`], on a connection like that.
    pub(crate) async fn begin_vital(&self) -> Res<Tx> {
        self.vital().await?.begin().await
    }

    /// A connection for what somebody waits for: an answer that does not come in time is none.
    pub(crate) async fn prompt(&self) -> Res<Conn> {
        Ok(self.conn().await?.impatient(self.answer_within))
    }

    /// As [`PostgresStore::begin`], on a connection like that.
    pub(crate) async fn begin_promptly(&self) -> Res<Tx> {
        self.prompt().await?.begin().await
    }

    /// A transaction that reads and writes.
    pub(crate) async fn begin(&self) -> Res<Tx> {
        self.conn().await?.begin().await
    }

    /// Which node this is; `None` before it joined, and after it was buried.
    pub(crate) fn membership(&self) -> Option<Membership> {
        *self.membership.read()
    }

    pub(crate) fn set_membership(&self, membership: Option<Membership>) {
        *self.membership.write() = membership;
    }

    /// What rows have as their writer: the node's number, or -1 of what is no node.
    pub(crate) fn writer(&self) -> i16 {
        self.membership().map_or(-1, |membership| i16::from(membership.number.0))
    }

    /// Whether the store is closed.
    pub(crate) fn is_shut(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Later calls answer that the store is closed.
    pub(crate) fn shut(&self) {
        self.closed.store(true, Ordering::Release);
        self.connections.close();
        self.vital.close();
    }
}

/// Keeps the salt of a new installation, and returns the one that holds.
async fn keep_salt(conn: &Conn, if_new: IdSalt) -> Res<IdSalt> {
    const READ: &str = "SELECT value FROM postrider.fact WHERE name = 'id_salt'";
    let mut row = conn.query_opt(READ, &[]).await?;
    if row.is_none() {
        let new = if_new.0.to_le_bytes();
        conn.execute(
            "INSERT INTO postrider.fact (name, value) VALUES ('id_salt', $1) ON CONFLICT DO NOTHING",
            &[(&new.as_slice(), Type::BYTEA)],
        )
        .await?;
        row = conn.query_opt(READ, &[]).await?;
    }
    let bytes: Option<Vec<u8>> = row.map(|row| row.try_get(0)).transpose()?;
    let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
    let bytes = bytes.ok_or_else(|| Fault::corrupt("fact", "value", "id_salt", "not eight bytes"))?;
    Ok(IdSalt(u64::from_le_bytes(bytes)))
}
