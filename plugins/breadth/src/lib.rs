//! Share of instruments above their 50-bar mean, and the regime of a reference. Sees all instruments of its deployment.
//!
//! Owns the newest values of each instrument and the rule; speaks in the cohort row, when all rows of a moment are in.

mod regime;
mod state;
#[cfg(test)]
mod tests;

pub use regime::Regime;
pub use state::{Count, Newest, Universe};

use sconce_sdk::{
    Description, Direction, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal, Strategy,
    snapshot,
};
use serde::Deserialize;

sconce_sdk::columns! {
    /// Of each instrument.
    INPUTS {
        CLOSE = "close",
        SMA_20 = "sma_20",
        SMA_50 = "sma_50",
    }
}

/// Share of instruments that must count before a direction is published.
const FULL_ENOUGH: f64 = 0.7;

/// Format of the snapshot; raised with every change of [`Universe`].
const FORMAT: u8 = 1;

/// The settings of `config.schema.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Base symbol whose means decide the regime.
    pub reference: String,
    /// Age in seconds from which a row no longer counts.
    pub stale_after_seconds: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        // Three days: a daily bar may be late by a day and still counts.
        Config { reference: "BTC".to_owned(), stale_after_seconds: Some(3 * 86_400) }
    }
}

/// The strategy.
#[derive(Debug)]
pub struct Breadth {
    /// Position of the reference among the instruments.
    reference: Option<usize>,
    stale_after: Option<i64>,
    universe: Universe,
}

#[sconce_sdk::strategy]
impl Strategy for Breadth {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "breadth",
            name: "Breadth",
            version: env!("CARGO_PKG_VERSION"),
            description: "Share of instruments above their 50-bar mean, labelled with the regime of a reference.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-100",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Universe,
            // An instrument may fall silent, so its newest row may lie any number of rows back.
            memory: Memory::Unbounded,
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        if config.stale_after_seconds == Some(0) {
            return Err(Failure::bad_config("stale_after_seconds must be above 0, or null"));
        }
        Ok(())
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS)
    }

    fn create(config: Config, instruments: &[Instrument]) -> Result<Self, Failure> {
        Ok(Breadth::over(&config, instruments, Universe::new(instruments)))
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        if row.trigger().is_cohort() {
            out.say(self.judge(row.ts())?);
            return Ok(());
        }
        let finite = |column| row.get(column).filter(|value| value.is_finite());
        let newest = Newest { ts: row.ts(), close: finite(CLOSE), sma_20: finite(SMA_20), sma_50: finite(SMA_50) };
        row.instrument()
            .is_some_and(|instrument| self.universe.take(instrument, newest))
            .then_some(())
            .ok_or_else(|| Failure::bad_input("the row is of no instrument that was given"))
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        snapshot::save(FORMAT, &self.universe).map(Some)
    }

    fn restore(config: Config, instruments: &[Instrument], state: &[u8]) -> Result<Self, Failure> {
        let universe: Universe = snapshot::load(FORMAT, state)?;
        if !universe.is_of(instruments) {
            return Err(Failure::bad_input("the snapshot is of other instruments"));
        }
        Ok(Breadth::over(&config, instruments, universe))
    }
}

impl Breadth {
    fn over(config: &Config, instruments: &[Instrument], universe: Universe) -> Self {
        let reference = instruments.iter().position(|instrument| instrument.base == config.reference);
        let stale_after = config.stale_after_seconds.map(|seconds| i64::from(seconds) * 1_000_000_000);
        Breadth { reference, stale_after, universe }
    }

    fn judge(&self, now: i64) -> Result<Signal, Failure> {
        let oldest = self.stale_after.map_or(i64::MIN, |age| now.saturating_sub(age));
        let count = self.universe.count(oldest);
        let share = count.share().ok_or(Failure::NotReady(1))?;
        let reference = self.reference.and_then(|position| self.universe.means(position, oldest));
        let regime = reference.map_or(Regime::Neutral, |(short, long)| Regime::of(short, long));
        let coverage = count.coverage();
        let direction = if coverage < FULL_ENOUGH { Direction::Neutral } else { regime.direction() };
        let signal = Signal::new(regime.as_str())
            .score(100.0 * share)
            .direction(direction)
            .attribute("share", share)
            .attribute("above", count.above)
            .attribute("counted", count.counted)
            .attribute("coverage", coverage);
        Ok(match reference {
            Some((short, long)) => signal.attribute("reference_sma20", short).attribute("reference_sma50", long),
            None => signal.attribute("reference_missing", true),
        })
    }
}
