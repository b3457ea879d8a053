//! What the integration tests share. A helper that fails has failed the test that called it: it panics with what it
//! saw, so that tests read as stories and not as chains of results.
//!
//! - [`pg`]: a fresh database on the PostgreSQL server that `tests/run.sh` brings up
//! - [`cluster`]: a PostgreSQL server of a test's own, to be killed and started again
//! - [`broker`]: an Apache Kafka broker of a test's own, to be frozen, killed and started again
//! - [`process`]: the real binary, started, watched, killed
//! - [`http`]: a blocking HTTP/1.1 client that hides nothing, and raw connections for malformed requests
//! - [`receiver`]: a receiver of webhooks that answers as it is told
//! - [`wait`]: waiting for a condition with a time limit, never for a time
//! - [`data`]: the shared data sets, plain or gzip
//!
//! A test binary hands in the path of the program: `Program::new(env!("CARGO_BIN_EXE_kulta"))`.
#![expect(clippy::expect_used, reason = "a helper that fails fails the test")]

pub mod broker;
mod child;
pub mod cluster;
pub mod data;
pub mod http;
pub mod pg;
pub mod process;
pub mod receiver;
pub mod wait;

pub use child::Signal;
pub use wait::eventually;
