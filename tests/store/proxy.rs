//! A connection to PostgreSQL that breaks when told: an answer of the server is swallowed and the connection cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kulta_test_support::pg::by_way_of;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Forwards to a server, until dropped.
pub struct Proxy {
    address: SocketAddr,
    answers_until_cut: Arc<AtomicI64>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// In front of the server of this address.
    pub async fn before(url: &str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (server, through) = by_way_of(url, address);
        let answers_until_cut = Arc::new(AtomicI64::new(0));
        let task = tokio::spawn(accept(listener, server, answers_until_cut.clone()));
        (Self { address, answers_until_cut, task }, through)
    }

    /// Swallows the `nth` answer from now on, of whichever connection.
    pub fn cut_at(&self, nth: i64) {
        self.answers_until_cut.store(nth, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "proxy at {}", self.address)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: String, until_cut: Arc<AtomicI64>) {
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(&server).await else { continue };
        tokio::spawn(forward(client, server, until_cut.clone()));
    }
}

async fn forward(client: TcpStream, server: TcpStream, until_cut: Arc<AtomicI64>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut answer = vec![0; 1 << 16];
    while let Ok(bytes) = from_server.read(&mut answer).await {
        let cut = until_cut.fetch_sub(1, Ordering::SeqCst) == 1;
        if bytes == 0 || cut || to_client.write_all(&answer[..bytes]).await.is_err() {
            break;
        }
    }
    requests.abort();
}
