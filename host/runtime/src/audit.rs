//! Proves that a plugin says the same in chunks as row by row, and catches those that do not.
//!
//! Replay may only use `run` over chunks, or put many states into one store, for plugins to which it makes no
//! difference. Each audit makes its instances anew and compares everything said, as canonical bytes, with the answers
//! of fresh instances that were shown one row at a time: those cannot know what comes next or who else is there.

use std::fmt;
use std::ops::Range;

use sconce_domain::ports::{Fault, RowCall, StartInstance, Strategy};
use sconce_domain::{RowBlock, Said};

use crate::plugins::WasmPlugins;
use crate::strategy::WasmStrategy;

/// What a plugin was caught at.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Cheat {
    /// What `run` says about a row changes when later rows are cut off.
    LooksAhead,
    /// `run` says something else than row by row, without looking ahead: it rounds, forgets or skips.
    ChunksDiffer,
    /// What a state says changes when other states live in its store.
    SharesState,
}

impl fmt::Display for Cheat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cheat::LooksAhead => "looks ahead inside a chunk",
            Cheat::ChunksDiffer => "says something else in chunks than row by row",
            Cheat::SharesState => "keeps state across instances",
        })
    }
}

/// The first place where a plugin said two things.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What it was caught at.
    pub cheat: Cheat,
    /// Which of the audited cases.
    pub case: usize,
    /// Position of the row in that case's block.
    pub row: usize,
    /// What a fresh instance says, row by row.
    pub expected: Vec<Said>,
    /// What was said instead.
    pub found: Vec<Said>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { cheat, case, row, expected, found } = self;
        write!(f, "the plugin {cheat}: about row {row} of case {case} it says {found:?} instead of {expected:?}")
    }
}

/// One instrument of an audit: how to start, what to warm up with, what to show.
#[derive(Clone, Debug)]
pub struct AuditCase {
    /// How the instance starts. History is not given.
    pub start: StartInstance,
    /// Rows before the first; may be empty.
    pub warm_up: RowBlock,
    /// The rows to be compared.
    pub block: RowBlock,
}

/// Compares ways to run a plugin.
#[derive(Copy, Clone, Debug)]
pub struct ChunkAudit<'a> {
    plugins: &'a WasmPlugins,
    chunk: usize,
}

/// What was said about each row of a block.
type PerRow = Vec<Vec<Said>>;

impl<'a> ChunkAudit<'a> {
    /// An audit in chunks of `chunk` rows; at least one.
    pub fn new(plugins: &'a WasmPlugins, chunk: usize) -> Self {
        ChunkAudit { plugins, chunk: chunk.max(1) }
    }

    /// Runs a case in chunks and row by row, in a fresh store each.
    pub fn chunks(&self, case: &AuditCase) -> Result<Option<Difference>, Fault> {
        check_shape(case)?;
        let expected = self.row_by_row(case, case.block.len())?;
        let mut instance = self.fresh(case)?;
        for chunk in self.ranges(case.block.len()) {
            let found = per_row(&instance.run(&slice(&case.block, chunk.clone()))?, chunk.len());
            let Some(at) = first_difference(&expected[chunk.clone()], &found) else { continue };
            let row = chunk.start + at;
            let cheat =
                if self.looks_ahead(case, &chunk, at, &found[at])? { Cheat::LooksAhead } else { Cheat::ChunksDiffer };
            return Ok(Some(Difference {
                cheat,
                case: 0,
                row,
                expected: expected[row].clone(),
                found: found[at].clone(),
            }));
        }
        Ok(None)
    }

