//! One instrument as it stands at this moment: what views show that need not wait for a bar to close.

use sconce_domain::error::Failure;
use sconce_domain::ports::{Present, PresentFrame};
use sconce_domain::{InstrumentId, InstrumentIndex, Timeframe};
use sconce_market::Market;

use crate::engine::Engine;
use crate::error::EngineError;

/// The timeframes of a present.
const FRAMES: [Timeframe; 3] = [Timeframe::M1, Timeframe::M5, Timeframe::M15];
/// Bars of a tail.
const TAIL: usize = 3;

impl Engine {
    /// The present of an instrument, read from its worker in one go; whether its feed lives by the wall clock is the
    /// caller's to know.
    pub async fn present(&self, instrument: &InstrumentId) -> Result<Present, EngineError> {
        let unknown = || EngineError::Request(Failure::not_found(format!("instrument {instrument} is not known")));
        let index = self.index_of(instrument).ok_or_else(unknown)?;
        let id = instrument.clone();
        let present = self.look(index, move |fold| read(fold.market(), index, id)).await?;
        Ok(Present { market_time: self.market_time(), ..present })
    }
}

fn read(market: &Market, index: InstrumentIndex, instrument: InstrumentId) -> Present {
    let counters = market.counters(index);
    Present {
        instrument,
        market_time: None,
        wall_clock: false,
        trades_cached: market.trades_kept(index) as u64,
        last_trade: market.last_trade(index),
        quote: market.quote(index),
        late_trades: counters.late_trades,
        frames: FRAMES.map(|timeframe| PresentFrame {
            gaps: counters.gaps[timeframe.index()],
            ..frame(market, index, timeframe)
        }),
    }
}

fn frame(market: &Market, index: InstrumentIndex, timeframe: Timeframe) -> PresentFrame {
    let final_until = market.bars(index, timeframe).next_back().map(sconce_domain::Bar::ts_close);
    let forming = market.forming(index, timeframe).filter(|bar| final_until.is_none_or(|end| end <= bar.ts_open));
    let mut tail: Vec<_> = market.bars(index, timeframe).rev().take(TAIL).copied().collect();
    tail.reverse();
    tail.extend(forming);
    tail.drain(..tail.len().saturating_sub(TAIL));
    let tile = market.tile(index, timeframe);
    PresentFrame {
        timeframe,
        bars: (market.bars_kept(index, timeframe) + usize::from(forming.is_some())) as u64,
        tail,
        final_until,
        gaps: 0,
        mom_bps: tile.mom_bps,
        px_vs_vwap_bps: tile.px_vs_vwap_bps,
        rvol: tile.rvol,
        atr: tile.atr,
    }
}
