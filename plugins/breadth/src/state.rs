//! The newest values of each instrument. This is all that a snapshot holds.

use sconce_sdk::Instrument;
use serde::{Deserialize, Serialize};

/// The newest row of one instrument.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newest {
    /// Time of the row, nanoseconds.
    pub ts: i64,
    /// Close.
    pub close: Option<f64>,
    /// 20-bar mean.
    pub sma_20: Option<f64>,
    /// 50-bar mean.
    pub sma_50: Option<f64>,
}

/// All instruments of the deployment, by position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Universe {
    /// Ids, so that a snapshot cannot be given to other instruments.
    ids: Vec<String>,
    newest: Vec<Option<Newest>>,
}

/// How many instruments stand where.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Above their 50-bar mean.
    pub above: u32,
    /// With a close and a 50-bar mean that are not stale.
    pub counted: u32,
    /// All.
    pub all: u32,
}

impl Count {
    /// `above / counted`; absent when none counts.
    pub fn share(&self) -> Option<f64> {
        (self.counted > 0).then(|| f64::from(self.above) / f64::from(self.counted))
    }

    /// `counted / all`; 0 without instruments.
    pub fn coverage(&self) -> f64 {
        if self.all == 0 { 0.0 } else { f64::from(self.counted) / f64::from(self.all) }
    }
}

impl Universe {
    /// Nothing known yet.
    pub fn new(instruments: &[Instrument]) -> Self {
        let ids: Vec<String> = instruments.iter().map(|instrument| instrument.id.clone()).collect();
        Universe { newest: vec![None; ids.len()], ids }
    }

    /// Whether it is of these instruments, in this order.
    pub fn is_of(&self, instruments: &[Instrument]) -> bool {
        self.newest.len() == self.ids.len() && self.ids.iter().eq(instruments.iter().map(|instrument| &instrument.id))
    }

    /// Keeps the newest row of an instrument; tells whether there is such an instrument.
    pub fn take(&mut self, instrument: usize, newest: Newest) -> bool {
        match self.newest.get_mut(instrument) {
            Some(place) => {
                *place = Some(newest);
                true
            }
            None => false,
        }
    }

    /// Counts the rows of `oldest` or later.
    pub fn count(&self, oldest: i64) -> Count {
        let mut count = Count::default();
        for newest in &self.newest {
            count.all += 1;
            if let Some(Newest { ts, close: Some(close), sma_50: Some(mean), .. }) = newest
                && *ts >= oldest
            {
                count.counted += 1;
                count.above += u32::from(close > mean);
            }
        }
        count
    }

    /// The 20-bar and 50-bar means of an instrument, of `oldest` or later.
    pub fn means(&self, instrument: usize, oldest: i64) -> Option<(f64, f64)> {
        let newest = self.newest.get(instrument)?.filter(|newest| newest.ts >= oldest)?;
        Some((newest.sma_20?, newest.sma_50?))
    }
}
