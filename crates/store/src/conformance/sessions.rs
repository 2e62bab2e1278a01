//! Who is signed in.

use std::time::Duration;

use futures::future::join_all;
use postrider_model::id::Mode;

use super::Backend;
use super::world::{World, audit};
use crate::{
    FormKey, LINK_REMEMBERED, NewPortalLink, NewSession, NewSessionKey, OpenLink, Session, SessionHolder,
    StoreError, TakenForm,
};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    fn link(&self, hash: u8) -> NewPortalLink {
        NewPortalLink {
            hash: [hash; 32],
            project: self.project,
            mode: Mode::Test,
            tenant: self.tenant,
            created_at: self.now,
            expires_at: self.now + 5 * MINUTE,
        }
    }

    async fn make_link(&self, hash: u8) {
        self.store().create_portal_link(self.link(hash), audit("portal.link", self.now)).await.unwrap();
    }

    async fn open_link(&self, hash: u8, session: u8) -> OpenLink {
        let key = NewSessionKey { hash: [session; 32], now: self.now, expires_at: self.now + 60 * MINUTE };
        self.store().open_portal_link([hash; 32], key).await.unwrap()
    }

    /// Opens a link that is made for it.
    async fn customer(&self, session: u8) {
        self.make_link(session).await;
        assert!(matches!(self.open_link(session, session).await, OpenLink::Opened(_)));
    }

    async fn sign_in(&self, hash: u8, holder: SessionHolder) {
        let new =
            NewSession { hash: [hash; 32], holder, created_at: self.now, expires_at: self.now + 60 * MINUTE };
        self.store().create_session(new, audit("session.create", self.now)).await.unwrap();
    }

    async fn session(&self, hash: u8) -> Option<Session> {
        self.store().session(&[hash; 32]).await.unwrap()
    }

    async fn take(&self, form: FormKey) -> TakenForm {
        self.store().take_form(form, self.now + 60 * MINUTE).await.unwrap()
    }
}

fn form(session: u8, form: u8) -> FormKey {
    FormKey { session: [session; 32], form: [form; 32] }
}

fn before(outcome: Option<&str>) -> TakenForm {
    TakenForm::Before { outcome: outcome.map(str::to_owned) }
}

pub async fn a_session_comes_back_as_it_was_begun_until_it_is_ended(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    let holders = [SessionHolder::Root { proof: [7; 32] }, SessionHolder::Key { key_hash: [8; 32] }];
    w.sign_in(1, holders[0].clone()).await;
    w.sign_in(2, holders[1].clone()).await;
    w.restart().await;
    for (hash, holder) in [1, 2].into_iter().zip(holders) {
        let session = Session { holder, created_at: w.now, expires_at: w.now + 60 * MINUTE };
        assert_eq!(w.session(hash).await, Some(session));
    }
    assert_eq!(w.session(3).await, None);
    w.store().end_session(&[1; 32]).await.unwrap();
    assert_eq!(w.session(1).await, None);
    assert!(w.session(2).await.is_some(), "only its own");
    w.store().end_session(&[1; 32]).await.unwrap();
}

pub async fn a_link_begins_one_session_of_its_tenant(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    w.make_link(1).await;
    w.pass(299);
    let session = Session {
        holder: SessionHolder::Customer {
            project: w.project,
            mode: Mode::Test,
            tenant: w.tenant,
            tenant_id: "t1".to_owned(),
        },
        created_at: w.now,
        expires_at: w.now + 60 * MINUTE,
    };
    assert_eq!(w.open_link(1, 2).await, OpenLink::Opened(session.clone()));
    assert_eq!(w.open_link(1, 3).await, OpenLink::Used);
    w.restart().await;
    assert_eq!(w.open_link(1, 3).await, OpenLink::Used);
    assert_eq!((w.session(2).await, w.session(3).await), (Some(session), None));
}

pub async fn a_link_that_is_opened_many_times_at_once_begins_one_session(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    for link in 1..=5_u8 {
        w.make_link(link).await;
        let opened = join_all((0..8).map(|n| w.open_link(link, 100 + 8 * link + n))).await;
        let used = opened.iter().filter(|opened| **opened == OpenLink::Used).count();
        assert_eq!(used, 7, "{opened:?}");
        let mut there = 0;
        for n in 0..8 {
            there += usize::from(w.session(100 + 8 * link + n).await.is_some());
        }
        assert_eq!(there, 1);
    }
}

pub async fn a_link_that_is_late_or_unknown_begins_nothing(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    w.make_link(1).await;
    assert_eq!(w.open_link(9, 2).await, OpenLink::Unknown);
    w.pass(300);
    assert_eq!(w.open_link(1, 2).await, OpenLink::Expired);
    assert_eq!(w.session(2).await, None);
}

pub async fn what_became_of_a_link_is_known_for_a_week(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    w.make_link(1).await;
    w.customer(2).await;
    w.pass(300 + LINK_REMEMBERED.as_secs() - 1);
    w.tidy().await;
    assert_eq!((w.open_link(1, 3).await, w.open_link(2, 3).await), (OpenLink::Expired, OpenLink::Used));
    // Stores look again after a while.
    w.pass(60);
    w.tidy().await;
    assert_eq!((w.open_link(1, 3).await, w.open_link(2, 3).await), (OpenLink::Unknown, OpenLink::Unknown));
}

