//! A parsed column name: which indicator to run and which of its outputs to read.

use std::fmt;
use std::str::FromStr;

use super::{CatalogueEntry, Param, ParseColumnError, catalogue, parse};
use crate::Indicator;

/// Factors are kept in thousandths so that specs can be compared and hashed.
pub(super) const FACTOR_UNIT: u32 = 1_000;

/// The formula behind one or more columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Bar,
    Sma,
    Ema,
    Wma,
    Rsi,
    TrueRange,
    Atr,
    AtrPct,
    AtrSimple,
    AtrClose,
    Bollinger,
    Macd,
    Adx,
    Stochastic,
    Vwap,
    VwapAnchored,
    VwapDay,
    Mfi,
    Obv,
    Cci,
    Roc,
    WilliamsR,
    Stdev,
    RealisedVol,
    Donchian,
    VolSpike,
    MomentumBps,
    PxVsVwapBps,
    Rvol,
    Cvd,
    LogReturn,
}

/// An indicator with its parameters. Columns that share it are outputs of one computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndicatorSpec {
    kind: Kind,
    /// In the order of the name; factors in thousandths, unused places zero.
    params: [u32; 3],
}

impl IndicatorSpec {
    pub(super) fn new(kind: Kind, params: [u32; 3]) -> Self {
        Self { kind, params }
    }

    /// A fresh indicator for bars of the given length; only the realised volatility looks at the length.
    #[must_use]
    pub fn build(&self, bar_seconds: u32) -> Indicator {
        // Only Bollinger has a factor, in second place; everyone else ignores it.
        let factor = f64::from(self.params[1]) / f64::from(FACTOR_UNIT);
        Indicator::new(self.kind, self.bars(), factor, bar_seconds)
    }

    fn bars(&self) -> [usize; 3] {
        self.params.map(|p| p as usize)
    }
}

/// One column: an indicator and one of its outputs. `Display` gives the canonical name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnSpec {
    indicator: IndicatorSpec,
    output: u8,
}

impl ColumnSpec {
    pub(super) fn new(indicator: IndicatorSpec, output: u8) -> Self {
        Self { indicator, output }
    }

    /// Reads a column name or alias.
    ///
    /// # Errors
    /// When the name is unknown, its parameters do not fit the pattern or one is out of range; the error says which and
    /// suggests the nearest known name.
    pub fn parse(name: &str) -> Result<Self, ParseColumnError> {
        parse::column(name)
    }

    /// The computation this column is an output of.
    #[must_use]
    pub fn indicator(&self) -> IndicatorSpec {
        self.indicator
    }

    /// Which output of the indicator it is.
    #[must_use]
    pub fn output(&self) -> u8 {
        self.output
    }

    /// Index of the first bar with a value, provided all bars are usable.
    #[must_use]
    pub fn warmup(&self) -> usize {
        (self.entry().warmup_of)(self.indicator.bars())
    }

    /// Number of last bars, the current one included, that determine a value to the bit, provided all are usable;
    /// `None` when the whole history matters.
    #[must_use]
    pub fn memory(&self) -> Option<usize> {
        self.entry().memory_of.map(|memory| memory(self.indicator.bars()))
    }

    /// The catalogue row this column is an instance of.
    #[must_use]
    pub fn entry(&self) -> &'static CatalogueEntry {
        let is_mine = |entry: &&CatalogueEntry| entry.kind == self.indicator.kind && entry.output == self.output;
        catalogue().iter().find(is_mine).expect("specs are made from catalogue rows only")
    }
}

impl fmt::Display for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.entry();
        f.write_str(entry.stem)?;
        for (param, value) in entry.params.iter().zip(self.indicator.params) {
            match param {
                Param::Bars { .. } => write!(f, "_{value}")?,
                Param::Factor { .. } => write!(f, "_{}", f64::from(value) / f64::from(FACTOR_UNIT))?,
            }
        }
        Ok(())
    }
}

impl FromStr for ColumnSpec {
    type Err = ParseColumnError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::parse(name)
    }
}
