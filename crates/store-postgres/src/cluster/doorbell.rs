//! The doorbell: notifications, coalesced, on connections of their own and never in a commit. Nothing depends on them but
//! how soon a node looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI16, Ordering};
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_postgres::types::Type;
use tokio_postgres::{AsyncMessage, Client};

use crate::connect::Connections;
use crate::fault::Res;
use crate::tls::Tls;
use crate::url::Target;

/// It rings once in so long at most.
const COALESCED: Duration = Duration::from_millis(20);
/// Where nobody can be heard, it is time to look after so long.
const DEAF: Duration = Duration::from_millis(100);
/// Where somebody can be heard, it is time to look all the same.
const LISTENING: Duration = Duration::from_secs(1);

const NOTIFY: &str = "SELECT pg_notify('postrider', $1)";
const LISTEN: &str = "LISTEN postrider";

type Messages = std::pin::Pin<Box<dyn Stream<Item = Result<AsyncMessage, tokio_postgres::Error>> + Send>>;

/// Rings, and hears the others ring.
pub(crate) struct Doorbell {
    ringer: Arc<Ringer>,
    /// The ringing that goes on.
    ringing: Mutex<JoinSet<()>>,
    /// `None` before a transaction pooler, which takes LISTEN and tells nobody.
    listen: Option<(Target, Tls)>,
    ears: tokio::sync::Mutex<Option<Ears>>,
}

struct Ringer {
    connections: Connections,
    wanted: AtomicBool,
    busy: AtomicBool,
    number: AtomicI16,
}

/// A session that listens.
struct Ears {
    _client: Client,
    messages: Messages,
}

impl std::fmt::Debug for Doorbell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doorbell").field("listens", &self.listen.is_some()).finish_non_exhaustive()
    }
}

impl Doorbell {
    pub(crate) fn new(connections: Connections, listen: Option<(Target, Tls)>) -> Self {
        let ringer = Ringer {
            connections,
            wanted: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            number: AtomicI16::new(-1),
        };
        Self {
            ringer: Arc::new(ringer),
            ringing: Mutex::default(),
            listen,
            ears: tokio::sync::Mutex::default(),
        }
    }

    /// Rings soon.
    pub(crate) fn ring(&self, number: i16) {
        // Who cannot listen looks anyway.
        if self.listen.is_none() {
            return;
        }
        self.ringer.number.store(number, Ordering::Relaxed);
        self.ringer.wanted.store(true, Ordering::Release);
        if self.ringer.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut ringing = self.ringing.lock();
        while ringing.try_join_next().is_some() {}
        let ringer = Arc::clone(&self.ringer);
        ringing.spawn(async move { ringer.run().await });
    }

    /// Rings before it returns.
    pub(crate) async fn ring_now(&self, number: i16) {
        self.ringer.number.store(number, Ordering::Relaxed);
        if self.listen.is_some() {
            self.ringer.once().await;
        }
    }

    /// Waits until another node rings, or until it is time to look.
    pub(crate) async fn rung(&self, number: i16) {
        let Some((target, tls)) = &self.listen else { return tokio::time::sleep(DEAF).await };
        let heard = async {
            let mut ears = self.ears.lock().await;
            if ears.is_none() {
                match open(target, tls).await {
                    Ok(opened) => *ears = Some(opened),
                    Err(fault) => {
                        tracing::debug!(?fault, "the doorbell cannot be heard");
                        return tokio::time::sleep(DEAF).await;
                    }
                }
                // What rang before is not heard.
                return;
            }
            if let Some(open) = ears.as_mut()
                && !open.heard(number).await
            {
                *ears = None;
            }
        };
        let _ = tokio::time::timeout(LISTENING, heard).await;
    }
}

impl Ringer {
    async fn run(&self) {
        loop {
            while self.wanted.swap(false, Ordering::AcqRel) {
                self.once().await;
                tokio::time::sleep(COALESCED).await;
            }
            self.busy.store(false, Ordering::Release);
            // Somebody may have rung between the two.
            if !self.wanted.load(Ordering::Acquire) || self.busy.swap(true, Ordering::AcqRel) {
                return;
            }
        }
    }

    async fn once(&self) {
        let number = self.number.load(Ordering::Relaxed).to_string();
        let rung = async {
            self.connections.get().await?.query(NOTIFY, &[(&number, Type::TEXT)]).await?;
            Res::Ok(())
        };
        if let Err(fault) = rung.await {
            tracing::debug!(?fault, "the doorbell was not rung");
        }
    }
}

async fn open(target: &Target, tls: &Tls) -> Res<Ears> {
    let (client, mut connection) = target.config.connect(tls.clone()).await?;
    let mut messages: Messages = Box::pin(stream::poll_fn(move |cx| connection.poll_message(cx)));
    {
        let mut listening = std::pin::pin!(client.batch_execute(LISTEN));
        loop {
            tokio::select! {
                biased;
                done = &mut listening => { done?; break; }
                message = messages.next() => match message {
                    Some(message) => drop(message?),
                    None => return Err(crate::fault::Fault::unavailable("the connection was closed")),
                },
            }
        }
    }
    Ok(Ears { _client: client, messages })
}

impl Ears {
    /// Waits for another node's notification; false where the connection is lost.
    async fn heard(&mut self, number: i16) -> bool {
        let me = number.to_string();
        loop {
            match self.messages.next().await {
                Some(Ok(AsyncMessage::Notification(note))) if note.payload() != me => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    }
}
