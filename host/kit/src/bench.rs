//! What calls cost: real time, fuel and memory of single calls, and of the same rows in chunks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sconce_domain::ports::{Fault, RowCall, RowHistory, StartInstance, Strategy};
use sconce_domain::{RowBlock, Timeframe};
use sconce_runtime::{FailedStart, WasmStrategy};

use crate::artefact::Artefact;
use crate::pass::PassError;
use crate::past::Past;
use crate::shown::shown;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// It cannot be put into force.
    #[error(transparent)]
    Pass(#[from] PassError),
    /// A call failed.
    #[error("row {row}: {fault}")]
    Call {
        /// Its position.
        row: usize,
        /// How.
        fault: Fault,
    },
    /// It does not start.
    #[error("the plugin does not start: {0}")]
    Start(Fault),
    /// The market made no row for it.
    #[error("the made market gives this plugin no row; try another --timeframe")]
    NoRows,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Rows, each shown in a call of its own.
    pub rows: usize,
    /// Half of the calls took no longer.
    pub p50: Duration,
    /// Ninety-nine of a hundred took no longer.
    pub p99: Duration,
    /// The longest.
    pub longest: Duration,
    /// Fuel of the middle call.
    pub fuel_p50: u64,
    /// Most fuel of one call.
    pub fuel_most: u64,
    /// Bytes of linear memory at the end.
    pub memory: usize,
    /// Time to start an instance.
    pub start: Duration,
    /// Time for each row in chunks; nothing where the plugin refuses a chunk.
    pub chunked: Option<Duration>,
}

/// Rows of one chunk.
const CHUNK: usize = 1_000;

/// Measures a plugin on so many bars of the made market.
///
/// # Errors
/// It cannot be put into force, or a call dies.
pub fn measure(
    artefact: &Artefact,
    config: &serde_json::Value,
    timeframe: Timeframe,
    bars: u64,
) -> Result<Measured, BenchError> {
    let (rows, start) = shown(artefact, config, timeframe, bars)?.ok_or(BenchError::NoRows)?;
    let asks_back = start.history.is_some();
    let past = Past::with_width(start.width);
    let start = StartInstance { history: asks_back.then(|| Arc::<Past>::clone(&past) as Arc<dyn RowHistory>), ..start };
    let began = Instant::now();
    let mut instance = artefact.plugins.start_wasm(&start).map_err(not_started)?;
    let started = began.elapsed();
    let (mut times, mut fuels) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    let mut values = Vec::new();
    for row in 0..rows.len() {
        rows.row_into(row, &mut values);
        let (ts, trigger, instrument) = (rows.ts[row], rows.trigger[row], rows.instrument[row]);
        let call = RowCall { ts, trigger, instrument, values: &values };
        let began = Instant::now();
        let answer = instance.on_row(&call);
        times.push(began.elapsed());
        fuels.push(instance.last_fuel());
        instance.take_log();
        if let Err(fault) = answer.map(drop).or_else(abstains) {
            return Err(BenchError::Call { row, fault });
        }
        if asks_back {
            past.push(&call);
        }
    }
    times.sort_unstable();
    fuels.sort_unstable();
    let at = |percent: usize| (rows.len() - 1) * percent / 100;
    let memory = instance.memory();
    Ok(Measured {
        rows: rows.len(),
        p50: times[at(50)],
        p99: times[at(99)],
        longest: times[at(100)],
        fuel_p50: fuels[at(50)],
        fuel_most: fuels[at(100)],
        memory,
        start: started,
        chunked: chunked(artefact.plugins.start_wasm(&start).map_err(not_started)?, &rows),
    })
}

fn not_started(failed: FailedStart) -> BenchError {
    BenchError::Start(failed.fault)
}

fn abstains(fault: Fault) -> Result<(), Fault> {
    if fault.feeds_breaker() { Err(fault) } else { Ok(()) }
}

/// Time for each row when they come in chunks.
fn chunked(mut instance: WasmStrategy, rows: &RowBlock) -> Option<Duration> {
    let chunks: Vec<RowBlock> =
        (0..rows.len()).step_by(CHUNK).map(|from| slice(rows, from, (from + CHUNK).min(rows.len()))).collect();
    let began = Instant::now();
    for chunk in &chunks {
        instance.run(chunk).ok()?;
    }
    Some(began.elapsed() / u32::try_from(rows.len()).ok()?)
}

fn slice(rows: &RowBlock, from: usize, to: usize) -> RowBlock {
    RowBlock {
        ts: rows.ts[from..to].to_vec(),
        trigger: rows.trigger[from..to].to_vec(),
        instrument: rows.instrument[from..to].to_vec(),
        columns: rows.columns.iter().map(|column| column[from..to].to_vec()).collect(),
    }
}
