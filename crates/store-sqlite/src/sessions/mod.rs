//! Who is signed in: one file for each kind of thing.

pub(crate) mod expire;
mod form;
mod link;
mod session;

use async_trait::async_trait;
use postrider_model::time::Millis;
use postrider_store::{
    FormKey, NewAudit, NewPortalLink, NewSession, NewSessionKey, OpenLink, Session, Sessions, StoreError,
    TakenForm, TokenHash,
};

use crate::store::SqliteStore;

/// What most calls return.
type Out<T> = Result<T, StoreError>;

#[async_trait]
impl Sessions for SqliteStore {
    async fn create_portal_link(&self, new: NewPortalLink, audit: NewAudit) -> Out<()> {
        self.change(move |w| link::create(&w.conn, &new, &audit)).await
    }
    async fn open_portal_link(&self, link: TokenHash, session: NewSessionKey) -> Out<OpenLink> {
        // Whoever makes up tokens does not get the writer's time.
        let looked = self.read(move |conn| link::look(conn, &link, session.now)).await?;
        match looked {
            Ok(_) => self.change(move |w| link::open(&w.conn, &link, &session)).await,
            Err(closed) => Ok(closed),
        }
    }

    async fn create_session(&self, new: NewSession, audit: NewAudit) -> Out<()> {
        self.change(move |w| session::create(&w.conn, &new, &audit)).await
    }
    async fn session(&self, hash: &TokenHash) -> Out<Option<Session>> {
        let hash = *hash;
        self.read(move |conn| session::by_hash(conn, &hash)).await
    }
    async fn end_session(&self, hash: &TokenHash) -> Out<()> {
        let hash = *hash;
        self.change(move |w| session::end(&w.conn, &hash)).await
    }

    async fn take_form(&self, form: FormKey, expires_at: Millis) -> Out<TakenForm> {
        self.change(move |w| form::take(&w.conn, &form, expires_at)).await
    }
    async fn finish_form(&self, form: FormKey, outcome: String) -> Out<()> {
        self.change(move |w| form::finish(&w.conn, &form, &outcome)).await
    }
    async fn drop_form(&self, form: FormKey) -> Out<()> {
        self.change(move |w| form::forget(&w.conn, &form)).await
    }
}
