//! A connection that is closed when its other side dawdles.
//!
//! hyper's own timer does not tell a half-sent header from an idle connection, and nothing in it bounds an answer that
//! nobody reads. So the stream itself keeps the time: it knows from [`Phase`] whether a request is in work, and from the
//! bytes that pass whether a header has begun. Bodies are timed where they are read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::Timeouts;

/// Whether a request of this connection is in work.
#[derive(Clone, Debug, Default)]
pub struct Phase(Arc<AtomicBool>);

impl Phase {
    /// A request has arrived; the guard is dropped when its answer is written or given up.
    pub fn begin(&self) -> InWork {
        self.0.store(true, Ordering::Release);
        InWork(self.clone())
    }

    fn in_work(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A request is in work as long as this lives.
#[derive(Debug)]
pub struct InWork(Phase);

impl Drop for InWork {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

/// The body of an answer, which keeps its request in work until it is sent.
#[derive(Debug)]
pub struct AnswerBody {
    body: Body,
    _in_work: InWork,
}

/// Ties an answer to its request's guard.
pub fn answer(response: Response<Body>, in_work: InWork) -> Response<AnswerBody> {
    response.map(|body| AnswerBody { body, _in_work: in_work })
}

impl hyper::body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What the reading side waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// A first or the rest of a header.
    Header,
    /// The next request on a connection that has had one.
    Request,
    /// Nothing: a request is in work.
    Nothing,
}

/// A stream with the time limits of a server's connection.
#[derive(Debug)]
pub struct TimedStream<S> {
    stream: S,
    phase: Phase,
    times: Timeouts,
    awaited: Awaited,
    reading: Pin<Box<Sleep>>,
    writing: Pin<Box<Sleep>>,
    write_waits: bool,
}

impl<S> TimedStream<S> {
    /// A connection just opened.
    pub fn new(stream: S, phase: Phase, times: &Timeouts) -> Self {
        Self {
            stream,
            phase,
            times: times.clone(),
            awaited: Awaited::Header,
            reading: Box::pin(sleep_until(Instant::now() + times.header)),
            writing: Box::pin(sleep_until(Instant::now())),
            write_waits: false,
        }
    }

    fn await_next(&mut self, awaited: Awaited, within: Duration) {
        self.awaited = awaited;
        self.reading.as_mut().reset(Instant::now() + within);
    }

    /// Keeps `awaited` in step with what the service does.
    fn follow(&mut self) {
        match (self.phase.in_work(), self.awaited) {
            (true, _) => self.awaited = Awaited::Nothing,
            (false, Awaited::Nothing) => self.await_next(Awaited::Request, self.times.idle),
            (false, _) => {}
        }
    }

    fn write_progress<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match poll {
            Poll::Ready(result) => {
                self.write_waits = false;
                Poll::Ready(result)
            }
            Poll::Pending => {
                if !self.write_waits {
                    self.write_waits = true;
                    self.writing.as_mut().reset(Instant::now() + self.times.write);
                }
                ready!(self.writing.as_mut().poll(cx));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the answer is not read")))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.follow();
        let before = buf.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(cx, buf) {
            if this.awaited == Awaited::Request && buf.filled().len() > before {
                this.await_next(Awaited::Header, this.times.header);
            }
            return Poll::Ready(result);
        }
        if this.awaited == Awaited::Nothing {
            return Poll::Pending;
        }
        ready!(this.reading.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no request in time")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.write_progress(cx, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_flush(cx);
        self.write_progress(cx, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.write_progress(cx, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.write_progress(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
