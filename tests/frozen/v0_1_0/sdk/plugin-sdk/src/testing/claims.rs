//! What every plugin claims by being one: chunks equal rows, restarts are invisible, declared memory is enough.
//! Each check panics with the first row that differs; call them with recorded rows.

use super::{Harness, TestRow};
use crate::describe::Memory;
use crate::failure::Failure;
use crate::output::Output;
use crate::strategy::Strategy;

/// Whether `run` says the same as `on_row`, for the whole and for uneven pieces.
///
/// # Panics
/// When it does not, or when the instance cannot be made.
pub fn check_run<S: Strategy>(config: &str, instruments: &[&str], rows: &[TestRow]) {
    let one_by_one = said_by_rows(&mut start::<S>(config, instruments), rows);
    for piece in [rows.len().max(1), 7, 1] {
        let mut harness = start::<S>(config, instruments);
        let mut said = vec![Vec::new(); rows.len()];
        for (index, chunk) in rows.chunks(piece).enumerate() {
            for (position, output) in harness.run(chunk).expect("a block is no failure") {
                said[index * piece + position as usize].push(output);
            }
        }
        compare(&one_by_one, &said, &format!("chunks of {piece}"));
    }
}

/// Whether an instance restored from a snapshot at any row goes on as if nothing had happened.
///
/// # Panics
/// When it does not, or when the plugin has no snapshots.
pub fn check_restart<S: Strategy>(config: &str, instruments: &[&str], rows: &[TestRow]) {
    let undisturbed = said_by_rows(&mut start::<S>(config, instruments), rows);
    let mut harness = start::<S>(config, instruments);
    let mut said = Vec::new();
    for row in rows {
        let state = harness.snapshot().expect("a snapshot is written").expect("this plugin supports snapshots");
        harness = harness.again(Some(&state)).expect("its own snapshot is read");
        said.extend(said_by_rows(&mut harness, std::slice::from_ref(row)));
    }
    compare(&undisturbed, &said, "a restart before every row");
}

/// Whether an instance that is warmed up with only as many rows as it declares goes on the same.
///
/// # Panics
/// When it does not, or when the declared memory is unbounded.
pub fn check_memory<S: Strategy>(config: &str, instruments: &[&str], rows: &[TestRow]) {
    let Memory::Finite(declared) = S::describe().memory else {
        panic!("the declared memory is unbounded");
    };
    let undisturbed = said_by_rows(&mut start::<S>(config, instruments), rows);
    let mut said = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let mut harness = start::<S>(config, instruments);
        let from = position.saturating_sub(declared as usize);
        harness.warm_up(&rows[from..position]).expect("warm-up is no failure");
        said.extend(said_by_rows(&mut harness, std::slice::from_ref(row)));
    }
    compare(&undisturbed, &said, "an instance that knows only its declared memory");
}

fn start<S: Strategy>(config: &str, instruments: &[&str]) -> Harness<S> {
    Harness::new(config, instruments).expect("the instance starts")
}

fn said_by_rows<S: Strategy>(harness: &mut Harness<S>, rows: &[TestRow]) -> Vec<Vec<Output>> {
    let say = |row| match harness.row(row) {
        Ok(said) => said,
        Err(Failure::NotReady(_) | Failure::BadInput(_)) => Vec::new(),
        Err(failure) => panic!("{failure}"),
    };
    rows.iter().map(say).collect()
}

fn compare(expected: &[Vec<Output>], seen: &[Vec<Output>], how: &str) {
    for (position, (expected, seen)) in expected.iter().zip(seen).enumerate() {
        assert_eq!(expected, seen, "row {position} differs with {how}");
    }
}
