//! A tap on the line between a server and its PostgreSQL: it passes everything on and counts what goes by, as the
//! protocol (PostgreSQL documentation, "Frontend/Backend Protocol", version 3) has it.

use std::io::{Read as _, Result, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What went by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Traffic {
    /// Statements that were run, `BEGIN` and `COMMIT` among them.
    pub statements: u64,
    /// Times that the server was asked something while nothing was left to answer: what is sent together waits together.
    pub round_trips: u64,
    /// Bytes to PostgreSQL.
    pub sent: u64,
    /// Bytes from it.
    pub received: u64,
}

#[derive(Debug, Default)]
struct Counters {
    statements: AtomicU64,
    round_trips: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

/// A tap on a free port; connections through it end with either side.
#[derive(Debug)]
pub(crate) struct Tap {
    address: SocketAddr,
    counters: Arc<Counters>,
}

impl Tap {
    /// One before that address. It listens as long as the program runs.
    pub(crate) fn before(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let tap = Self { address: listener.local_addr()?, counters: Arc::default() };
        let counters = Arc::clone(&tap.counters);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client whose server is not there sees its connection end.
                let _ = connect(client, upstream, &counters);
            }
        });
        Ok(tap)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What went by so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            statements: read(&self.counters.statements),
            round_trips: read(&self.counters.round_trips),
            sent: read(&self.counters.sent),
            received: read(&self.counters.received),
        }
    }
}

impl Traffic {
    /// Since an earlier look.
    pub(crate) const fn since(self, before: Self) -> Self {
        Self {
            statements: self.statements - before.statements,
            round_trips: self.round_trips - before.round_trips,
            sent: self.sent - before.sent,
            received: self.received - before.received,
        }
    }
}

fn connect(client: TcpStream, upstream: SocketAddr, counters: &Arc<Counters>) -> Result<()> {
    let server = TcpStream::connect(upstream)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    // Questions that are not answered yet.
    let open = Arc::new(AtomicI64::new(0));
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    let mut asked = Asked { frames: Frames::of_a_client(), open: Arc::clone(&open), begun: false };
    let of_client = Arc::clone(counters);
    std::thread::spawn(move || {
        pass(from, to, |bytes| {
            of_client.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            asked.see(bytes, &of_client);
        });
    });
    let mut frames = Frames::of_a_server();
    let of_server = Arc::clone(counters);
    std::thread::spawn(move || {
        pass(server, client, |bytes| {
            of_server.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            frames.see(bytes, |kind| {
                // ReadyForQuery
                if kind == b'Z' {
                    open.fetch_sub(1, Ordering::AcqRel);
                }
            });
        });
    });
    Ok(())
}

/// Passes bytes on, each piece looked at before the other side can answer it.
fn pass(mut from: TcpStream, mut to: TcpStream, mut look: impl FnMut(&[u8])) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        look(&piece[..count]);
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// What one client asks.
struct Asked {
    frames: Frames,
    open: Arc<AtomicI64>,
    /// A question was begun that is not at its end: its `Sync` has not come.
    begun: bool,
}

impl Asked {
    fn see(&mut self, bytes: &[u8], counters: &Counters) {
        let Self { frames, open, begun } = self;
        frames.see(bytes, |kind| {
            // Parse, Bind, Describe, Execute, Close, Sync, Query: the rest asks nothing.
            if !b"PBDECSQ".contains(&kind) {
                return;
            }
            if !*begun && open.load(Ordering::Acquire) <= 0 {
                counters.round_trips.fetch_add(1, Ordering::Relaxed);
            }
            if matches!(kind, b'E' | b'Q') {
                counters.statements.fetch_add(1, Ordering::Relaxed);
            }
            *begun = !matches!(kind, b'S' | b'Q');
            if !*begun {
                open.fetch_add(1, Ordering::AcqRel);
            }
        });
    }
}

