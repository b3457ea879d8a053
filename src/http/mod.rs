//! The HTTP edge.

pub mod auth;
pub mod body;
pub mod connection;
pub mod edge;
pub mod observe;
pub mod page;
pub mod params;
pub mod problem;
pub mod server;
