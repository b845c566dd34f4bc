//! The API called in process, over a service that the tests control.

mod agents;
mod cache;
mod client;
mod door;
mod errors;
mod fake;
mod forecasts;
mod headers;
mod hosted;
mod hostile;
mod measured;
mod models;
mod openapi;
mod sample;
mod served;
mod shapes;
mod signals;
mod vocabulary;
mod world;
