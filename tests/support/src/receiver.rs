//! A receiver of webhooks: keeps what it gets, answers as it is told.
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Where it was posted to.
    pub path: String,
    /// Headers, their names in small letters.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a message is JSON")
    }

    /// A header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// This status, with these further header lines.
    Status(u16, Vec<String>),
    /// Nothing: the connection is held open.
    Silence,
}

impl Reply {
    /// This status and nothing else.
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }
}

type Answer = Box<dyn FnMut(&Received) -> Reply + Send>;

/// See the module. It listens until the process ends.
#[derive(Clone)]
pub struct Receiver {
    addr: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<Answer>>,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("addr", &self.addr).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// One that answers 204.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let answer: Answer = Box::new(|_| Reply::status(204));
        let receiver =
            Self { addr, received: Arc::default(), answer: Arc::new(Mutex::new(answer)), held: Arc::default() };
        let own = receiver.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let own = own.clone();
                thread::spawn(move || own.serve(stream));
            }
        });
        receiver
    }

    /// Answers so from now on.
    pub fn answer(&self, answer: impl FnMut(&Received) -> Reply + Send + 'static) {
        *lock(&self.answer) = Box::new(answer);
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// An address of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.received).clone()
    }

    /// Whoever sends closes the connection in mid-message: such is not kept.
    fn serve(&self, mut stream: TcpStream) {
        let Some(received) = read(&stream) else { return };
        let reply = lock(&self.answer)(&received);
        lock(&self.received).push(received);
        match reply {
            Reply::Silence => lock(&self.held).push(stream),
            Reply::Status(status, headers) => {
                let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
                let head =
                    format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n");
                // Whoever sent may be gone.
                let _ = stream.write_all(head.as_bytes());
            }
        }
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Received { path, headers, body })
}
