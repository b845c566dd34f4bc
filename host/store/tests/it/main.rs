//! The query tables from outside. One behaviour suite runs against every backend.

mod fixtures;
mod ledger;
mod projector;
mod sqlite;
mod suite;
