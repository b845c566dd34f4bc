//! The query tables from outside. One behaviour suite runs against both databases.

mod backend;
mod fixtures;
mod ledger;
mod outage;
mod owner;
mod postgres;
mod projector;
mod schema;
mod sqlite;
mod suite;
