//! The expectation of one forecasting model as a label: whenever the model has said something new.
//!
//! Owns the thresholds; what the model says comes as a column. Nothing is said while no answer stands.

mod config;
#[cfg(test)]
mod tests;

pub use config::Config;

use sconce_sdk::{
    Column, Description, Direction, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal,
    Strategy,
};

/// Basis points of one.
const BPS: f64 = 10_000.0;

/// The strategy: its settings, and what the model had said at the row before.
#[derive(Debug)]
pub struct MlForecast {
    config: Config,
    horizon: u64,
    forecast: Column,
    close: Column,
    before: Option<f64>,
}

fn columns(config: &Config) -> (Needs, Column, Column) {
    let mut needs = Needs::default();
    let forecast = needs.add_named(format!("forecast:{}/h{}", config.model, config.horizon));
    let close = needs.add_named(format!("close@{}", config.timeframe));
    (needs, forecast, close)
}

#[sconce_sdk::strategy]
impl Strategy for MlForecast {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "ml-forecast",
            name: "ML forecast",
            version: env!("CARGO_PKG_VERSION"),
            description: "Whether a forecasting model expects a rise or a fall that is large enough.",
            outputs: &[OutputKind::Signal],
            score_scale: "bps",
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
        let (_, forecast, close) = columns(&config);
        let horizon = config.bar_nanos()? * u64::from(config.horizon);
        Ok(MlForecast { config, horizon, forecast, close, before: None })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let said = row.get(self.forecast);
        let is_news = said != self.before;
        self.before = said;
        let Some(log_return) = said else { return Err(Failure::NotReady(1)) };
        let bps = BPS * log_return;
        if !bps.is_finite() {
            return Err(Failure::bad_input("the expected return is no usable number"));
        }
        if is_news || row.trigger().is_on_demand() {
            out.say(self.word(row, log_return, bps));
        }
        Ok(())
    }
}

impl MlForecast {
    fn word(&self, row: &Row<'_>, log_return: f64, bps: f64) -> Signal {
        let (label, direction) = match bps {
            bps if bps >= self.config.buy_bps => ("Buy", Direction::Long),
            bps if bps <= -self.config.sell_bps => ("Sell", Direction::Short),
            _ => ("Hold", Direction::Neutral),
        };
        let signal = Signal::new(label)
            .direction(direction)
            .score(bps)
            .horizon(self.horizon)
            .attribute("model", self.config.model.clone())
            .attribute("log_return", log_return);
        let target = row.get(self.close).map(|close| close * libm::exp(log_return));
        match target.filter(|target| target.is_finite() && *target > 0.0) {
            Some(target) => signal.level("target", target),
            None => signal,
        }
    }
}
