//! Bodies of requests: bounded in size, in time, and all together.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::{HeaderMap, HeaderValue};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use kulta_events::Json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::edge::{Edge, ROOM_UNIT};
use super::problem::{Problem, codes};

/// Room for bodies is taken in steps of this many bytes.
const STEP: usize = 16 * 1024;
/// The most that is set aside for a body on its sender's word alone.
const FIRST_BYTES: usize = 4 << 20;
/// How much of a body that is too large is read and thrown away, so that its sender gets to read the answer.
const LINGER_BYTES: usize = 64 << 20;
/// And how long at most.
const LINGER_TIME: Duration = Duration::from_secs(5);
/// The largest body that is a command and no batch.
const COMMAND_BYTES: usize = 1 << 20;

/// A body, and the room that it takes until it is dropped.
#[derive(Debug)]
pub struct Held {
    /// The body as it came.
    pub bytes: Bytes,
    /// Whether it is compressed.
    pub gzip: bool,
    room: Room,
}

/// Room among the bodies that are in work.
#[derive(Debug)]
struct Room {
    bodies: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
    held: usize,
}

impl Room {
    /// Takes room until `bytes` fit.
    fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        if bytes <= self.held {
            return Ok(());
        }
        // Small bodies take what they need, large ones grow in steps.
        let wanted = if bytes < STEP { bytes } else { bytes + STEP };
        let units = u32::try_from((wanted - self.held).div_ceil(ROOM_UNIT)).unwrap_or(u32::MAX);
        let more = self.bodies.clone().try_acquire_many_owned(units);
        let more =
            more.map_err(|_| Problem::new(codes::OVERLOADED, "too many large requests are in work; try again"))?;
        self.held += units as usize * ROOM_UNIT;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Ok(())
    }
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// `unsupported-encoding`, `body-too-large`, `request-timeout`, `overloaded`, or `malformed` when it breaks off.
pub async fn read(edge: &Edge, headers: &HeaderMap, body: Body, most: usize) -> Result<Held, Problem> {
    let gzip = is_gzip(headers)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let too_large = || Problem::new(codes::BODY_TOO_LARGE, format!("a body is at most {most} bytes"));
    let deadline = Instant::now() + edge.services.settings.timeouts.body;
    let mut body = body;
    if announced.is_some_and(|length| length > most as u64) {
        // Who asks before sending has sent nothing yet, and reading would be the permission to send.
        if !headers.contains_key(EXPECT) {
            linger(body).await;
        }
        return Err(too_large());
    }
    let mut room = Room { bodies: edge.bodies.clone(), permit: None, held: 0 };
    let (mut first, mut all): (Bytes, Option<BytesMut>) = (Bytes::new(), None);
    loop {
        let frame = match tokio::time::timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(Problem::new(codes::MALFORMED, "the body breaks off")),
            Err(_) => return Err(Problem::new(codes::REQUEST_TIMEOUT, "the body did not arrive in time")),
        };
        let Ok(data) = frame.into_data() else { continue };
        let length = all.as_ref().map_or(first.len(), BytesMut::len) + data.len();
        if length > most {
            drop((first, all, room));
            linger(body).await;
            return Err(too_large());
        }
        room.grow(length)?;
        match &mut all {
            Some(all) => all.extend_from_slice(&data),
            // A body that came in one piece is never copied.
            None if first.is_empty() => first = data,
            None => {
                let expected = announced.map_or(length, |length| length as usize).max(length);
                let mut buffer = BytesMut::with_capacity(expected.min(FIRST_BYTES.max(length)));
                buffer.extend_from_slice(&first);
                buffer.extend_from_slice(&data);
                all = Some(buffer);
            }
        }
    }
    Ok(Held { bytes: all.map_or(first, BytesMut::freeze), gzip, room })
}

/// Reads on without keeping anything: closing at once would reset the connection before the answer is read.
async fn linger(mut body: Body) {
    let read = async {
        let mut left = LINGER_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            let Some(rest) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { break };
            left = rest;
        }
    };
    let _ = tokio::time::timeout(LINGER_TIME, read).await;
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Problem> {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default().trim_ascii();
    if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") {
        return Ok(false);
    }
    if encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip") {
        return Ok(true);
    }
    Err(Problem::new(codes::UNSUPPORTED_ENCODING, "the content encoding may be gzip or identity"))
}

impl Held {
    /// The body, decompressed to at most `most` bytes.
    ///
    /// # Errors
    /// `malformed` when the gzip is broken or incomplete, `body-too-large`, `overloaded`.
    pub fn plain(&mut self, most: usize) -> Result<Bytes, Problem> {
        if !self.gzip {
            return Ok(self.bytes.clone());
        }
        let compressed = self.bytes.len();
        let mut decoder = MultiGzDecoder::new(&self.bytes[..]);
        let mut plain = Vec::with_capacity((compressed * 4).min(most));
        let mut part = vec![0; 64 * 1024];
        loop {
            match decoder.read(&mut part) {
                Ok(0) => return Ok(plain.into()),
                Ok(length) if plain.len() + length > most => {
                    let detail = format!("a body is at most {most} bytes after decompression");
                    return Err(Problem::new(codes::BODY_TOO_LARGE, detail));
                }
                Ok(length) => {
                    self.room.grow(compressed + plain.len() + length)?;
                    plain.extend_from_slice(&part[..length]);
                }
                Err(_) => return Err(Problem::new(codes::MALFORMED, "the gzip is broken or incomplete")),
            }
        }
    }
}

/// The media type of a request, in lower case, without parameters.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The body of a command: JSON, read strictly.
#[derive(Debug)]
pub struct JsonBody(pub Json);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != "application/json" {
            return Err(Problem::new(codes::UNSUPPORTED_MEDIA_TYPE, "this takes application/json"));
        }
        let edge = request.extensions().get::<Arc<Edge>>().cloned();
        let edge = edge.ok_or_else(|| Problem::new(codes::INTERNAL, "no edge"))?;
        let (parts, body) = request.into_parts();
        let most = COMMAND_BYTES.min(edge.services.settings.limits.body_bytes);
        let mut held = read(&edge, &parts.headers, body, most).await?;
        let text = held.plain(most)?;
        let json = Json::parse(&text);
        json.map(Self).map_err(|error| Problem::new(codes::MALFORMED, error.to_string()).at("", error.reason))
    }
}
