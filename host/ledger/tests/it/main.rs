//! The ledger from outside: what goes in comes out, whatever happens in between.

mod bars_and_outputs;
mod beside;
mod chain;
mod compaction;
mod crash;
mod damage;
mod disk_full;
mod retention;
mod round_trip;
mod schema;
mod support;
