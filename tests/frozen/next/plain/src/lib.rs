//! Built for interface 0.1.1, and uses nothing that 0.1.0 lacks.

#[path = "../../guest.rs"]
mod guest;

guest::plugin!("next-plain", |level, text| log::write(level, text));
