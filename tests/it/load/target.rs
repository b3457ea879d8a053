//! Where the server is now: it comes back on another port each time.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

#[derive(Debug)]
pub struct Target {
    place: Mutex<Place>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub addr: SocketAddr,
    /// How often the server has moved.
    pub moves: u64,
}

impl Target {
    pub fn new(addr: SocketAddr) -> Self {
        Self { place: Mutex::new(Place { addr, moves: 0 }), changed: Condvar::new() }
    }

    pub fn place(&self) -> Place {
        *self.place.lock().unwrap()
    }

    pub fn set(&self, addr: SocketAddr) {
        let mut place = self.place.lock().unwrap();
        *place = Place { addr, moves: place.moves + 1 };
        self.changed.notify_all();
    }

    /// Returns when the server has moved since, or after a while: the same one may answer again.
    pub fn await_move(&self, seen: Place, at_most: Duration) -> Place {
        let place = self.place.lock().unwrap();
        *self.changed.wait_timeout_while(place, at_most, |place| place.moves == seen.moves).unwrap().0
    }
}
