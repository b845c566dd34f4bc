//! Watches a long posture and proposes its end when enough cues speak against it, twice running.
//!
//! Owns the cues and the count of runs; the posture itself is the host's.

mod config;
mod cues;
#[cfg(test)]
mod tests;

pub use config::Config;
pub use cues::{Cues, Market};

use sconce_sdk::{
    Description, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Posture, Row, Scope, Signal, Strategy,
    snapshot,
};

sconce_sdk::columns! {
    /// The posture, what the cues are read from, and a mean that is there once 30 minute bars are.
    INPUTS {
        POSTURE = "posture",
        AGE = "posture_age",
        ENTRY_PRICE = "entry_price",
        LAST_PRICE = "last_price",
        CVD_2M = "cvd_2m",
        CVD_5M = "cvd_5m",
        RVOL = "rvol_5_20@1m",
        MOM_5M = "mom_bps@5m",
        THIRTY_BARS = "sma_30@1m",
    }
}

/// Seconds of market time between runs, unless the deployment says otherwise.
const EVERY_SECONDS: u32 = 30;
/// What every report scores.
const SCORE: f64 = 8.0;
/// Format of the snapshot.
const FORMAT: u8 = 1;

/// The strategy.
#[derive(Debug)]
pub struct PostureGuard {
    config: Config,
    /// Runs in a row at which enough cues spoke.
    runs: u32,
}

#[sconce_sdk::strategy]
impl Strategy for PostureGuard {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "posture-guard",
            name: "Posture guard",
            version: env!("CARGO_PKG_VERSION"),
            description: "Proposes the end of a long posture when flow, volume, price and age speak against it.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-10",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            // Rows that are no runs may come between two runs, any number of them.
            memory: Memory::Unbounded,
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        config.check()
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS).every_seconds(EVERY_SECONDS).posture()
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        Ok(PostureGuard { config, runs: 0 })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let trigger = row.trigger();
        if !trigger.is_timer() && !trigger.is_on_demand() {
            return Ok(());
        }
        let (signal, runs) = match self.judge(row) {
            Ok(judged) => judged,
            Err(failure) => {
                self.end_runs(trigger.is_timer());
                return Err(failure);
            }
        };
        // What somebody asks for shows what a run would say, and is none.
        if trigger.is_timer() {
            self.runs = runs;
        }
        if runs >= self.config.persist_k {
            out.say(signal);
        }
        Ok(())
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        snapshot::save(FORMAT, &self.runs).map(Some)
    }

    fn restore(config: Config, _: &[Instrument], state: &[u8]) -> Result<Self, Failure> {
        Ok(PostureGuard { config, runs: snapshot::load(FORMAT, state)? })
    }
}

impl PostureGuard {
    /// The signal of a run, and how many in a row it makes.
    fn judge(&self, row: &Row<'_>) -> Result<(Signal, u32), Failure> {
        let posture = row.get(POSTURE).ok_or(Failure::NotReady(1))?;
        let known = |column| row.get(column).filter(|value| value.is_finite());
        let market = Market {
            cvd_2m: known(CVD_2M),
            cvd_5m: known(CVD_5M),
            rvol: known(RVOL),
            mom_5m_bps: known(MOM_5M),
            age_s: known(AGE),
        };
        let cues = Cues::of(&market, &self.config);
        let is_long = posture > 0.0;
        if is_long && row.get(THIRTY_BARS).is_none() {
            return Err(Failure::NotReady(1));
        }
        let speaks = is_long && cues.points() >= self.config.points;
        let runs = if speaks { self.runs.saturating_add(1).min(self.config.persist_k) } else { 0 };
        let signal = Signal::new("posture_exit")
            .score(SCORE)
            .attribute("action", "consider-exit")
            .attribute("points", cues.points())
            .attribute("flow_flip", cues.flow_flip)
            .attribute("rvol_fade", cues.rvol_fade)
            .attribute("structure_break", cues.structure_break)
            .attribute("too_old", cues.too_old)
            .attribute_if_known("posture_age_s", market.age_s)
            .attribute_if_known("cvd_2m", market.cvd_2m)
            .attribute_if_known("cvd_5m", market.cvd_5m)
            .attribute_if_known("rvol_1m", market.rvol)
            .attribute_if_known("mom_bps_5m", market.mom_5m_bps)
            .attribute_if_known("entry_price", known(ENTRY_PRICE))
            .attribute_if_known("last_price", known(LAST_PRICE))
            .propose(Posture::Flat)
            .finding();
        Ok((signal, runs))
    }

    fn end_runs(&mut self, is_run: bool) {
        if is_run {
            self.runs = 0;
        }
    }
}
