//! What hyper's and the system's errors mean for an attempt.

use std::error::Error;
use std::io;

use crate::{Failure, Stage};

/// `ENFILE` and `EMFILE`.
const OUT_OF_SOCKETS: [i32; 2] = [23, 24];

/// An error while opening a TCP connection.
pub(crate) fn of_dial(error: &io::Error) -> Failure {
    if error.raw_os_error().is_some_and(|code| OUT_OF_SOCKETS.contains(&code)) {
        return Failure::OutOfSockets;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::ConnectionRefused,
        io::ErrorKind::TimedOut => Failure::Timeout(Stage::Connect),
        _ => Failure::Connect(error.to_string().into()),
    }
}

/// An error while TLS was agreed on.
pub(crate) fn of_tls(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Failure::ConnectionReset,
        io::ErrorKind::UnexpectedEof => Failure::ConnectionClosed,
        _ => Failure::Tls(error.to_string().into()),
    }
}

/// An error of hyper before the head of an answer was read.
pub(crate) fn of_exchange(error: &hyper::Error) -> Failure {
    if error.is_parse_too_large() {
        return Failure::HeadersTooLarge;
    }
    if error.is_parse() {
        return Failure::Protocol(error.to_string().into());
    }
    if let Some(io) = source_of::<io::Error>(error) {
        return of_broken(io);
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Failure::ConnectionClosed;
    }
    Failure::Protocol(in_full(error).into())
}

/// Has the server said that it did not and will not act on this stream (RFC 9113, 8.7)? Then it may be sent again.
pub(crate) fn was_not_processed(error: &hyper::Error) -> bool {
    source_of::<h2::Error>(error).is_some_and(|error| {
        error.is_remote()
            && ((error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM))
                || (error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR)))
    })
}

fn of_broken(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            Failure::ConnectionReset
        }
        io::ErrorKind::UnexpectedEof => Failure::ConnectionClosed,
        io::ErrorKind::TimedOut => Failure::Timeout(Stage::Response),
        // rustls reports what the peer got wrong, such as a client certificate refused, as invalid data.
        io::ErrorKind::InvalidData => Failure::Tls(error.to_string().into()),
        _ => Failure::Connect(error.to_string().into()),
    }
}

fn source_of<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref::<E>())
}

/// The error and its causes, in one line.
fn in_full(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<String> =
        std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}
