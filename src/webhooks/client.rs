//! One call: the host is resolved here, every address is checked, and the call goes to an address that was checked. Nobody
//! resolves a second time, so a name cannot lead elsewhere in between. Redirects are not followed, answers not read.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use kulta_events::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Error;
use super::address::{Target, is_public};
use crate::config::Webhooks;

/// What a receiver answered. The body is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// Why there was no answer. None of them names the address.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The address may not be called.
    #[error("the address may not be called")]
    Address,
    /// The name leads to a private address.
    #[error("the name leads to a private address")]
    Private,
    /// The name leads nowhere.
    #[error("the name is not known")]
    Name(#[source] std::io::Error),
    /// Nobody listens, or the way is closed.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The receiver could not prove who it is, or speaks no TLS.
    #[error("no secure connection")]
    Tls(#[source] std::io::Error),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
}

impl Failure {
    /// A stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address => "refused-address",
            Self::Private => "private-address",
            Self::Name(_) => "unknown-name",
            Self::Connect(_) => "no-connection",
            Self::Tls(_) => "no-tls",
            Self::Broken(_) => "broken-connection",
            Self::Timeout => "timeout",
        }
    }
}

/// Calls receivers.
#[derive(Clone)]
pub struct Client {
    allow_private: bool,
    timeout: Duration,
    tls: TlsConnector,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("allow_private", &self.allow_private).finish_non_exhaustive()
    }
}

impl Client {
    /// A client by the settings.
    ///
    /// # Errors
    /// [`Error::Certificates`].
    pub fn new(settings: &Webhooks) -> Result<Self, Error> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = &settings.ca_file {
            roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path).map_err(unusable)? {
                roots.add(certificate.map_err(unusable)?).map_err(unusable)?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let (allow_private, timeout) = (settings.allow_private, settings.timeout);
        Ok(Self { allow_private, timeout, tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// Why there was no answer.
    pub async fn post(
        &self,
        url: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Bytes,
        now: Instant,
    ) -> Result<Answer, Failure> {
        let target = Target::parse(url, self.allow_private).map_err(|_| Failure::Address)?;
        let request = request(&target, headers, body)?;
        let response = tokio::time::timeout(self.timeout, self.call(&target, request));
        let response = response.await.map_err(|_| Failure::Timeout)??;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| pause(value.to_str().ok()?, now));
        Ok(Answer { status: response.status().as_u16(), retry_after })
    }

    async fn call(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<hyper::body::Incoming>, Failure> {
        let stream = self.connect(target).await?;
        if !target.is_secure {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|_| Failure::Address)?;
        let stream = self.tls.connect(name, stream).await.map_err(Failure::Tls)?;
        exchange(stream, request).await
    }

    /// A connection to an address that was checked.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Failure> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await.map_err(Failure::Name)?;
        let addresses: Vec<SocketAddr> = found.collect();
        // A name that leads to both kinds is not trusted with either.
        if !self.allow_private && !addresses.iter().all(|address| is_public(address.ip())) {
            return Err(Failure::Private);
        }
        let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(Failure::Connect(last))
    }
}

fn unusable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Certificates(Box::new(error))
}

fn request(
    target: &Target,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target.path.as_str())
        .header(HOST, target.authority.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("kulta/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(body))
        .map_err(|_| Failure::Address)?;
    request.headers_mut().extend(headers.into_iter().map(|(name, value)| (Some(name), value)).collect::<Vec<_>>());
    Ok(request)
}

/// Sends a request over a connection of its own and reads the head of the answer.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Request<Full<Bytes>>,
) -> Result<Response<hyper::body::Incoming>, Failure> {
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(Failure::Broken)?;
    let (mut answer, mut connection) = (pin!(sender.send_request(request)), pin!(connection));
    let mut is_open = true;
    loop {
        tokio::select! {
            biased;
            answer = &mut answer => return answer.map_err(Failure::Broken),
            _ = &mut connection, if is_open => is_open = false,
        }
    }
}

/// The pause that `Retry-After` asks for: seconds, or a date.
fn pause(text: &str, now: Instant) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    let micros = Instant::from(at).micros().saturating_sub(now.micros());
    u64::try_from(micros).ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_seconds_or_dates() {
        let now = Instant::parse("2026-03-02T10:00:00Z").unwrap();
        assert_eq!(pause("120", now), Some(Duration::from_secs(120)));
        assert_eq!(pause("Mon, 02 Mar 2026 10:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!((pause("Mon, 02 Mar 2026 09:00:00 GMT", now), pause("soon", now)), (None, None));
    }
}
