//! What a loop that follows the log is doing, for whoever watches over the node.

use tokio::sync::watch;

use super::live::State;

/// The state of a loop. A clone is the same.
#[derive(Clone, Debug)]
pub struct Pulse(watch::Sender<State>);

impl Pulse {
    /// A loop that is in this state before its first turn.
    pub fn of(state: State) -> Self {
        Self(watch::channel(state).0)
    }

    /// What it is doing.
    pub fn state(&self) -> State {
        *self.0.borrow()
    }

    /// Notes what it is doing.
    pub fn is(&self, state: State) {
        self.0.send_replace(state);
    }

    /// Notes how a turn ended in which the loop followed the log.
    pub fn turned<T, E>(&self, turn: &Result<T, E>) {
        self.is(if turn.is_ok() { State::Live } else { State::Failing });
    }
}
