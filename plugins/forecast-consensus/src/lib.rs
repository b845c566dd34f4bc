//! What several forecasting models agree on: one word whenever one of them has said something new.
//!
//! Owns the count of votes; what models say comes as columns. A model without an answer that stands has no vote, and nothing
//! neutral stands in for it.

mod config;
#[cfg(test)]
mod tests;
mod votes;

pub use config::Config;
pub use votes::{Verdict, Votes};

use sconce_sdk::{
    Column, Description, Direction, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal,
    Strategy,
};

/// The strategy: its settings, and what models had said at the row before.
#[derive(Debug)]
pub struct ForecastConsensus {
    config: Config,
    horizon: u64,
    models: Vec<Column>,
    close: Column,
    before: Vec<Option<f64>>,
}

/// The columns: those of the models in their order, then the close.
fn columns(config: &Config) -> (Needs, Vec<Column>, Column) {
    let mut needs = Needs::default();
    let model = |name: &String| needs.add_named(format!("forecast:{name}/h{}", config.horizon));
    let models = config.models.iter().map(model).collect();
    let close = needs.add_named(format!("close@{}", config.timeframe));
    (needs, models, close)
}

#[sconce_sdk::strategy]
impl Strategy for ForecastConsensus {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "forecast-consensus",
            name: "Forecast consensus",
            version: env!("CARGO_PKG_VERSION"),
            description: "Which way most of several forecasting models expect the price to go, and how many agree.",
            outputs: &[OutputKind::Signal],
            score_scale: "-1 to 1",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            memory: Memory::Finite(1),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        config.check()
    }

    fn needs(config: &Config) -> Needs {
        columns(config).0.look_back(1)
    }

    fn create(config: Config, _: &[Instrument]) -> Result<Self, Failure> {
        let (_, models, close) = columns(&config);
        let horizon = config.bar_nanos()? * u64::from(config.horizon);
        Ok(ForecastConsensus { config, horizon, models, close, before: Vec::new() })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let said: Vec<Option<f64>> =
            self.models.iter().map(|model| row.get(*model).filter(|value| value.is_finite())).collect();
        let is_news = said != self.before;
        self.before.clone_from(&said);
        if is_news || row.trigger().is_on_demand() {
            let votes = Votes::of(&said);
            if votes.available < self.config.min_models {
                return Err(Failure::NotReady(1));
            }
            out.say(self.word(row, &said, votes));
        }
        Ok(())
    }
}

impl ForecastConsensus {
    fn word(&self, row: &Row<'_>, said: &[Option<f64>], votes: Votes) -> Signal {
        let verdict = votes.verdict(self.config.min_agreement);
        let (label, direction) = match verdict {
            Verdict::Bullish => ("Bullish", Direction::Long),
            Verdict::Bearish => ("Bearish", Direction::Short),
            Verdict::Mixed => ("Mixed", Direction::Neutral),
        };
        let signal = Signal::new(label)
            .direction(direction)
            .score(votes.score())
            .horizon(self.horizon)
            .attribute("available", votes.available as i64)
            .attribute("models", self.models.len() as i64)
            .attribute("agreeing", votes.agreeing() as i64)
            .attribute("mean_return", votes.mean);
        let named = self.config.models.iter().zip(said);
        let signal = named.fold(signal, |signal, (name, value)| signal.attribute_if_known(name.clone(), *value));
        // A price that the mean leads to, where the close is known and the sum is one.
        let target = row.get(self.close).map(|close| close * libm::exp(votes.mean));
        match target.filter(|target| target.is_finite() && *target > 0.0) {
            Some(target) => signal.level("target", target),
            None => signal,
        }
    }
}
