//! One request on an HTTP/1.1 connection.
//!
//! The connection has no task of its own: whoever sends on it drives it, and between requests it lies still in the
//! pool. A request so costs one task a turn to write and a turn to read, and nobody else is woken.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::answer::{Answer, Bounds, Exchanged};
use crate::doorbell::Doorbell;
use crate::parcel::Parcel;
use crate::stream::Stream;
use crate::{BodyCut, Failure, Stage, wreck};

/// A connection and the handle to send on it.
pub(crate) struct Http1 {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
}

struct Driver {
    /// None once the connection has ended. Dropping it is what gives an unsent request back.
    connection: Option<Connection<TokioIo<Stream>, Full<Bytes>>>,
    doorbell: Doorbell,
    alarm: Alarm,
}

/// What came of driving a connection until something else was ready.
enum Driven<T> {
    Ready(T),
    /// The connection ended, and what was waited for will never come.
    Ended,
    Late,
}

impl Http1 {
    pub(crate) async fn open(stream: Stream, builder: &Builder, deadline: Instant) -> Result<Self, Failure> {
        let (sender, connection) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| wreck::of_exchange(&error))?;
        let driver =
            Driver { connection: Some(connection), doorbell: Doorbell::new(), alarm: Alarm::new(deadline) };
        Ok(Self { sender, driver })
    }

    /// Sends `parcel` and reads the answer.
    pub(crate) async fn exchange(&mut self, parcel: Parcel, deadline: Instant, bounds: &Bounds) -> Exchanged {
        let mut response = pin!(self.sender.try_send_request(parcel));
        let driven = self.driver.until(deadline, |cx| response.as_mut().poll(cx)).await;
        let (head, body) = match driven {
            Driven::Ready(Ok(response)) => response.into_parts(),
            Driven::Ready(Err(mut refused)) => {
                return match refused.take_message() {
                    Some(parcel) => Exchanged::Unsent(Box::new(parcel)),
                    None => Exchanged::Failed(wreck::of_exchange(refused.error())),
                };
            }
            Driven::Ended => return Exchanged::Failed(Failure::ConnectionClosed),
            Driven::Late => return Exchanged::Failed(Failure::Timeout(Stage::Response)),
        };
        let mut answer = Answer::new(&head, bounds);
        if !body.is_end_stream() {
            self.driver.read(body, &mut answer, deadline).await;
        }
        Exchanged::Answered(answer)
    }

    /// Lets the connection come to rest after an exchange. False when it cannot carry another request.
    pub(crate) async fn rest(&mut self) -> bool {
        let Driver { connection, doorbell, .. } = &mut self.driver;
        std::future::poll_fn(|cx| {
            let _: Poll<()> = doorbell.poll(cx, |cx| {
                if connection.as_mut().is_some_and(|connection| Pin::new(connection).poll(cx).is_ready()) {
                    *connection = None;
                }
                Poll::Pending
            });
            Poll::Ready(())
        })
        .await;
        doorbell.rest();
        connection.is_some() && self.sender.is_ready()
    }
}

impl Driver {
    async fn read(&mut self, mut body: Incoming, answer: &mut Answer, deadline: Instant) {
        loop {
            let frame = self.until(deadline, |cx| pin!(body.frame()).poll(cx)).await;
            match frame {
                Driven::Ready(None) => return,
                Driven::Ready(Some(Ok(frame))) => {
                    if frame.data_ref().is_some_and(|piece| !answer.take(piece)) {
                        return;
                    }
                }
                Driven::Ready(Some(Err(_))) | Driven::Ended => {
                    answer.cut = Some(BodyCut::Broken);
                    return;
                }
                Driven::Late => {
                    answer.cut = Some(BodyCut::Deadline);
                    return;
                }
            }
        }
    }

    /// Drives the connection until `wanted` is ready, the connection ends or `deadline` passes.
    ///
    /// Only the connection moves what is wanted, and only from within this loop: so `wanted` needs no waker.
    async fn until<T>(
        &mut self,
        deadline: Instant,
        mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Driven<T> {
        let Self { connection, doorbell, alarm } = self;
        std::future::poll_fn(|cx| {
            doorbell.poll(cx, |cx| {
                if connection.as_mut().is_some_and(|connection| Pin::new(connection).poll(cx).is_ready()) {
                    *connection = None;
                }
                if let Poll::Ready(ready) = wanted(&mut Context::from_waker(Waker::noop())) {
                    return Poll::Ready(Driven::Ready(ready));
                }
                if connection.is_none() {
                    return Poll::Ready(Driven::Ended);
                }
                if alarm.is_past(deadline, cx) { Poll::Ready(Driven::Late) } else { Poll::Pending }
            })
        })
        .await
    }
}
