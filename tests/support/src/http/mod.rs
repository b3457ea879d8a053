//! A blocking HTTP/1.1 client for tests. It keeps its connection, follows no redirects, repeats nothing and hides no
//! status, so that a test sees what the server did. Loads are made of threads with a client each.
mod connection;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

pub use connection::Connection;
use connection::Framing;

/// A client with at most one open connection.
#[derive(Debug)]
pub struct Client {
    addr: SocketAddr,
    timeout: Duration,
    headers: Vec<(String, String)>,
    connection: Option<Connection>,
}

impl Client {
    /// Does not connect yet. Each read and write may take 60 s.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, timeout: Duration::from_secs(60), headers: Vec::new(), connection: None }
    }

    /// How long a connect, a read or a write may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends a header with every request.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Authenticates every request by an access token.
    pub fn with_token(self, token: &str) -> Self {
        self.with_header("authorization", &format!("Bearer {token}"))
    }

    /// Goes on with another server, such as the same one after a restart.
    pub fn set_addr(&mut self, addr: SocketAddr) {
        self.addr = addr;
        self.connection = None;
    }

    /// A request of any method. `target` is sent as it is: the caller encodes.
    pub fn request(&mut self, method: &str, target: &str) -> Request<'_> {
        Request {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: self.headers.clone(),
            body: None,
            client: self,
        }
    }

    /// A GET request.
    pub fn get(&mut self, target: &str) -> Request<'_> {
        self.request("GET", target)
    }

    /// A POST request.
    pub fn post(&mut self, target: &str) -> Request<'_> {
        self.request("POST", target)
    }

    /// A PUT request.
    pub fn put(&mut self, target: &str) -> Request<'_> {
        self.request("PUT", target)
    }

    /// A PATCH request.
    pub fn patch(&mut self, target: &str) -> Request<'_> {
        self.request("PATCH", target)
    }

    /// A DELETE request.
    pub fn delete(&mut self, target: &str) -> Request<'_> {
        self.request("DELETE", target)
    }

    /// The open connection, or a new one. What a kept connection breaks on is told, not repeated: a request that
    /// was sent may have been carried out.
    fn take_connection(&mut self) -> io::Result<Connection> {
        match self.connection.take().filter(Connection::is_idle) {
            Some(connection) => Ok(connection),
            None => Connection::open(self.addr, self.timeout),
        }
    }
}

/// A request being made.
#[derive(Debug)]
#[must_use = "a request is sent by `send` or `try_send`"]
pub struct Request<'a> {
    client: &'a mut Client,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a body with its media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media_type)
    }

    /// Sets a body of `application/json`.
    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    /// Sends the request and reads the answer.
    ///
    /// # Panics
    /// When there is no answer; an answer of any status is one.
    #[track_caller]
    pub fn send(self) -> Response {
        let asked = format!("{} {}", self.method, self.target);
        self.try_send().unwrap_or_else(|error| panic!("no answer to {asked}: {error}"))
    }

    /// Sends the request and reads the answer; fails when the connection does.
    pub fn try_send(self) -> io::Result<Response> {
        let mut connection = self.client.take_connection()?;
        connection.write(&self.bytes())?;
        let response = connection.read_answer(self.method == "HEAD")?;
        if response.header("connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.client.connection = Some(connection);
        }
        Ok(response)
    }

    /// Sends the request on a connection of its own and reads status and headers; the body is read as it comes.
    pub fn stream(self) -> io::Result<Streaming> {
        let mut connection = Connection::open(self.client.addr, self.client.timeout)?;
        connection.write(&self.bytes())?;
        let (head, framing) = connection.read_head(self.method == "HEAD")?;
        Ok(Streaming { head, connection, framing })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", self.method, self.target, self.client.addr);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &self.body {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        } else if matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            head.push_str("content-length: 0\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body without its transfer encoding.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in an answer of status {}: {}", self.status, self.text()))
    }

    /// Panics with the whole answer unless it has this status.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?} {}", self.headers, self.text());
        self
    }
}

/// An answer whose body is read as it comes, such as server-sent events. Wrap it in a `BufReader` to read lines.
#[derive(Debug)]
pub struct Streaming {
    /// Status and headers; its body is empty.
    pub head: Response,
    connection: Connection,
    framing: Framing,
}

impl Read for Streaming {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        self.connection.read_body(&mut self.framing, part)
    }
}
