//! The API called in process, over a service that the tests control.

mod cache;
mod client;
mod errors;
mod fake;
mod headers;
mod hostile;
mod openapi;
mod sample;
mod shapes;
mod signals;
mod vocabulary;
mod world;
