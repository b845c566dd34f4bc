//! What authors of strategies run: a new project, a look into a component, a pass over a market file, a market at its
//! worst, recorded cases, what calls cost, and what one build says otherwise than another.
//!
//! Everything that runs goes through the port `Plugins`, and markets through the engine's own fold; there is no second
//! path. Knows no SQL and no HTTP, reads no arguments and prints nothing: the binary does both.

pub mod artefact;
pub mod bench;
pub mod cases;
pub mod chunks;
pub mod compile;
pub mod compiled;
pub mod cost;
pub mod faults;
pub mod look;
pub mod made;
pub mod pass;
mod past;
pub mod sample;
pub mod scaffold;
mod shown;
pub mod watch;

pub use artefact::{Artefact, ArtefactError};
