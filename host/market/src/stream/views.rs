//! Reading an instrument without changing it.

use sconce_domain::{Bar, Instrument, Nanos, Quote, Timeframe, Trade};

use super::{PUBLISHED_PRICE, Stream};
use crate::answers::Standing;
use crate::columns::ForecastColumn;

impl Stream {
    pub(crate) fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// The bucket that is open now, flagged as incomplete.
    pub(crate) fn forming(&self, timeframe: Timeframe) -> Option<Bar> {
        let frame = &self.frames[timeframe.index()];
        let newest = self.flow.newest_unfolded().map(|ts| timeframe.bucket(ts));
        let ts_open = newest.max(frame.open.as_ref().map(|open| open.ts_open))?;
        let mut total = frame.open.as_ref().filter(|open| open.ts_open == ts_open).map(|open| open.cell);
        if let Some(cell) = self.flow.unfolded(ts_open, ts_open + timeframe.nanos()) {
            cell.merge_into(&mut total);
        }
        let partial = !self.coverage.covers(ts_open, ts_open + timeframe.nanos(), frame.import_from);
        total.map(|cell| Bar { complete: false, partial, ..cell.bar(timeframe, ts_open) })
    }

    pub(crate) fn bars(&self, timeframe: Timeframe) -> impl DoubleEndedIterator<Item = &Bar> + ExactSizeIterator {
        self.frames[timeframe.index()].ring.iter().map(|kept| kept.newest())
    }

    pub(crate) fn trades(&self) -> impl DoubleEndedIterator<Item = &(Nanos, Trade)> + ExactSizeIterator {
        self.tape.iter()
    }

    pub(crate) fn last_trade(&self) -> Option<&(Nanos, Trade)> {
        self.tape.newest()
    }

    /// The newest price and its time: of a trade, else as the source published it.
    pub(crate) fn last_price(&self) -> Option<(Nanos, f64)> {
        let traded = self.tape.newest().map(|(at, trade)| (*at, trade.price));
        traded.or_else(|| self.series.newest_point(PUBLISHED_PRICE))
    }

    pub(crate) fn standing(&self, column: &ForecastColumn, ts: Nanos) -> Option<Standing> {
        self.answers.standing(column, ts)
    }

    pub(crate) fn quote(&self) -> Option<&(Nanos, Quote)> {
        self.quote.as_ref()
    }
}
