//! The forecasters through their public face: against published fits, against other libraries, and under bad input.

mod asked;
mod libraries;
mod properties;
mod published;
mod series;
mod stata;
mod support;
