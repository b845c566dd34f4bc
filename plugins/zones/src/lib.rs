//! Labels where a price stands among bands around its mean, and scores it. An observation, not advice.
//!
//! Owns the rule; the columns come from the host. Formulas and their source are in the README.

mod bands;
mod config;
mod score;
#[cfg(test)]
mod tests;

pub use bands::{Bands, Label};
pub use config::{AtrKind, Config, Multipliers, RiskClass};
pub use score::Parts;

use sconce_sdk::{
    Column, Description, Direction, Failure, Instrument, Memory, Needs, OutputKind, Outputs, Row, Scope, Signal,
    Strategy,
};

sconce_sdk::columns! {
    /// The columns that do not depend on the configuration; the true range follows them.
    INPUTS {
        LAST_PRICE = "last_price",
        CLOSE = "close",
        SMA_20 = "sma_20",
        SMA_50 = "sma_50",
        RSI_14 = "rsi_14",
        VOL_SPIKE = "vol_spike",
    }
}

/// Share of inputs that must be present before a direction is published.
const FULL_ENOUGH: f64 = 0.7;

/// The strategy: no state but its settings.
#[derive(Debug)]
pub struct Zones {
    multipliers: Multipliers,
    atr_kind: AtrKind,
    atr: Column,
}

/// What a row tells. There are six inputs; without the first three there is no label.
struct Inputs {
    price: f64,
    sma_20: f64,
    atr: f64,
    sma_50: Option<f64>,
    rsi: Option<f64>,
    vol_spike: Option<bool>,
    /// Made of the first three, finite.
    bands: Bands,
    /// True range in percent of the price, finite.
    atr_pct: f64,
}

impl Inputs {
    /// Share of the six inputs that are present.
    fn coverage(&self) -> f64 {
        let optional = [self.sma_50.is_some(), self.rsi.is_some(), self.vol_spike.is_some()];
        f64::from(3 + optional.map(u32::from).iter().sum::<u32>()) / 6.0
    }
}

fn needs(kind: AtrKind) -> (Needs, Column) {
    let mut needs = Needs::of(INPUTS);
    let atr = needs.add(kind.column());
    (needs, atr)
}

#[sconce_sdk::strategy]
impl Strategy for Zones {
    type Config = Config;

    fn describe() -> Description {
        Description {
            id: "zones",
            name: "Zones",
            version: env!("CARGO_PKG_VERSION"),
            description: "Labels where a price stands among bands of average true ranges around its 20-bar mean.",
            outputs: &[OutputKind::Signal],
            score_scale: "0-100",
            config_schema: include_str!("../config.schema.json"),
            scope: Scope::Instrument,
            memory: Memory::Finite(0),
        }
    }

    fn check(config: &Config) -> Result<(), Failure> {
        config.check()
    }

    fn needs(config: &Config) -> Needs {
        needs(config.atr_kind).0
    }

    fn create(config: Config, instruments: &[Instrument]) -> Result<Self, Failure> {
        let [instrument] = instruments else {
            return Err(Failure::bad_config(format_args!("zones take one instrument, got {}", instruments.len())));
        };
        let multipliers = config.multipliers_for(&instrument.base);
        Ok(Zones { multipliers, atr_kind: config.atr_kind, atr: needs(config.atr_kind).1 })
    }

    fn on_row(&mut self, row: &Row<'_>, out: &mut Outputs) -> Result<(), Failure> {
        let trigger = row.trigger();
        if trigger.any_closed() || trigger.is_timer() || trigger.is_on_demand() {
            out.say(self.observe(&self.read(row)?));
        }
        Ok(())
    }
}

impl Zones {
    /// Reads a row. Without price, mean or true range there is no label: at least one more row is needed.
    fn read(&self, row: &Row<'_>) -> Result<Inputs, Failure> {
        let price = row.get(LAST_PRICE).or_else(|| row.get(CLOSE));
        let (Some(price), Some(sma_20), Some(atr)) = (price, row.get(SMA_20), row.get(self.atr)) else {
            return Err(Failure::NotReady(1));
        };
        let bands = Bands::around(sma_20, atr, self.multipliers);
        let atr_pct = 100.0 * atr / price;
        let sound = price > 0.0 && price.is_finite() && atr >= 0.0 && atr_pct.is_finite();
        if !sound || bands.levels().iter().any(|(_, zone)| !zone.is_finite()) {
            return Err(Failure::bad_input(
                "price, mean and true range make no zones: they must be finite, the price above 0",
            ));
        }
        Ok(Inputs {
            price,
            sma_20,
            atr,
            sma_50: row.get(SMA_50).filter(|value| value.is_finite()),
            rsi: row.get(RSI_14).filter(|value| value.is_finite()),
            vol_spike: row.get(VOL_SPIKE).map(|value| value != 0.0),
            bands,
            atr_pct,
        })
    }

    fn observe(&self, inputs: &Inputs) -> Signal {
        let label = inputs.bands.label(inputs.price);
        let parts = Parts::default()
            .near(inputs.bands.distance(inputs.price), inputs.atr)
            .trending(inputs.sma_20, inputs.sma_50)
            .momentum(inputs.rsi)
            .swinging(inputs.atr_pct);
        let coverage = inputs.coverage();
        let direction = if coverage < FULL_ENOUGH { Direction::Neutral } else { label.direction() };
        let signal = Signal::new(label.as_str()).score(parts.score()).direction(direction);
        let signal = inputs.bands.levels().into_iter().fold(signal, |signal, (name, price)| signal.level(name, price));
        let signal = signal
            .attribute("price", inputs.price)
            .attribute("sma20", inputs.sma_20)
            .attribute_if_known("sma50", inputs.sma_50)
            .attribute("atr14", inputs.atr)
            .attribute_if_known("rsi14", inputs.rsi)
            .attribute_if_known("vol_spike", inputs.vol_spike)
            .attribute("atr_pct", inputs.atr_pct)
            .attribute("atr_kind", self.atr_kind.as_str())
            .attribute("coverage", coverage);
        parts.in_order().into_iter().fold(signal, |signal, (name, part)| signal.attribute_if_known(name, part))
    }
}
