//! A client that repeats a request until it is answered, as every publisher must.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kulta_test_support::http::{Client, Request, Response};

use super::Target;
use super::target::Place;

/// Between two tries, unless the server moves.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a server may be away.
const PATIENCE: Duration = Duration::from_secs(100);

#[derive(Debug)]
pub struct Patient {
    target: Arc<Target>,
    place: Place,
    client: Client,
    /// How many tries were not answered.
    pub unanswered: u64,
}

impl Patient {
    pub fn new(target: &Arc<Target>, token: &str) -> Self {
        let place = target.place();
        Self { target: target.clone(), place, client: Client::new(place.addr).with_token(token), unanswered: 0 }
    }

    /// Sends a request again and again until there is an answer that is one: no broken connection, no 503, and no 401,
    /// which comes from somebody else's server on the port of ours that is gone.
    pub fn send(&mut self, request: impl for<'a> Fn(&'a mut Client) -> Request<'a>) -> Response {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let place = self.target.place();
            self.follow(place);
            let unanswered = match request(&mut self.client).try_send() {
                Ok(response) if matches!(response.status, 401 | 429 | 503) => response.text(),
                Ok(response) => return response,
                Err(error) => error.to_string(),
            };
            self.unanswered += 1;
            assert!(Instant::now() < deadline, "no answer for {PATIENCE:?}; last: {unanswered}");
            let place = self.target.await_move(self.place, PAUSE);
            self.follow(place);
        }
    }

    fn follow(&mut self, place: Place) {
        if place.moves != self.place.moves {
            self.place = place;
            self.client.set_addr(place.addr);
        }
    }
}
