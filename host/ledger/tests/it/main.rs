//! The ledger from outside: what goes in comes out, whatever happens in between.

mod bars_and_outputs;
mod round_trip;
mod support;