pub async fn sessions_and_forms_that_have_expired_are_removed(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    w.sign_in(1, SessionHolder::Root { proof: [7; 32] }).await;
    w.customer(2).await;
    assert_eq!(w.take(form(1, 1)).await, TakenForm::First);
    w.pass(1800);
    w.sign_in(3, SessionHolder::Root { proof: [7; 32] }).await;
    assert_eq!(w.take(form(3, 1)).await, TakenForm::First);
    w.tidy().await;
    assert!(w.session(1).await.is_some() && w.session(2).await.is_some());
    assert_eq!(w.take(form(1, 1)).await, before(None));
    w.pass(1800);
    w.tidy().await;
    assert_eq!((w.session(1).await, w.session(2).await), (None, None));
    assert!(w.session(3).await.is_some(), "its time has not come");
    assert_eq!(w.take(form(1, 1)).await, TakenForm::First);
    assert_eq!(w.take(form(3, 1)).await, before(None));
}

pub async fn links_and_sessions_end_with_their_tenant(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let other = w.store().ensure_tenant(w.project, "t2", w.now).await.unwrap();
    let theirs = NewPortalLink { tenant: other.key, ..w.link(3) };
    w.store().create_portal_link(theirs, audit("portal.link", w.now)).await.unwrap();
    w.make_link(1).await;
    w.customer(2).await;
    w.sign_in(4, SessionHolder::Root { proof: [7; 32] }).await;
    w.store().delete_tenant(w.tenant, w.now, audit("tenant.delete", w.now)).await.unwrap();
    for erased in [false, true] {
        assert_eq!((w.open_link(1, 9).await, w.session(2).await), (OpenLink::Unknown, None), "{erased}");
        assert!(w.session(4).await.is_some());
        // A tenant of the same name that is made later has none of it.
        w.store().ensure_tenant(w.project, "t1", w.now).await.unwrap();
        w.tidy().await;
    }
    assert!(matches!(w.open_link(3, 5).await, OpenLink::Opened(_)), "another tenant's is not touched");
    let late = w.store().create_portal_link(w.link(6), audit("portal.link", w.now)).await;
    assert!(matches!(late, Err(StoreError::NotFound("tenant"))));
}

pub async fn links_and_sessions_end_with_their_project(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    w.make_link(1).await;
    w.customer(2).await;
    w.store().delete_project(w.project, audit("project.delete", w.now)).await.unwrap();
    for erased in [false, true] {
        assert_eq!((w.open_link(1, 9).await, w.session(2).await), (OpenLink::Unknown, None), "{erased}");
        let late = w.store().create_portal_link(w.link(6), audit("portal.link", w.now)).await;
        assert!(matches!(late, Err(StoreError::NotFound("tenant"))));
        w.tidy().await;
    }
}

pub async fn a_link_is_of_a_tenant_of_its_project(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    let other = super::world::new_project("other", w.now);
    let other = w.store().create_project(other, audit("project.create", w.now)).await.unwrap();
    let crossed = NewPortalLink { project: other.key, ..w.link(1) };
    let refused = w.store().create_portal_link(crossed, audit("portal.link", w.now)).await;
    assert!(matches!(refused, Err(StoreError::NotFound("tenant"))));
    assert_eq!(w.open_link(1, 2).await, OpenLink::Unknown);
}

pub async fn a_form_is_taken_once_and_tells_what_became_of_it(backend: Box<dyn Backend>) {
    let mut w = World::new(backend).await;
    assert_eq!(w.take(form(1, 1)).await, TakenForm::First);
    assert_eq!(w.take(form(1, 1)).await, before(None));
    w.store().finish_form(form(1, 1), "/dashboard/projects".to_owned()).await.unwrap();
    w.restart().await;
    assert_eq!(w.take(form(1, 1)).await, before(Some("/dashboard/projects")));
    assert_eq!(w.take(form(1, 2)).await, TakenForm::First, "another form");
    assert_eq!(w.take(form(2, 1)).await, TakenForm::First, "another session's");
    w.store().drop_form(form(1, 1)).await.unwrap();
    assert_eq!(w.take(form(1, 1)).await, TakenForm::First);
    assert_eq!(w.take(form(2, 1)).await, before(None));
}

pub async fn a_form_that_is_sent_many_times_at_once_is_taken_once(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    for n in 1..=5 {
        let taken = join_all((0..8).map(|_| w.take(form(1, n)))).await;
        let before = taken.iter().filter(|taken| **taken == before(None)).count();
        assert_eq!(before, 7, "{taken:?}");
        assert!(taken.contains(&TakenForm::First));
    }
}

pub async fn forms_end_with_their_session(backend: Box<dyn Backend>) {
    let w = World::new(backend).await;
    w.sign_in(1, SessionHolder::Root { proof: [7; 32] }).await;
    assert_eq!(w.take(form(1, 1)).await, TakenForm::First);
    assert_eq!(w.take(form(2, 1)).await, TakenForm::First);
    w.store().end_session(&[1; 32]).await.unwrap();
    w.store().finish_form(form(1, 1), "late".to_owned()).await.unwrap();
    assert_eq!(w.take(form(1, 1)).await, TakenForm::First);
    assert_eq!(w.take(form(2, 1)).await, before(None));
}
