//! The crate from outside: formulas against references, maturity by tables of calls, and the promises of every score.

mod answers;
mod crps;
mod golden;
mod maturity;
mod properties;
mod reference;
mod restart;
mod scores;
mod support;
