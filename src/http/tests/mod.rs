//! The edge through a real socket, over a SQLite log in a temporary directory.

mod connections;
mod documents;
mod kit;
mod requests;
