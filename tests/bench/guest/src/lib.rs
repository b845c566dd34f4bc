//! The plugin that benchmarks measure: two means, relative strength and true range, kept up bar by bar.
//!
//! The same code runs as a component and as a native program (`sconce-bench-native`), so that the two can be held against
//! each other. It draws no conclusion that anybody should trade on.

mod made;
mod study;

pub use made::{made_bar, made_columns};
pub use study::{Reading, Study, checksum};

use sconce_sdk::{Description, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal, Strategy};
use serde::Deserialize;

sconce_sdk::columns! {
    /// What a row must hold.
    INPUTS { HIGH = "high", LOW = "low", CLOSE = "close" }
}

const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,
"properties":{"mode":{"enum":["each","cross","batch"]}}}"#;

/// What it does with a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Says something about each row.
    #[default]
    Each,
    /// Says something when the relative strength leaves its middle band.
    Cross,
    /// Remembers rows, and studies all of them again when it is asked on demand.
    Batch,
}

/// The settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What to do with a row.
    pub mode: Mode,
}

/// The strategy.
#[derive(Debug)]
pub struct Meter {
    mode: Mode,
    study: Study,
    bars: Vec<[f64; 3]>,
}

#[sconce_sdk::strategy]
impl Strategy for Meter {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "meter",
            name: "Meter",
            version: env!("CARGO_PKG_VERSION"),
            description: "Keeps two means, relative strength and true range, for benchmarks.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-100",
            config_schema: SCHEMA,
            scope: Scope::Instrument,
            memory: Memory::Unbounded,
        }
    }

    fn needs(_: &Config) -> Needs {
        Needs::of(INPUTS)
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        Ok(Meter { mode: config.mode, study: Study::new(), bars: Vec::new() })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        if self.mode == Mode::Batch && row.trigger().is_on_demand() {
            out.say(Signal::new("sum").score(checksum(&self.bars)));
            return Ok(());
        }
        let (Some(high), Some(low), Some(close)) = (row.get(HIGH), row.get(LOW), row.get(CLOSE)) else {
            return Err(Failure::NotReady(1));
        };
        if self.mode == Mode::Batch {
            self.bars.push([high, low, close]);
            return Ok(());
        }
        let reading = self.study.take(high, low, close);
        if (self.mode == Mode::Each && reading.is_whole()) || reading.crossed {
            out.say(Signal::new("reading").score(reading.strength));
        }
        Ok(())
    }
}
