//! A form is done once.

use std::future::Future;

use postrider_http::Problem;
use postrider_service::ServiceError;
use postrider_service::session::{DropForm, FinishForm, TakeForm, TakenForm, Visitor};

use super::Posted;
use crate::page::Refusal;

/// What a form did.
#[derive(Debug)]
pub(crate) struct Done<T> {
    /// What the page after it shows.
    pub(crate) value: T,
    /// Where to look at what was done, for whoever sends the same form again.
    pub(crate) seen_at: String,
}

/// Why a form was not done.
#[derive(Debug)]
pub(crate) enum Once {
    /// It was sent before.
    Refused(Refusal),
    /// It was tried and failed.
    Failed(ServiceError),
}

impl From<Once> for Refusal {
    fn from(once: Once) -> Self {
        match once {
            Once::Refused(refusal) => refusal,
            Once::Failed(error) => Problem::from(error).into(),
        }
    }
}

impl Posted {
    /// Does what the form asks for, unless the same form was sent before.
    ///
    /// # Errors
    /// [`Once::Refused`] for a form that was sent before; [`Once::Failed`] where `act` failed: then the same form may
    /// be sent again, if it is certain that nothing was done.
    pub(crate) async fn once<T>(
        &self,
        visitor: &Visitor,
        act: impl Future<Output = Result<Done<T>, ServiceError>>,
    ) -> Result<T, Once> {
        let engine = &self.app.engine;
        let form = self.token.as_str();
        match (TakeForm { visitor, form }).run(engine).await.map_err(Once::Failed)? {
            TakenForm::First => {}
            TakenForm::Before { outcome } => return Err(Once::Refused(Refusal::sent_before(outcome))),
        }
        match act.await {
            Ok(Done { value, seen_at }) => {
                // What was done is done, though nobody may be told where it is to be seen.
                if let Err(error) = (FinishForm { visitor, form, outcome: seen_at }).run(engine).await {
                    tracing::warn!(%error, "where a form led was not kept");
                }
                Ok(value)
            }
            Err(error) => {
                if did_nothing(&error)
                    && let Err(error) = (DropForm { visitor, form }).run(engine).await
                {
                    tracing::warn!(%error, "a form that did nothing stays taken");
                }
                Err(Once::Failed(error))
            }
        }
    }
}

/// Whether it is certain that nothing was done: a store that does not answer may have done it.
fn did_nothing(error: &ServiceError) -> bool {
    !matches!(error, ServiceError::Store(_) | ServiceError::Internal(_))
}
