//! What is said about a row, collected in order.

use crate::forecast::Forecast;
use crate::signal::Signal;

/// A signal or a forecast.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A signal.
    Signal(Signal),
    /// A forecast.
    Forecast(Forecast),
}

impl From<Signal> for Body {
    fn from(signal: Signal) -> Self {
        Body::Signal(signal)
    }
}

impl From<Forecast> for Body {
    fn from(forecast: Forecast) -> Self {
        Body::Forecast(forecast)
    }
}

/// One thing said.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Position of an instrument among those given to `create`; absent: the instance's own, or for universe scope
    /// the market as a whole.
    pub instrument: Option<u32>,
    /// What was said.
    pub body: Body,
}

/// Collects what is said about one row. Nothing of it counts when `on_row` then fails.
#[derive(Debug, Default)]
pub struct Outputs {
    said: Vec<Output>,
}

impl Outputs {
    /// Says something about the instance's own instrument, or for universe scope about the market as a whole.
    pub fn say(&mut self, body: impl Into<Body>) {
        self.said.push(Output { instrument: None, body: body.into() });
    }

    /// Says something about one of several instruments, by its position among those given to `create`.
    pub fn say_about(&mut self, instrument: usize, body: impl Into<Body>) {
        let instrument = u32::try_from(instrument).unwrap_or(u32::MAX);
        self.said.push(Output { instrument: Some(instrument), body: body.into() });
    }

    /// How many things were said so far.
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// Whether nothing was said so far.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.said.clear();
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Output> + '_ {
        self.said.drain(..)
    }

    pub(crate) fn as_slice(&self) -> &[Output] {
        &self.said
    }
}
