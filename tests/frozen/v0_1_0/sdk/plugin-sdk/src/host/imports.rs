//! The imports of the component.

use crate::bindings::sconce::strategy::{history as rows, log as sink};
use crate::block::BlockView;
use crate::component::failure_from;
use crate::failure::Failure;
use crate::history::History;
use crate::log::Level;

pub(crate) fn log(level: Level, line: &str) {
    let level = match level {
        Level::Trace => sink::Level::Trace,
        Level::Debug => sink::Level::Debug,
        Level::Info => sink::Level::Info,
        Level::Warn => sink::Level::Warn,
        Level::Error => sink::Level::Error,
    };
    sink::write(level, line);
}

pub(crate) fn history(count: u32) -> Result<History, Failure> {
    let block = rows::rows(count).map_err(failure_from)?;
    Ok(History::from_block(&BlockView::new(block.rows, block.width, &block.data)?))
}
