//! HTTP/2, one connection with a task for each of its streams.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};

use super::answer::{Answer, Door};

/// Streams of one connection at a time: what servers in the field allow.
const STREAMS: u32 = 128;

/// Answers stream after stream.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, door: Door) {
    let mut builder = h2::server::Builder::new();
    builder
        .max_concurrent_streams(STREAMS)
        .initial_window_size(1 << 20)
        .initial_connection_window_size(1 << 22);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::task::spawn_local(answer(request, respond, door.clone()));
    }
}

/// Fails with the stream, which the sender has then given up.
async fn answer(
    request: Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    door: Door,
) -> Result<(), h2::Error> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::new();
    while let Some(chunk) = incoming.data().await {
        let chunk = chunk?;
        body.extend_from_slice(&chunk);
        incoming.flow_control().release_capacity(chunk.len())?;
    }
    let (answer, delay) = door.enter(head.uri.path().as_bytes(), &body);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let (status, text) = match answer {
        Answer::Ok(_) => (StatusCode::OK, "ok"),
        Answer::Fail => (StatusCode::INTERNAL_SERVER_ERROR, "error"),
        Answer::Down => (StatusCode::SERVICE_UNAVAILABLE, "down"),
        // No scenario hangs or dribbles over HTTP/2: refused, so that it is seen.
        Answer::Hang | Answer::Dribble => (StatusCode::NOT_IMPLEMENTED, ""),
    };
    let mut head = Response::new(());
    *head.status_mut() = status;
    let sent = match respond.send_response(head, false) {
        Ok(mut stream) => stream.send_data(Bytes::from_static(text.as_bytes()), true),
        Err(error) => Err(error),
    };
    door.leave(answer);
    sent
}
