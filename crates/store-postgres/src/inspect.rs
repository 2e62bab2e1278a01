//! A look at a server and its database that changes nothing: for `postrider doctor`, and for commands that must not make
//! a store where there is none.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use postrider_model::time::Millis;
use postrider_store::StoreError;
use tokio_postgres::AsyncMessage;

use crate::conn::Conn;
use crate::connect::Connections;
use crate::fault::{Fault, Res, at_open};
use crate::options::{OpenError, PostgresOptions};
use crate::tls::Tls;
use crate::url::Target;
use crate::{schema, url};

/// How long a notification may take to come through.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was seen.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The server's version, for people.
    pub server_version: String,
    /// `server_version_num`: 150004 is 15.4.
    pub server_number: i32,
    /// The name of the database.
    pub database: String,
    /// Who asked.
    pub user: String,
    /// The encoding of the database.
    pub encoding: String,
    /// Whether the server is a standby, which takes no writes.
    pub is_standby: bool,
    /// The setting of that name, as it holds for this user and database.
    pub synchronous_commit: String,
    /// The setting of that name.
    pub synchronous_standby_names: String,
    /// The setting of that name.
    pub fsync: String,
    /// The setting of that name.
    pub full_page_writes: String,
    /// Connections that ordinary users may have, all together.
    pub max_connections: i32,
    /// Connections of clients there are now.
    pub connections: i64,
    /// Whether this user may make a schema in the database.
    pub may_create: bool,
    /// The version of the store's schema; `None` where there is no store yet.
    pub schema_version: Option<u32>,
    /// Programs that know this version, or a newer one, can use the schema.
    pub oldest_reader: u32,
    /// The newest schema that this program knows.
    pub known_version: u32,
    /// What the store remembers of its master key, if it has one.
    pub master_key_proof: Option<Vec<u8>>,
    /// The server's clock.
    pub now: Millis,
    /// Whether a notification reaches another session; `None` where it was not asked, for it needs none (a pooler).
    pub notifies: Option<bool>,
}

/// Looks at the server of a URL.
///
/// # Errors
/// [`OpenError`], where there is nothing to look at.
pub async fn inspect(options: &PostgresOptions) -> Result<Inspection, OpenError> {
    let target = url::read(options)?;
    let connections = Connections::new(&target, options, 1)?;
    let conn = connections.get().await.map_err(at_open)?;
    let mut seen = server(&conn).await.map_err(at_open)?;
    store(&conn, &mut seen).await.map_err(at_open)?;
    if !options.pooler && !seen.is_standby {
        seen.notifies = Some(notifies(&target, &conn).await.map_err(at_open)?);
    }
    connections.close();
    Ok(seen)
}

async fn server(conn: &Conn) -> Res<Inspection> {
    let row = conn
        .query_one(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int4,
                    current_database()::text, current_user::text, current_setting('server_encoding'),
                    pg_is_in_recovery(), current_setting('synchronous_commit'),
                    current_setting('synchronous_standby_names'), current_setting('fsync'),
                    current_setting('full_page_writes'),
                    current_setting('max_connections')::int4
                        - current_setting('superuser_reserved_connections')::int4,
                    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                    has_database_privilege(current_database(), 'CREATE'),
                    (extract(epoch FROM clock_timestamp()) * 1000)::int8",
            &[],
        )
        .await?;
    Ok(Inspection {
        server_version: row.try_get(0)?,
        server_number: row.try_get(1)?,
        database: row.try_get(2)?,
        user: row.try_get(3)?,
        encoding: row.try_get(4)?,
        is_standby: row.try_get(5)?,
        synchronous_commit: row.try_get(6)?,
        synchronous_standby_names: row.try_get(7)?,
        fsync: row.try_get(8)?,
        full_page_writes: row.try_get(9)?,
        max_connections: row.try_get(10)?,
        connections: row.try_get(11)?,
        may_create: row.try_get(12)?,
        now: Millis(row.try_get(13)?),
        schema_version: None,
        oldest_reader: 0,
        known_version: schema::known_version(),
        master_key_proof: None,
        notifies: None,
    })
}

async fn store(conn: &Conn, seen: &mut Inspection) -> Res<()> {
    let version = schema::version(conn).await?;
    if version.number == 0 {
        return Ok(());
    }
    seen.schema_version = u32::try_from(version.number).ok();
    seen.oldest_reader = u32::try_from(version.oldest_reader).unwrap_or_default();
    let proof =
        conn.query_opt("SELECT value FROM postrider.fact WHERE name = 'master_key_proof'", &[]).await?;
    seen.master_key_proof = proof.map(|row| row.try_get(0)).transpose()?;
    Ok(())
}

/// Rings on one session and listens on another: a pooler that shares sessions takes LISTEN, and nothing ever comes.
async fn notifies(target: &Target, ringer: &Conn) -> Res<bool> {
    let tls = Tls::new(&target.verify).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    let (client, mut connection) = target.config.connect(tls).await?;
    let mut messages = stream::poll_fn(move |cx| connection.poll_message(cx));
    let heard = async {
        while let Some(message) = messages.next().await {
            if matches!(message, Ok(AsyncMessage::Notification(_))) {
                return true;
            }
        }
        false
    };
    let ring = async {
        client.batch_execute("LISTEN postrider_doctor").await?;
        ringer.query("SELECT pg_notify('postrider_doctor', '')", &[]).await?;
        tokio::time::sleep(PATIENCE).await;
        Ok::<_, Fault>(false)
    };
    tokio::select! {
        biased;
        heard = heard => Ok(heard),
        rung = ring => rung,
    }
}
