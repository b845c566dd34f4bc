//! What authors of strategies run: a new project, a look into a component, a pass over a market file, a market at its
//! worst, recorded cases, and what calls cost.
//!
//! Everything here goes through the port `Plugins` and the engine's own fold; there is no second path. Knows no SQL and
//! no HTTP, reads no arguments and prints nothing: the binary does both.

pub mod scaffold;
