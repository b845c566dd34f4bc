//! Hosted models: what they are fed, which of them are in force, and what they answer.

mod digest;
pub mod features;
