//! The edge through a real socket, over a SQLite log in a temporary directory.

mod automations;
mod bad_input;
mod clock_behind;
mod connections;
mod customers;
mod daily;
mod documents;
mod history;
mod kit;
mod letters;
mod projections;
mod publish;
mod reading;
mod replays;
mod requests;
mod score_notes;
mod scores;
mod sources;
mod subscribers;
mod webhooks;
