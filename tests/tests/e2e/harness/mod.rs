//! Starting, asking and ending a host.

mod reply;
mod server;
mod shape;
mod wait;

pub(crate) use reply::Reply;
pub(crate) use server::{Server, Setup};
pub(crate) use shape::{finite, number, shaped, text};
