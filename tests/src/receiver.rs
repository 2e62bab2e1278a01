//! Receivers of our own, with a behaviour for each delivery.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::PATIENCE;

/// A delivery that came.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Delivery {
    /// A header, empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What a receiver does with a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Answers with this status.
    Answer(u16),
    /// Takes so long for its answer.
    AnswerAfter(Duration, u16),
    /// Sends the sender elsewhere.
    Redirect(String),
    /// Answers with this status when it is let go (see [`Receiver::let_go`]).
    Hold(u16),
    /// Never answers.
    Hang,
}

type Behaviour = dyn Fn(&Delivery, usize) -> Act + Send + Sync;

struct Desk {
    behaviour: Box<Behaviour>,
    arrived: Mutex<Vec<Delivery>>,
    count: watch::Sender<usize>,
    let_go: watch::Sender<bool>,
    /// Requests that are being answered, and the most that ever were at once.
    at_once: Mutex<(usize, usize)>,
}

/// A receiver that runs for as long as it is held.
pub struct Receiver {
    /// Where.
    pub address: SocketAddr,
    desk: Arc<Desk>,
    _server: JoinSet<()>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receiver({})", self.address)
    }
}

impl Receiver {
    /// One that answers 204 to everything.
    pub async fn start() -> Self {
        Self::acting(|_, _| Act::Answer(204)).await
    }

    /// One that does as it is told; the number counts deliveries from 0.
    ///
    /// # Panics
    /// When there is no port for it.
    pub async fn acting(behaviour: impl Fn(&Delivery, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let (count, _) = watch::channel(0);
        let (let_go, _) = watch::channel(false);
        let behaviour = Box::new(behaviour);
        let at_once = Mutex::default();
        let desk = Arc::new(Desk { behaviour, arrived: Mutex::default(), count, let_go, at_once });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&desk));
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Self { address, desk, _server: server }
    }

    /// The URL of its path `/hook`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// All that came so far.
    #[must_use]
    pub fn arrived(&self) -> Vec<Delivery> {
        self.desk.arrived.lock().clone()
    }

    /// The most requests that were being answered at one time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.desk.at_once.lock().1
    }

    /// Answers whatever is held, and holds nothing any more.
    pub fn let_go(&self) {
        self.desk.let_go.send_replace(true);
    }

    /// Waits until so many have come.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        self.wait_until(|arrived| arrived.len() >= count).await
    }

    /// Waits until what came is enough.
    ///
    /// # Panics
    /// When it never is.
    pub async fn wait_until(&self, mut is_enough: impl FnMut(&[Delivery]) -> bool) -> Vec<Delivery> {
        let mut count = self.desk.count.subscribe();
        let waiting = count.wait_for(|_| is_enough(&self.desk.arrived.lock()));
        let in_time = timeout(PATIENCE, waiting).await.is_ok();
        assert!(in_time, "only {} deliveries came", self.desk.arrived.lock().len());
        self.arrived()
    }
}

async fn receive(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let Ok(body) = to_bytes(body, usize::MAX).await else { return answer(400) };
    let delivery = Delivery { path, headers: head.headers, body };
    let act = {
        let mut arrived = desk.arrived.lock();
        let act = (desk.behaviour)(&delivery, arrived.len());
        arrived.push(delivery);
        act
    };
    desk.count.send_modify(|count| *count += 1);
    match act {
        Act::Answer(status) => answer(status),
        Act::AnswerAfter(time, status) => {
            let _present = Present::at(&desk);
            sleep(time).await;
            answer(status)
        }
        Act::Redirect(to) => {
            let mut response = answer(302);
            response.headers_mut().insert("location", to.parse().expect("a URL"));
            response
        }
        Act::Hold(status) => {
            // It ends with the receiver, which nobody asks any more.
            let _ = desk.let_go.subscribe().wait_for(|gone| *gone).await;
            answer(status)
        }
        Act::Hang => std::future::pending().await,
    }
}

/// A request that is being answered.
struct Present<'a>(&'a Desk);

impl<'a> Present<'a> {
    fn at(desk: &'a Desk) -> Self {
        let mut at_once = desk.at_once.lock();
        at_once.0 += 1;
        at_once.1 = at_once.1.max(at_once.0);
        Self(desk)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.at_once.lock().0 -= 1;
    }
}

fn answer(status: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}
