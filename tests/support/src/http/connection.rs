//! One HTTP/1.1 connection, byte for byte: also for requests that no proper client would send.
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use super::Response;

/// A connection to the server. Reads and writes fail with `WouldBlock` or `TimedOut` when the time is over.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects; `timeout` also holds for each later read and write.
    pub fn open(addr: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Tells the server that nothing more will come; answers can still be read.
    pub fn finish_writing(&mut self) -> io::Result<()> {
        self.stream.get_mut().shutdown(Shutdown::Write)
    }

    /// Reads the next line of whatever the server sends, of an answer that does not end.
    pub fn read_line(&mut self) -> io::Result<String> {
        read_line(&mut self.stream)
    }

    /// Reads one answer with its body.
    pub fn read_response(&mut self) -> io::Result<Response> {
        self.read_answer(false)
    }

    /// Reads until the server closes the connection, whatever it sends: `Ok` with all bytes.
    pub fn read_to_close(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// As [`Connection::read_response`]; the answer to HEAD has no body, whatever its headers say.
    pub(super) fn read_answer(&mut self, head_only: bool) -> io::Result<Response> {
        let (mut response, mut framing) = self.read_head(head_only)?;
        loop {
            let mut part = [0; 16 * 1024];
            match framing.read(&mut self.stream, &mut part)? {
                0 => return Ok(response),
                length => response.body.extend_from_slice(&part[..length]),
            }
        }
    }

    /// Reads status and headers; the body is still to come.
    pub(super) fn read_head(&mut self, head_only: bool) -> io::Result<(Response, Framing)> {
        loop {
            let response = read_head(&mut self.stream)?;
            // 100 Continue and its like announce the answer proper.
            if response.status < 200 {
                continue;
            }
            let framing = if head_only { Framing::Length(0) } else { Framing::of(&response)? };
            return Ok((response, framing));
        }
    }

    pub(super) fn read_body(&mut self, framing: &mut Framing, part: &mut [u8]) -> io::Result<usize> {
        framing.read(&mut self.stream, part)
    }

    /// Whether a further request may be sent: the server has neither closed nor said anything unasked.
    pub(super) fn is_idle(&self) -> bool {
        let stream = self.stream.get_ref();
        if !self.stream.buffer().is_empty() || stream.set_nonblocking(true).is_err() {
            return false;
        }
        let peeked = stream.peek(&mut [0]);
        let quiet = peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        stream.set_nonblocking(false).is_ok() && quiet
    }
}

/// How the end of a body is known.
#[derive(Debug)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    /// So many bytes of the present chunk are still to come; `None` between chunks.
    Chunked(Option<u64>),
    /// The last chunk has been read.
    Done,
    /// Until the connection is closed.
    Close,
}

impl Framing {
    fn of(response: &Response) -> io::Result<Self> {
        if matches!(response.status, 204 | 304) {
            return Ok(Self::Length(0));
        }
        let chunked = response.header("transfer-encoding").is_some_and(|value| value.ends_with("chunked"));
        if chunked {
            return Ok(Self::Chunked(None));
        }
        match response.header("content-length") {
            Some(length) => length.parse().map(Self::Length).map_err(|_| malformed("content-length", length)),
            None => Ok(Self::Close),
        }
    }

    /// Reads a part of the body; 0 at its end.
    fn read(&mut self, stream: &mut impl BufRead, part: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Done => Ok(0),
            Self::Close => stream.read(part),
            Self::Length(left) => read_up_to(stream, left, part),
            Self::Chunked(Some(left)) => {
                let length = read_up_to(stream, left, part)?;
                if *left == 0 {
                    expect_empty_line(stream)?;
                    *self = Self::Chunked(None);
                }
                Ok(length)
            }
            Self::Chunked(None) => {
                let line = read_line(stream)?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| malformed("chunk size", &line))?;
                if size > 0 {
                    *self = Self::Chunked(Some(size));
                    return self.read(stream, part);
                }
                while !read_line(stream)?.is_empty() {}
                *self = Self::Done;
                Ok(0)
            }
        }
    }
}

fn read_up_to(stream: &mut impl BufRead, left: &mut u64, part: &mut [u8]) -> io::Result<usize> {
    if *left == 0 || part.is_empty() {
        return Ok(0);
    }
    let length = stream.take(*left).read(part)?;
    if length == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    *left -= length as u64;
    Ok(length)
}

fn read_head(stream: &mut impl BufRead) -> io::Result<Response> {
    let status_line = read_line(stream)?;
    let mut words = status_line.split(' ');
    let status = match (words.next(), words.next().and_then(|code| code.parse().ok())) {
        (Some(version), Some(status)) if version.starts_with("HTTP/1.") => status,
        _ => return Err(malformed("status line", &status_line)),
    };
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            return Ok(Response { status, headers, body: Vec::new() });
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header", &line))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// A line without its end. The end of the stream before it is an error.
fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.strip_suffix('\r').unwrap_or(line).to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn expect_empty_line(stream: &mut impl BufRead) -> io::Result<()> {
    match read_line(stream)? {
        line if line.is_empty() => Ok(()),
        line => Err(malformed("end of chunk", &line)),
    }
}

fn malformed(what: &str, text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed {what}: {text:?}"))
}
