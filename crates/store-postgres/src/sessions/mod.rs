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

use crate::store::PostgresStore;

/// What most calls return.
type Out<T> = Result<T, StoreError>;

#[async_trait]
impl Sessions for PostgresStore {
    async fn create_portal_link(&self, new: NewPortalLink, audit: NewAudit) -> Out<()> {
        let tx = self.begin_promptly().await?;
        link::create(&tx, &new, &audit).await?;
        tx.commit().await
    }
    async fn open_portal_link(&self, link: TokenHash, session: NewSessionKey) -> Out<OpenLink> {
        let tx = self.begin_promptly().await?;
        let opened = link::open(&tx, &link, &session).await?;
        tx.commit().await?;
        Ok(opened)
    }

    async fn create_session(&self, new: NewSession, audit: NewAudit) -> Out<()> {
        let tx = self.begin_promptly().await?;
        session::create(&tx, &new, &audit).await?;
        tx.commit().await
    }
    async fn session(&self, hash: &TokenHash) -> Out<Option<Session>> {
        Ok(session::by_hash(&self.prompt().await?, hash).await?)
    }
    async fn end_session(&self, hash: &TokenHash) -> Out<()> {
        let tx = self.begin_promptly().await?;
        session::end(&tx, hash).await?;
        tx.commit().await
    }

    async fn take_form(&self, form: FormKey, expires_at: Millis) -> Out<TakenForm> {
        Ok(form::take(&self.prompt().await?, &form, expires_at).await?)
    }
    async fn finish_form(&self, form: FormKey, outcome: String) -> Out<()> {
        Ok(form::finish(&self.prompt().await?, &form, &outcome).await?)
    }
    async fn drop_form(&self, form: FormKey) -> Out<()> {
        Ok(form::forget(&self.prompt().await?, &form).await?)
    }
}
