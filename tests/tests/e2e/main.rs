//! The built host, from outside: a process, a port, a data directory. Nothing here knows a crate of the host.
//! `SCONCE_BIN` and `SCONCE_PLUGINS` say where the binary and the plugins stand; `cargo xtask test` sets both.

mod agents;
mod backup;
mod command_line;
mod described;
mod dev;
mod doctor;
mod durability;
mod errors;
mod fixture;
mod forecasts;
mod harness;
mod health;
mod kit;
mod languages;
mod life;
mod limits;
mod live;
mod models;
mod observations;
mod page;
mod plugins;
mod postgres;
mod quarantine;
mod replay;
mod rollout;
mod routes;
mod signals;
mod soak;
mod strategies;
mod vocabulary;