    /// Runs all cases as lanes of one store, their chunks in turn, and compares each with a fresh store of its own.
    pub fn lanes(&self, cases: &[AuditCase]) -> Result<Option<Difference>, Fault> {
        let Some(first) = cases.first() else { return Ok(None) };
        cases.iter().try_for_each(check_shape)?;
        let expected =
            cases.iter().map(|case| self.row_by_row(case, case.block.len())).collect::<Result<Vec<_>, _>>()?;
        let mut lanes = self.plugins.lanes(&first.start)?;
        let mut open = Vec::with_capacity(cases.len());
        for case in cases {
            let lane = lanes.start(&without_history(&case.start))?;
            if !case.warm_up.is_empty() {
                lanes.warm_up(lane, &case.warm_up)?;
            }
            open.push(lane);
        }
        let longest = cases.iter().map(|case| case.block.len()).max().unwrap_or(0);
        for turn in self.ranges(longest) {
            for (index, (case, lane)) in cases.iter().zip(&open).enumerate() {
                let chunk = turn.start.min(case.block.len())..turn.end.min(case.block.len());
                let found = per_row(&lanes.run(*lane, &slice(&case.block, chunk.clone()))?, chunk.len());
                if let Some(at) = first_difference(&expected[index][chunk.clone()], &found) {
                    let row = chunk.start + at;
                    let (expected, found) = (expected[index][row].clone(), found[at].clone());
                    return Ok(Some(Difference { cheat: Cheat::SharesState, case: index, row, expected, found }));
                }
            }
        }
        Ok(None)
    }

    fn ranges(&self, rows: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let chunk = self.chunk;
        (0..rows).step_by(chunk).map(move |start| start..(start + chunk).min(rows))
    }

    fn fresh(&self, case: &AuditCase) -> Result<WasmStrategy, Fault> {
        let mut instance = self.plugins.start_wasm(&without_history(&case.start))?;
        if !case.warm_up.is_empty() {
            instance.warm_up(&case.warm_up)?;
        }
        Ok(instance)
    }

    fn row_by_row(&self, case: &AuditCase, rows: usize) -> Result<PerRow, Fault> {
        let mut instance = self.fresh(case)?;
        (0..rows).map(|row| one_row(&mut instance, &case.block, row)).collect()
    }

    /// Whether what is said about row `at` of a chunk changes when the chunk ends there.
    fn looks_ahead(&self, case: &AuditCase, chunk: &Range<usize>, at: usize, found: &[Said]) -> Result<bool, Fault> {
        let mut instance = self.fresh(case)?;
        for earlier in self.ranges(chunk.start) {
            instance.run(&slice(&case.block, earlier))?;
        }
        let cut = chunk.start..chunk.start + at + 1;
        let alone = per_row(&instance.run(&slice(&case.block, cut))?, at + 1);
        Ok(!same(&alone[at], found))
    }
}

/// A block that fits its instance can be cut anywhere.
fn check_shape(case: &AuditCase) -> Result<(), Fault> {
    crate::block::check_shape(&case.block, case.start.width).map_err(|error| Fault::BadInput(error.to_string()))
}

fn without_history(start: &StartInstance) -> StartInstance {
    StartInstance { history: None, ..start.clone() }
}

/// One row as it would come live. Abstaining from a row is saying nothing about it.
fn one_row(instance: &mut WasmStrategy, block: &RowBlock, row: usize) -> Result<Vec<Said>, Fault> {
    let mut values = Vec::new();
    block.row_into(row, &mut values);
    let call =
        RowCall { ts: block.ts[row], trigger: block.trigger[row], instrument: block.instrument[row], values: &values };
    match instance.on_row(&call) {
        Err(Fault::NotReady(_) | Fault::BadInput(_)) => Ok(Vec::new()),
        answer => answer,
    }
}

fn per_row(said: &[(u32, Said)], rows: usize) -> PerRow {
    let mut all = vec![Vec::new(); rows];
    for (row, said) in said {
        all[*row as usize].push(said.clone());
    }
    all
}

fn slice(block: &RowBlock, rows: Range<usize>) -> RowBlock {
    RowBlock {
        ts: block.ts[rows.clone()].to_vec(),
        trigger: block.trigger[rows.clone()].to_vec(),
        instrument: block.instrument[rows.clone()].to_vec(),
        columns: block.columns.iter().map(|column| column[rows.clone()].to_vec()).collect(),
    }
}

fn first_difference(expected: &[Vec<Said>], found: &[Vec<Said>]) -> Option<usize> {
    expected.iter().zip(found).position(|(expected, found)| !same(expected, found))
}

/// Equal to the last bit, as the ledger would see it; `0.0` and `-0.0` are two things there.
fn same(one: &[Said], other: &[Said]) -> bool {
    let bytes = |said: &Said| serde_json::to_vec(&said.body).expect("checked outputs have finite numbers");
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.instrument == other.instrument && (one == other && bytes(one) == bytes(other)))
}
