//! Closed bars of an instrument, asked of its worker; what models and forecasters are fed.

use sconce_domain::error::Failure;
use sconce_domain::{Bar, InstrumentId, Timeframe};

use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// The newest closed bars of a timeframe that the market keeps, at most `most`, oldest first.
    pub async fn closed_bars(
        &self,
        instrument: &InstrumentId,
        timeframe: Timeframe,
        most: usize,
    ) -> Result<Vec<Bar>, EngineError> {
        let unknown = || EngineError::Request(Failure::not_found(format!("instrument {instrument} is not known")));
        let index = self.index_of(instrument).ok_or_else(unknown)?;
        let newest_first = move |fold: &crate::Fold| -> Vec<Bar> {
            fold.market().bars(index, timeframe).rev().take(most).copied().collect()
        };
        let mut bars = self.look(index, newest_first).await?;
        bars.reverse();
        Ok(bars)
    }
}
