//! One request on an HTTP/2 connection, which many requests share.

use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::TaskTracker;

use crate::answer::{Answer, Bounds, Exchanged};
use crate::parcel::Parcel;
use crate::stream::Stream;
use crate::{BodyCut, Failure, Stage, wreck};

/// A handle to send on a connection that a task of the courier drives.
#[derive(Clone)]
pub(crate) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
}

/// Runs hyper's tasks among those the courier keeps track of.
#[derive(Clone)]
pub(crate) struct Tasks(pub(crate) TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

impl Http2 {
    pub(crate) async fn open(
        stream: Stream,
        builder: &Builder<Tasks>,
        tasks: &Tasks,
    ) -> Result<Self, Failure> {
        let (sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| wreck::of_exchange(&error))?;
        // It ends by itself when the last handle is gone; its error reaches those who wait for answers.
        tasks.execute(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "an HTTP/2 connection ended");
            }
        });
        Ok(Self { sender })
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends `parcel` and reads the answer.
    pub(crate) async fn exchange(&mut self, parcel: Parcel, deadline: Instant, bounds: &Bounds) -> Exchanged {
        let again = parcel.clone();
        let response = pin!(self.sender.try_send_request(parcel));
        let (head, body) = match timeout_at(deadline, response).await {
            Ok(Ok(response)) => response.into_parts(),
            Ok(Err(mut refused)) => {
                return match refused.take_message() {
                    Some(parcel) => Exchanged::Unsent(Box::new(parcel)),
                    None if wreck::was_not_processed(refused.error()) => Exchanged::Unsent(Box::new(again)),
                    None => Exchanged::Failed(wreck::of_exchange(refused.error())),
                };
            }
            Err(_) => return Exchanged::Failed(Failure::Timeout(Stage::Response)),
        };
        let mut answer = Answer::new(&head, bounds);
        if !body.is_end_stream() && timeout_at(deadline, read(body, &mut answer)).await.is_err() {
            answer.cut = Some(BodyCut::Deadline);
        }
        Exchanged::Answered(answer)
    }
}

async fn read(mut body: Incoming, answer: &mut Answer) {
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if frame.data_ref().is_some_and(|piece| !answer.take(piece)) {
                    return;
                }
            }
            Err(_) => {
                answer.cut = Some(BodyCut::Broken);
                return;
            }
        }
    }
}
