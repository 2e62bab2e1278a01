//! Where a walk tells hosts what to answer and waits for what arrived.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, put};
use axum::{Json, Router};
use tokio::net::TcpListener;

use super::hosts::{Arrived, Hosts, Told};

pub(super) async fn serve(listener: TcpListener, hosts: Arc<Hosts>) {
    let router = Router::new()
        .route("/hosts/{host}", put(tell))
        .route("/hosts/{host}/arrived/{count}", get(arrived))
        .with_state(hosts);
    drop(axum::serve(listener, router).await);
}

async fn tell(State(hosts): State<Arc<Hosts>>, Path(host): Path<String>, Json(told): Json<Told>) {
    hosts.tell(&host, told);
}

/// Answers when there is so much.
async fn arrived(
    State(hosts): State<Arc<Hosts>>,
    Path((host, count)): Path<(String, usize)>,
) -> Json<Vec<Arrived>> {
    Json(hosts.arrived(&host, count).await)
}
