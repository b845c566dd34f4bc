//! The market fault kit: what markets and their sources do to a strategy, each shown to it once on the engine's own fold.
//!
//! A case passes when the plugin says something, or abstains with a reason. It fails when a call traps, overruns its
//! budget, reports a defect of its own, or says what a host refuses.

mod cases;

use std::sync::Arc;

use sconce_domain::{InstrumentIndex, Nanos, Payload, Timeframe};
use sconce_market::{BarPolicy, FirstPartial};

pub use cases::{CASES, Case, Happening, Slot};

use crate::artefact::Artefact;
use crate::made;
use crate::pass::{Order, Pass, PassError};
use crate::watch::{Seen, Watch};

/// What is checked, and how much.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// The configuration.
    pub config: serde_json::Value,
    /// The primary timeframe.
    pub timeframe: Timeframe,
    /// Bars of the long case.
    pub rows: u64,
}

/// What a plugin did in one case.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// Which case.
    pub case: &'static Case,
    /// Rows that were made.
    pub rows: u64,
    /// What was seen of its calls.
    pub seen: Seen,
    /// Whether it was ended early, after [`ENOUGH`] failures.
    pub ended: bool,
}

impl CaseReport {
    /// Whether the plugin lived through it by the rules.
    pub fn passed(&self) -> bool {
        self.seen.failures.is_empty()
    }
}

/// Bars of an ordinary case, besides those that the plugin wants to be warmed up with.
const BARS: u64 = 600;
/// A case is over after so many failures: more of the same tells nothing, and finding the lines of a trap takes long.
pub const ENOUGH: u64 = 20;
/// Effects are forgotten after so many bars, as a worker hands them over.
const BATCH: u64 = 1_024;

/// Shows one case to the plugin.
///
/// # Errors
/// A host would not put it into force with that configuration.
pub fn show(artefact: &Artefact, options: &CheckOptions, case: &'static Case) -> Result<CaseReport, PassError> {
    let watch = Arc::new(Watch::new(Arc::clone(&artefact.plugins), case.hide));
    let order = Order {
        plugin: artefact.loaded.clone(),
        config: options.config.clone(),
        instruments: made::instruments(),
        timeframe: options.timeframe,
        policy: BarPolicy { first_partial: FirstPartial::Include, ..BarPolicy::default() },
    };
    let grace = order.policy.grace;
    let mut pass = Pass::new(Arc::<Watch>::clone(&watch), &order)?;
    let ordinary = BARS + u64::from(pass.deployed().needs.look_back);
    let bars = case.bars(ordinary, options.rows).min(made::most(options.timeframe));
    // Nothing comes of the other instrument but ordinary bars: what befalls one is to leave the other alone.
    for (slot, number) in (case.make)(options.timeframe, bars).zip(0_u64..) {
        let other = Happening::on_time(made::bar(options.timeframe, number));
        for (index, happening) in [(0, Some(slot.first)), (0, slot.then), (1, Some(other))] {
            let index = InstrumentIndex(index);
            match happening {
                None => {}
                Some(Happening::Bar { bar, late }) => {
                    let close = bar.ts_close();
                    pass.step(index, close, close + grace + late, Payload::Bar(bar));
                }
                Some(Happening::Nothing { until }) => {
                    pass.step(InstrumentIndex::NONE, until, until + grace, Payload::Tick);
                }
            }
        }
        if watch.failed() >= ENOUGH {
            break;
        }
        if number % BATCH == BATCH - 1 {
            pass.drain(|_| {});
        }
    }
    pass.finish(Nanos(made::OPENING.0 + (i64::try_from(bars).unwrap_or(0) + 2) * options.timeframe.nanos() + grace));
    pass.drain(|_| {});
    Ok(CaseReport { case, rows: pass.rows(), seen: watch.seen(), ended: watch.failed() >= ENOUGH })
}
