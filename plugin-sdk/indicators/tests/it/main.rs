//! The crate from outside: formulas against references, names, and the promises every column makes.

mod catalogue;
mod golden;
mod hygiene;
mod properties;
mod readme;
mod reference;
mod support;
mod unusable;
