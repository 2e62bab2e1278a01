//! The program: one thread that counts and answers. Beside it, at its desk, a line of text asks for the counts.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::answer::{Door, Tally};
use super::{COUNTS, DOWN, LATENCIES, RAMPS, UP, http1, tls};

/// What a receiver is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// How long it thinks before a 200.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
    /// Speak TLS with this certificate chain (PEM).
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long)]
    key: Option<PathBuf>,
    /// Offer HTTP/2 to who speaks TLS.
    #[arg(long)]
    http2: bool,
}

/// Serves until it is ended.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = tokio::task::LocalSet::new();
    let tls = match (&options.certificate, &options.key) {
        (Some(chain), Some(key)) => Some(tls::acceptor(chain, key, options.http2)?),
        _ => None,
    };
    Ok(tasks.block_on(&runtime, listen(options, tls))?)
}

async fn listen(options: &Options, tls: Option<tokio_rustls::TlsAcceptor>) -> std::io::Result<()> {
    let front = TcpListener::bind(options.listen).await?;
    let desk = TcpListener::bind("127.0.0.1:0").await?;
    let tally = Rc::new(RefCell::new(Tally::new()));
    let addresses = format!("{} {}", front.local_addr()?, desk.local_addr()?);
    let counted = Rc::clone(&tally);
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = desk.accept().await {
            tokio::task::spawn_local(tell(stream, Rc::clone(&counted)));
        }
    });
    let door = Door { tally, delay: Duration::from_millis(options.delay_ms) };
    crate::report::line(&format!("receiver ready on {addresses}"));
    loop {
        match front.accept().await {
            Ok((stream, _)) => {
                door.tally.borrow_mut().counts.connections += 1;
                let _ = stream.set_nodelay(true);
                match &tls {
                    None => drop(tokio::task::spawn_local(http1::serve(stream, door.clone()))),
                    Some(acceptor) => {
                        drop(tokio::task::spawn_local(tls::serve(stream, acceptor.clone(), door.clone())));
                    }
                }
            }
            // Out of descriptors: the connections there are go on.
            Err(_) => {
                door.tally.borrow_mut().counts.turned_away += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// Answers questions, a line each, with a line of JSON.
async fn tell(stream: TcpStream, tally: Rc<RefCell<Tally>>) {
    let _ = stream.set_nodelay(true);
    let (questions, mut answers) = stream.into_split();
    let mut questions = BufReader::new(questions).lines();
    while let Ok(Some(question)) = questions.next_line().await {
        let Ok(answer) = answer(&question, &mut tally.borrow_mut()) else { return };
        if answers.write_all((answer + "\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(question: &str, tally: &mut Tally) -> serde_json::Result<String> {
    match question {
        COUNTS => serde_json::to_string(&tally.counts),
        LATENCIES => serde_json::to_string(&tally.take_latencies().buckets()),
        RAMPS => serde_json::to_string(&tally.ramps.told()),
        DOWN | UP => {
            tally.set_down(question == DOWN);
            serde_json::to_string(&())
        }
        other => serde_json::to_string(&format!("no answer to {other}")),
    }
}
