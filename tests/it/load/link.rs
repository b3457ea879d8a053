//! The network between a node and its database, which can be cut: nothing is refused or closed then, nothing arrives.

use kulta_test_support::pg::by_way_of;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Forwards to a server, on the runtime that it was made on.
#[derive(Debug)]
pub struct Link {
    cut: watch::Sender<bool>,
    /// The database's address, through this link.
    pub url: String,
}

impl Link {
    /// To the server of this address.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, url) = by_way_of(url, listener.local_addr().unwrap());
        let (cut, is_cut) = watch::channel(false);
        tokio::spawn(accept(listener, server, is_cut));
        Self { cut, url }
    }

    /// Cuts it.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Mends it: what was on its way arrives.
    pub fn mend(&self) {
        self.cut.send_replace(false);
    }
}

async fn accept(listener: TcpListener, server: String, cut: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        let (server, mut cut) = (server.clone(), cut.clone());
        tokio::spawn(async move {
            if cut.wait_for(|cut| !*cut).await.is_err() {
                return;
            }
            let Ok(server) = TcpStream::connect(&server).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::join!(forward(from_client, to_server, cut.clone()), forward(from_server, to_client, cut));
        });
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
        if cut.wait_for(|cut| !*cut).await.is_err() || to.write_all(&buffer[..bytes]).await.is_err() {
            break;
        }
    }
    // The end of what is said is said on the other side, too, when that can hear it.
    let _ = cut.wait_for(|cut| !*cut).await;
    let _ = to.shutdown().await;
}
