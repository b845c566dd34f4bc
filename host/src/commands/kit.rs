//! The commands of strategy authors. What they do is in `sconce-kit`; here is how it is asked for and shown.

pub(super) mod new;
