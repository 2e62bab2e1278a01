//! One request on an HTTP/1.1 connection.
//!
//! The connection has no task of its own: whoever sends on it drives it, and between requests it lies still in the
//! pool. A request so costs one task a turn to write and a turn to read, and nobody else is woken.
//!
//! hyper's state is made for each exchange and thrown away after it. It weighs 25 KiB (two buffers and a channel, all
//! of them empty between requests): kept for 9,000 idle connections it was 260 MiB, and cold in the cache when it was
//! needed again.

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

/// A connection: at rest, or in the middle of one exchange.
pub(crate) struct Http1 {
    /// None while an exchange is under way, and after one that left the connection unusable.
    at_rest: Option<TokioIo<Stream>>,
    doorbell: Doorbell,
    alarm: Alarm,
}

type Handle = SendRequest<Full<Bytes>>;

/// Drives a connection through one exchange.
struct Driver<'a> {
    /// None once the connection has ended. Dropping it is what gives an unsent request back.
    connection: Option<Connection<TokioIo<Stream>, Full<Bytes>>>,
    doorbell: &'a Doorbell,
    alarm: &'a mut Alarm,
}

/// What came of driving a connection until something else was ready.
enum Driven<T> {
    Ready(T),
    /// The connection ended, and what was waited for will never come.
    Ended,
    Late,
}

impl Http1 {
    pub(crate) fn new(stream: Stream, deadline: Instant) -> Self {
        Self { at_rest: Some(TokioIo::new(stream)), doorbell: Doorbell::new(), alarm: Alarm::new(deadline) }
    }

    /// May it carry another request?
    pub(crate) const fn is_at_rest(&self) -> bool {
        self.at_rest.is_some()
    }

    /// Sends `parcel` and reads the answer.
    pub(crate) async fn exchange(
        &mut self,
        builder: &Builder,
        parcel: Parcel,
        deadline: Instant,
        bounds: &Bounds,
    ) -> Exchanged {
        let Some(stream) = self.at_rest.take() else { return Exchanged::Unsent(Box::new(parcel)) };
        let (mut sender, connection) = match builder.handshake(stream).await {
            Ok(ready) => ready,
            Err(error) => return Exchanged::Failed(wreck::of_exchange(&error)),
        };
        let (doorbell, alarm) = (&self.doorbell, &mut self.alarm);
        let mut driver = Driver { connection: Some(connection), doorbell, alarm };
        let exchanged = driver.exchange(&mut sender, parcel, deadline, bounds).await;
        if matches!(&exchanged, Exchanged::Answered(answer) if answer.cut.is_none()) {
            self.at_rest = driver.rest(&sender).await;
        }
        exchanged
    }
}

impl Driver<'_> {
    async fn exchange(
        &mut self,
        sender: &mut Handle,
        parcel: Parcel,
        deadline: Instant,
        bounds: &Bounds,
    ) -> Exchanged {
        let mut response = pin!(sender.try_send_request(parcel));
        let driven = self.until(deadline, |cx| response.as_mut().poll(cx)).await;
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
            self.read(body, &mut answer, deadline).await;
        }
        Exchanged::Answered(answer)
    }

    /// The stream, if it came to rest after a whole exchange and nothing came in behind the answer.
    async fn rest(&mut self, sender: &Handle) -> Option<TokioIo<Stream>> {
        let Self { connection, doorbell, .. } = self;
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
        let parts = connection.take().filter(|_| sender.is_ready())?.into_parts();
        parts.read_buf.is_empty().then_some(parts.io)
    }

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
