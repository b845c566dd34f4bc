//! Blocks: read honestly, or cheated with.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Live;
use crate::on_row::on_row;
use crate::said::{say, signal};
use crate::sconce::strategy::types::{Block, Failure, Output};

/// One row.
pub struct Row {
    pub ts: i64,
    pub instrument: u32,
    pub trigger: u32,
    pub values: Vec<f64>,
}

/// Survives from state to state within one store.
pub static SHARED: AtomicU32 = AtomicU32::new(0);

pub fn rows(block: &Block) -> Vec<Row> {
    let (rows, width) = (block.rows as usize, block.width as usize);
    let word = |index: usize| -> [u8; 8] { block.data[index * 8..index * 8 + 8].try_into().expect("eight bytes") };
    let row = |row: usize| {
        let mark = u64::from_le_bytes(word(rows + row));
        Row {
            ts: i64::from_le_bytes(word(row)),
            instrument: (mark >> 32) as u32,
            trigger: mark as u32,
            values: (0..width).map(|column| f64::from_le_bytes(word((2 + column) * rows + row))).collect(),
        }
    };
    (0..rows).map(row).collect()
}

pub fn run(live: &Live, block: &Block) -> Result<Vec<(u32, Output)>, Failure> {
    let rows = rows(block);
    match live.mode.as_str() {
        "run-spin" => crate::on_row::spin(),
        "peek" => return Ok(peek(&rows)),
        "run-unordered" => return Ok((0..block.rows).rev().map(|row| (row, say(signal("late", 0.0)))).collect()),
        "run-outside" => return Ok(vec![(block.rows, say(signal("outside", 0.0)))]),
        "forget" => return forget(live, &rows),
        _ => {}
    }
    let mut said = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        said.extend(on_row(live, row)?.into_iter().map(|output| (position as u32, output)));
    }
    Ok(said)
}

/// Says the next row's first number about each row.
fn peek(rows: &[Row]) -> Vec<(u32, Output)> {
    let next = |at: usize| rows.get(at + 1).map_or(0.0, |row| row.values[0]);
    (0..rows.len()).map(|at| (at as u32, say(signal("next", next(at))))).collect()
}

/// Right within the block, but leaves the state as it was.
fn forget(live: &Live, rows: &[Row]) -> Result<Vec<(u32, Output)>, Failure> {
    let before = (live.count.get(), live.total.get());
    let mut said = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        said.extend(on_row(live, row)?.into_iter().map(|output| (position as u32, output)));
    }
    live.count.set(before.0);
    live.total.set(before.1);
    Ok(said)
}

/// Counts rows over all states of the store.
pub fn count_shared() -> u32 {
    SHARED.fetch_add(1, Ordering::Relaxed)
}