/// The messages of one direction, by their types.
#[derive(Debug)]
struct Frames {
    /// The first message of a client has no type. (A server's has one, once no TLS was asked for.)
    untyped: bool,
    head: Vec<u8>,
    /// Bytes of the current message that are still to come.
    rest: usize,
}

impl Frames {
    const fn of_a_client() -> Self {
        Self { untyped: true, head: Vec::new(), rest: 0 }
    }

    const fn of_a_server() -> Self {
        Self { untyped: false, head: Vec::new(), rest: 0 }
    }

    /// Tells the type of every message whose head is in here.
    fn see(&mut self, mut bytes: &[u8], mut tell: impl FnMut(u8)) {
        while !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            self.rest -= skipped;
            bytes = &bytes[skipped..];
            let head_len = if self.untyped { 4 } else { 5 };
            let taken = (head_len - self.head.len()).min(bytes.len());
            self.head.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.head.len() < head_len {
                continue;
            }
            // The length counts itself, not the type.
            let length = self.head[head_len - 4..].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            self.rest = length.saturating_sub(4);
            if !self.untyped {
                tell(self.head[0]);
            }
            self.untyped = false;
            self.head.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of that type.
    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    fn startup() -> Vec<u8> {
        message(0, b"\0\x03\0\0user\0postgres\0\0").split_off(1)
    }

    #[test]
    fn messages_are_told_however_they_are_cut() {
        let stream =
            [startup(), message(b'P', b"SELECT 1"), message(b'S', b""), message(b'Q', &[0; 300])].concat();
        for size in [1, 3, 7, stream.len()] {
            let (mut frames, mut kinds) = (Frames::of_a_client(), Vec::new());
            stream.chunks(size).for_each(|piece| frames.see(piece, |kind| kinds.push(kind)));
            assert_eq!(kinds, b"PSQ", "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_sent_together_is_one_round_trip() {
        let counters = Counters::default();
        let open = Arc::new(AtomicI64::new(0));
        let mut asked = Asked { frames: Frames::of_a_server(), open: Arc::clone(&open), begun: false };
        let one = [message(b'B', b"x"), message(b'E', b"y"), message(b'S', b"")].concat();
        let told = || {
            let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            (read(&counters.statements), read(&counters.round_trips))
        };
        asked.see(&[one.clone(), one.clone()].concat(), &counters);
        assert_eq!((told(), open.load(Ordering::Relaxed)), ((2, 1), 2));
        open.store(0, Ordering::Relaxed);
        asked.see(&one[..4], &counters);
        asked.see(&one[4..], &counters);
        assert_eq!(told(), (3, 2), "a question may come in pieces");
        open.store(0, Ordering::Relaxed);
        asked.see(&message(b'Q', b"COMMIT"), &counters);
        asked.see(&message(b'X', b""), &counters);
        assert_eq!(told(), (4, 3), "a farewell asks nothing");
    }

    #[test]
    fn bytes_pass_through_both_ways() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let tap = Tap::before(server.local_addr().unwrap()).unwrap();
        let mut client = TcpStream::connect(tap.address()).unwrap();
        let (mut upstream, _) = server.accept().unwrap();
        let question = [startup(), message(b'Q', b"SELECT 1\0")].concat();
        client.write_all(&question).unwrap();
        let mut came = vec![0; question.len()];
        upstream.read_exact(&mut came).unwrap();
        assert_eq!(came, question);
        upstream.write_all(&message(b'Z', b"I")).unwrap();
        let mut answer = [0; 6];
        client.read_exact(&mut answer).unwrap();
        client.write_all(&message(b'Q', b"SELECT 2\0")).unwrap();
        upstream.read_exact(&mut answer).unwrap();
        let traffic = tap.traffic();
        assert_eq!((traffic.statements, traffic.round_trips, traffic.received), (2, 2, 6));
        assert_eq!(traffic.since(traffic), Traffic::default());
    }
}
