//! Probability of a rise from momentum, distance to VWAP and relative volume on three timeframes.
//!
//! Owns the formula; the columns come from the host. What follows from the probability (posture) is the host's.

mod config;
mod model;
#[cfg(test)]
mod tests;

pub use config::{Config, TimeframeWeights};
pub use model::{Lean, Terms, average, logistic};

use sconce_sdk::{
    Column, Description, Direction, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal,
    Strategy, Timeframe,
};

sconce_sdk::columns! {
    /// Momentum, distance to VWAP and relative volume of each timeframe, shortest first.
    INPUTS {
        MOM_1M = "mom_bps@1m",
        VWAP_1M = "px_vs_vwap_bps@1m",
        RVOL_1M = "rvol_5_20@1m",
        MOM_5M = "mom_bps@5m",
        VWAP_5M = "px_vs_vwap_bps@5m",
        RVOL_5M = "rvol_5_20@5m",
        MOM_15M = "mom_bps@15m",
        VWAP_15M = "px_vs_vwap_bps@15m",
        RVOL_15M = "rvol_5_20@15m",
    }
}

/// Timeframe, its columns, and the names of its two attributes.
const FRAMES: [(Timeframe, [Column; 3], &str, &str); 3] = [
    (Timeframe::M1, [MOM_1M, VWAP_1M, RVOL_1M], "p_1m", "z_1m"),
    (Timeframe::M5, [MOM_5M, VWAP_5M, RVOL_5M], "p_5m", "z_5m"),
    (Timeframe::M15, [MOM_15M, VWAP_15M, RVOL_15M], "p_15m", "z_15m"),
];

/// Share of inputs that must be present before a direction is published.
const FULL_ENOUGH: f64 = 0.7;

/// The strategy: no state but its settings.
#[derive(Debug)]
pub struct TrendScore {
    config: Config,
}

#[sconce_sdk::strategy]
impl Strategy for TrendScore {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "trend-score",
            name: "Trend score",
            version: env!("CARGO_PKG_VERSION"),
            description: "Probability of a rise from momentum, distance to VWAP and relative volume on 1m, 5m and 15m.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-10",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            memory: Memory::Finite(0),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        config.check()
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS)
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        Ok(TrendScore { config })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let trigger = row.trigger();
        let closed = FRAMES.iter().any(|(timeframe, ..)| trigger.closed(*timeframe));
        if closed || trigger.is_timer() || trigger.is_on_demand() {
            out.say(self.judge(row).ok_or(Failure::NotReady(1))?);
        }
        Ok(())
    }
}

impl TrendScore {
    /// The signal; absent while no timeframe of weight has data.
    fn judge(&self, row: &Row<'_>) -> Option<Signal> {
        let leans = FRAMES.map(|(_, columns, ..)| Some(terms(row, columns)?.lean(&self.config)));
        let p_up = average(&leans, self.config.timeframes.in_order())?;
        let coverage = row.coverage(INPUTS);
        let signal = Signal::new("trend_score")
            .score(10.0 * p_up)
            .probability(p_up)
            .direction(direction(p_up, coverage))
            .attribute("p_up", p_up);
        let signal = leans
            .iter()
            .zip(FRAMES)
            .fold(signal, |signal, (lean, (_, _, name, _))| signal.attribute_if_known(name, lean.map(|lean| lean.p)));
        let signal = leans
            .iter()
            .zip(FRAMES)
            .fold(signal, |signal, (lean, (_, _, _, name))| signal.attribute_if_known(name, lean.map(|lean| lean.z)));
        // Each of them is reported: a reader of findings follows the probability by them.
        Some(signal.attribute("coverage", coverage).finding())
    }
}

/// What a timeframe tells; absent when any of its columns is.
fn terms(row: &Row<'_>, [mom, vwap, rvol]: [Column; 3]) -> Option<Terms> {
    Some(Terms { mom_bps: row.get(mom)?, vwap_bps: row.get(vwap)?, rvol: row.get(rvol)? })
}

fn direction(p_up: f64, coverage: f64) -> Direction {
    match p_up {
        _ if coverage < FULL_ENOUGH => Direction::Neutral,
        p if p > 0.5 => Direction::Long,
        p if p < 0.5 => Direction::Short,
        _ => Direction::Neutral,
    }
}
