//! Says when a quick mean of the close crosses a slow one, and says nothing otherwise.

use sconce_sdk::{
    Column, Description, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal, Strategy,
};
use serde::Deserialize;

sconce_sdk::columns! {
    /// What it reads whatever its settings are; the two means follow.
    INPUTS { CLOSE = "close" }
}

/// The settings of `config.schema.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Bars of the quick mean.
    pub fast: u16,
    /// Bars of the slow mean.
    pub slow: u16,
}

impl Default for Config {
    fn default() -> Self {
        Config { fast: 10, slow: 30 }
    }
}

/// The columns of a configuration: close, quick mean, slow mean.
fn needs(config: Config) -> (Needs, Column, Column) {
    let mut needs = Needs::of(INPUTS);
    let fast = needs.add_named(format!("sma_{}", config.fast));
    let slow = needs.add_named(format!("sma_{}", config.slow));
    // One row, because a crossing lies between two.
    (needs.look_back(1).history(), fast, slow)
}

/// The strategy: which mean was above at the row before.
#[derive(Debug)]
pub struct Crossing {
    fast: Column,
    slow: Column,
    above: Option<bool>,
}

#[sconce_sdk::strategy]
impl Strategy for Crossing {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: env!("CARGO_PKG_NAME"),
            name: "Crossing means",
            version: env!("CARGO_PKG_VERSION"),
            description: "Says when a quick mean of the close crosses a slow one.",
            outputs: &[OutputKind::Signal],
            score_scale: "percent",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            // What it says depends on this row and the one before.
            memory: Memory::Finite(1),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        if config.fast > 0 && config.fast < config.slow {
            return Ok(());
        }
        Err(Failure::bad_config("fast must be above 0 and below slow"))
    }

    fn needs(config: &Config) -> Needs {
        needs(*config).0
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        let (_, fast, slow) = needs(config);
        Ok(Crossing { fast, slow, above: None })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let before = self.above.take();
        let (Some(close), Some(fast), Some(slow)) = (row.get(CLOSE), row.get(self.fast), row.get(self.slow)) else {
            // Nothing is put in the place of what is absent: it abstains and says how many rows it waits for.
            return Err(Failure::NotReady(1));
        };
        let apart = 100.0 * (fast / slow - 1.0);
        if !apart.is_finite() || !close.is_finite() {
            return Err(Failure::bad_input("the means must be finite and the slow one not 0"));
        }
        let above = fast > slow;
        self.above = Some(above);
        if before.is_some_and(|before| before != above) {
            let signal = if above { Signal::new("cross_up").long() } else { Signal::new("cross_down").short() };
            let signal = signal.score(apart).attribute("close", close).attribute("fast", fast).attribute("slow", slow);
            match sconce_sdk::history::rows(2) {
                Ok(rows) => sconce_sdk::log::info!("{} rows back", rows.len()),
                Err(failure) => sconce_sdk::log::warn!("{failure}"),
            }
            out.say(signal.finding());
        }
        Ok(())
    }
}
