//! Placeholder; replaced by the crate's owner.
