//! The server: accepts, bounds, times out, stops. `axum::serve` would keep half-sent requests and idle connections open
//! for ever.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use super::connection::{AnswerBody, Phase, TimedStream, answer};
use super::problem::{MEDIA_TYPE, Problem, codes};
use crate::config::{Limits, Timeouts};

/// The largest header block and the room for reading ahead, per connection, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;
/// Connections that are being told that there are too many; beyond, they are closed without a word.
const REFUSALS: usize = 64;
/// How long a refused connection may take to read its answer.
const REFUSAL_TIME: Duration = Duration::from_secs(2);
/// How long accepting rests when the system has no more sockets.
const REST: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is ready, then lets the requests in work finish for at most `timeouts.shutdown`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    timeouts: &Timeouts,
    shutdown: impl Future<Output = ()>,
) {
    let most = u32::try_from(limits.connections).unwrap_or(u32::MAX >> 3).min(u32::MAX >> 3);
    let room = Arc::new(Semaphore::new(most as usize));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    let (stop, stopping) = watch::channel(false);
    let times = Arc::new(timeouts.clone());
    let mut shutdown = pin!(shutdown);
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Also a peer that went away before it was accepted; then the next one may be fine.
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                    continue;
                }
            },
        };
        let _ = stream.set_nodelay(true);
        match room.clone().try_acquire_owned() {
            Ok(permit) => {
                tokio::spawn(connection(stream, router.clone(), times.clone(), stopping.clone(), permit));
            }
            Err(_) => {
                if let Ok(permit) = refusals.clone().try_acquire_owned() {
                    tokio::spawn(refuse(stream, permit));
                }
            }
        }
    }
    drop(listener);
    let _ = stop.send(true);
    // Every connection gives back its permit when it ends.
    if tokio::time::timeout(timeouts.shutdown, room.acquire_many(most)).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    times: Arc<Timeouts>,
    mut stopping: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
) {
    let phase = Phase::default();
    let stream = TokioIo::new(TimedStream::new(stream, phase.clone(), &times));
    let service = service_fn(move |request: Request<Incoming>| {
        let (in_work, router) = (phase.begin(), router.clone());
        async move {
            let response: Response<Body> = match router.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            Ok::<Response<AnswerBody>, Infallible>(answer(response, in_work))
        }
    });
    let connection = http1::Builder::new()
        // Only so that hyper reads on after each answer; the stream's own times are shorter.
        .timer(TokioTimer::new())
        .header_read_timeout(times.idle + times.header)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = told(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        // Broken, timed out or malformed connections are the other side's business.
        tracing::debug!(error = %super::problem::chain(&error), "a connection ended early");
    }
}

async fn told(stopping: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is the same.
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Answers 503 without reading the request, then waits a moment for the other side to read that.
async fn refuse(mut stream: TcpStream, _permit: OwnedSemaphorePermit) {
    let body = Problem::new(codes::OVERLOADED, "too many connections are open").body("");
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {}\r\nretry-after: 1\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    let talk = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would reset the connection, and the answer with it.
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        Ok::<(), std::io::Error>(())
    };
    let _ = tokio::time::timeout(REFUSAL_TIME, talk).await;
}
