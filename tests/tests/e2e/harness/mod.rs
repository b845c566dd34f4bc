//! Starting, asking and ending a host.

mod browser;
mod data;
mod operator;
mod reply;
mod server;
mod shape;
mod wait;

pub(crate) use browser::{Browser, size_of};
pub(crate) use data::{another, generated_trades, misfit, shared};
pub(crate) use reply::Reply;
pub(crate) use server::{Server, Setup, binary, run, run_with, target};
pub(crate) use shape::{finite, number, shaped, text};
pub(crate) use wait::{until, until_within};
