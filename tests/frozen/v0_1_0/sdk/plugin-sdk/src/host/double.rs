//! The native double of the host: one per thread, driven by the test harness.

use std::cell::RefCell;

use crate::block::{BlockView, RowHead, encode};
use crate::failure::Failure;
use crate::history::History;
use crate::log::Level;

/// Lines kept at most, so that a flood in a test cannot fill the memory.
const LINES: usize = 10_000;

/// What the double knows.
#[derive(Debug, Default)]
struct Double {
    lines: Vec<(Level, String)>,
    /// Present while `history` may be called.
    past: Option<Past>,
}

/// Rows already fed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    pub(crate) width: usize,
    pub(crate) heads: Vec<RowHead>,
    pub(crate) values: Vec<Vec<f64>>,
}

thread_local! {
    static DOUBLE: RefCell<Double> = RefCell::default();
}

pub(crate) fn log(level: Level, line: &str) {
    DOUBLE.with_borrow_mut(|double| {
        if double.lines.len() < LINES {
            double.lines.push((level, line.to_owned()));
        }
    });
}

pub(crate) fn history(count: u32) -> Result<History, Failure> {
    DOUBLE.with_borrow(|double| {
        let past = double.past.as_ref().ok_or_else(|| Failure::Other("history is not granted".to_owned()))?;
        let from = past.heads.len().saturating_sub(count as usize);
        let (heads, values) = (&past.heads[from..], &past.values[from..]);
        let data = encode(heads, past.width, values);
        let rows = u32::try_from(heads.len()).map_err(Failure::internal)?;
        let width = u32::try_from(past.width).map_err(Failure::internal)?;
        Ok(History::from_block(&BlockView::new(rows, width, &data)?))
    })
}

/// Takes the lines written on this thread so far.
pub(crate) fn take_lines() -> Vec<(Level, String)> {
    DOUBLE.with_borrow_mut(|double| std::mem::take(&mut double.lines))
}

/// Lends the past to `call`, and takes it back.
pub(crate) fn with_past<T>(past: &mut Option<Past>, call: impl FnOnce() -> T) -> T {
    DOUBLE.with_borrow_mut(|double| double.past = past.take());
    let answer = call();
    *past = DOUBLE.with_borrow_mut(|double| double.past.take());
    answer
}
