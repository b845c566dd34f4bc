//! The fold over all instruments of a worker: events in, bars and rows out, in order of time.

use sconce_domain::time::DAY;
use sconce_domain::{
    Bar, ColumnName, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, Quote, RowBlock, Timeframe, TimeframeSet,
    Trade, Trigger,
};
use serde::{Deserialize, Serialize};

use crate::answers::Standing;
use crate::columns::{ColumnError, ForecastColumn, MOST_COLUMNS, Source};
use crate::counters::Counters;
use crate::policy::{BarPolicy, FirstPartial};
use crate::sink::MarketSink;
use crate::stream::{AFTER, BEFORE, Context, Due, NEVER, Stream};
use crate::tile::{TILE_BARS, Tile};

/// Time ends here (2261), and begins as far before the epoch: past it, ends of buckets could not be told.
const LAST: Nanos = Nanos(i64::MAX - 400 * DAY);
pub(crate) const FIRST: Nanos = Nanos(-LAST.0);
/// Indices are given out one by one; one far beyond them is a mistake and is not registered.
const MOST_INSTRUMENTS: usize = 1 << 20;

/// State of the market as far as the events told it. Serialised as a whole, it goes on to the same bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Market {
    policy: BarPolicy,
    streams: Vec<Option<Box<Stream>>>,
    now: Nanos,
    next: Due,
    /// Whether some stream has not yet seen a first moment.
    uncovered: bool,
    unregistered: u64,
}

impl Market {
    /// An empty market.
    #[must_use]
    pub fn new(policy: BarPolicy) -> Self {
        Market {
            policy: policy.clamped(),
            streams: Vec::new(),
            now: FIRST,
            next: NEVER,
            uncovered: false,
            unregistered: 0,
        }
    }

    /// The policy in force.
    pub fn policy(&self) -> &BarPolicy {
        &self.policy
    }

    /// Time has come this far.
    pub fn now(&self) -> Nanos {
        self.now
    }

    /// Events about instruments that were never registered.
    pub fn unregistered(&self) -> u64 {
        self.unregistered
    }

    /// Makes room for an instrument. Registering it again changes nothing.
    pub fn register(&mut self, index: InstrumentIndex, instrument: &Instrument) {
        let at = index.0 as usize;
        if at >= MOST_INSTRUMENTS {
            return;
        }
        if at >= self.streams.len() {
            self.streams.resize_with(at + 1, || None);
        }
        let policy = &self.policy;
        self.streams[at].get_or_insert_with(|| Box::new(Stream::new(index, instrument, policy)));
        self.uncovered = true;
    }

    /// What was registered under an index.
    pub fn instrument(&self, index: InstrumentIndex) -> Option<&Instrument> {
        self.stream(index).map(Stream::instrument)
    }

    /// Gives the rows of an instrument exactly these columns, in this order. Columns that it had keep their state; new
    /// ones are warmed with the bars that are kept.
    ///
    /// # Errors
    /// When a name is unknown or misused, or there are too many; then nothing changes.
    pub fn set_columns(&mut self, index: InstrumentIndex, columns: &[ColumnName]) -> Result<(), ColumnError> {
        if columns.len() > MOST_COLUMNS {
            return Err(ColumnError::TooMany { count: columns.len(), limit: MOST_COLUMNS });
        }
        let sources = columns.iter().map(Source::parse).collect::<Result<Vec<_>, _>>()?;
        let stream = stream_mut(&mut self.streams, index).ok_or(ColumnError::Unregistered { index: index.0 })?;
        stream.set_columns(sources);
        Ok(())
    }

    /// Makes rows at the closes of these timeframes, and at multiples of these seconds when something came in since.
    pub fn set_triggers(&mut self, index: InstrumentIndex, timeframes: TimeframeSet, timers_seconds: &[u32]) {
        if let Some(stream) = stream_mut(&mut self.streams, index) {
            stream.set_triggers(&self.policy, timeframes, timers_seconds);
            self.next = self.next.min(stream.due());
        }
    }

    /// Takes one event in, after everything that is due at or before its `ts_init`. Time never runs backwards: an
    /// event that lies before the present counts as of the present. Control events are the caller's.
    ///
    /// A tick of no instrument says that live data of all is complete from its `ts_event` on. A tick of one instrument
    /// says besides that its imported bars are complete up to there: send one after importing what the live feed joins.
    pub fn step(&mut self, event: &InputEvent, sink: &mut dyn MarketSink) {
        let t = event.ts_init.clamp(self.now, LAST);
        if (t.0, BEFORE) >= self.next {
            self.fire_until(t, sink);
        }
        self.now = t;
        if event.instrument == InstrumentIndex::NONE {
            if event.payload == Payload::Tick {
                self.tick_all(event.ts_event.min(t));
            }
            return;
        }
        let Some(stream) = stream_mut(&mut self.streams, event.instrument) else {
            self.unregistered += u64::from(!matches!(event.payload, Payload::Control(_)));
            return;
        };
        if event.ts_event < FIRST {
            stream.counters.misdated += 1;
            return;
        }
        let mut ctx = Context { policy: &self.policy, sink };
        match &event.payload {
            Payload::Trade(trade) => stream.on_trade(&mut ctx, event.ts_event, t, *trade),
            Payload::Quote(quote) => stream.on_quote(&mut ctx, event.ts_event, t, *quote),
            Payload::Bar(bar) => stream.on_bar(&mut ctx, t, *bar),
            Payload::Series(point) => stream.on_series(&self.policy, event.ts_event, t, point),
            Payload::Tick => stream.on_own_tick(event.ts_event.min(t)),
            Payload::End => stream.on_end(&mut ctx),
            Payload::Outage(outage) => stream.on_outage(&mut ctx, event.ts_event, t, *outage),
            Payload::Answer(answer) => stream.on_answer(&self.policy, t, answer),
            Payload::Control(_) => {}
        }
        self.next = self.next.min(stream.due());
    }

    /// Time has come to `to`: does everything that is due by then.
    pub fn advance(&mut self, to: Nanos, sink: &mut dyn MarketSink) {
        let to = to.min(LAST);
        self.fire_until(to, sink);
        self.now = self.now.max(to);
    }

    /// Does everything that is due before `at`, rows that waited for the moment just before it to be over included.
    pub fn advance_before(&mut self, at: Nanos, sink: &mut dyn MarketSink) {
        let before = at - 1;
        self.fire((before.0, AFTER), sink);
        self.now = self.now.max(before);
    }

    /// Makes a row of the present values of one instrument, because somebody asked for it.
    pub fn row_on_demand(&mut self, index: InstrumentIndex, trigger: Trigger, sink: &mut dyn MarketSink) {
        let now = self.now;
        if let Some(stream) = stream_mut(&mut self.streams, index) {
            stream.make_row(&mut Context { policy: &self.policy, sink }, now, trigger);
        }
    }

    /// The values that a row of `ts` would hold, in the order of the columns, without making one.
    pub fn present_into(&self, index: InstrumentIndex, ts: Nanos, out: &mut Vec<f64>) {
        match self.stream(index) {
            Some(stream) => stream.values_into(&self.policy, ts, out),
            None => out.clear(),
        }
    }

    /// A timeframe at this moment, its open bucket included.
    pub fn tile(&self, index: InstrumentIndex, timeframe: Timeframe) -> Tile {
        let mut bars: Vec<Bar> = self.bars(index, timeframe).rev().take(TILE_BARS).copied().collect();
        bars.reverse();
        let newest = bars.last().map(|bar| bar.ts_open);
        bars.extend(self.forming(index, timeframe).filter(|bar| newest.is_none_or(|newest| newest < bar.ts_open)));
        let include = self.policy.first_partial == FirstPartial::Include;
        Tile::over(&bars, |bar| include || !bar.partial)
    }

    /// How many bars are kept, the open bucket not counted.
    pub fn bars_kept(&self, index: InstrumentIndex, timeframe: Timeframe) -> usize {
        self.stream(index).map_or(0, |stream| stream.bars(timeframe).len())
    }

    /// The open bucket, flagged as incomplete.
    pub fn forming(&self, index: InstrumentIndex, timeframe: Timeframe) -> Option<Bar> {
        self.stream(index)?.forming(timeframe)
    }

    /// The bars kept, newest revision of each, oldest first.
    pub fn bars(
        &self,
        index: InstrumentIndex,
        timeframe: Timeframe,
    ) -> impl DoubleEndedIterator<Item = &Bar> + use<'_> {
        self.stream(index).into_iter().flat_map(move |stream| stream.bars(timeframe))
    }

    /// The trades kept, in order of arrival, each with its event time.
    pub fn trades(&self, index: InstrumentIndex) -> impl DoubleEndedIterator<Item = &(Nanos, Trade)> + use<'_> {
        self.stream(index).into_iter().flat_map(Stream::trades)
    }

    /// How many trades are kept.
    pub fn trades_kept(&self, index: InstrumentIndex) -> usize {
        self.stream(index).map_or(0, |stream| stream.trades().len())
    }

    /// The newest trade by (event time, id), with its event time.
    pub fn last_trade(&self, index: InstrumentIndex) -> Option<(Nanos, Trade)> {
        self.stream(index)?.last_trade().copied()
    }

    /// The price of the newest trade, or the newest published price where the source gives no trades.
    pub fn last_price(&self, index: InstrumentIndex) -> Option<f64> {
        self.stream(index)?.last_price().map(|(_, price)| price)
    }

    /// The newest quote, with its event time.
    pub fn quote(&self, index: InstrumentIndex) -> Option<(Nanos, Quote)> {
        self.stream(index)?.quote().copied()
    }

    /// What a row of `ts` shows of a model's answers about an instrument.
    pub fn standing(&self, index: InstrumentIndex, column: &ForecastColumn, ts: Nanos) -> Option<Standing> {
        self.stream(index)?.standing(column, ts)
    }

    /// What was counted.
    pub fn counters(&self, index: InstrumentIndex) -> Counters {
        self.stream(index).map_or_else(Counters::default, |stream| stream.counters.clone())
    }

    /// The rows of the newest `count` closes of `timeframes`, oldest first, as live operation made or would have made
    /// them at `close + grace`. A number that was not kept is NaN.
    ///
    /// # Errors
    /// When the instrument is unknown, or a column is not among those set for it.
    pub fn warm_up_rows(
        &self,
        index: InstrumentIndex,
        columns: &[ColumnName],
        timeframes: TimeframeSet,
        count: usize,
    ) -> Result<RowBlock, ColumnError> {
        let stream = self.stream(index).ok_or(ColumnError::Unregistered { index: index.0 })?;
        let sources = columns.iter().map(Source::parse).collect::<Result<Vec<_>, _>>()?;
        if let Some(missing) = sources.iter().find(|source| !stream.has_column(source)) {
            return Err(ColumnError::NotSet { column: missing.to_string() });
        }
        Ok(stream.warm_up_rows(&self.policy, &sources, timeframes, count))
    }

    fn stream(&self, index: InstrumentIndex) -> Option<&Stream> {
        self.streams.get(index.0 as usize)?.as_deref()
    }

    /// Does what is due by `to`, moment by moment, and at one moment instrument by instrument.
    fn fire_until(&mut self, to: Nanos, sink: &mut dyn MarketSink) {
        self.fire((to.0, BEFORE), sink);
    }

    fn fire(&mut self, last: Due, sink: &mut dyn MarketSink) {
        let mut ctx = Context { policy: &self.policy, sink };
        while self.next <= last {
            let moment = self.next;
            // A late print or a backfilled bar can make a filled bar due in the past: it becomes known now.
            let at = (moment.0.max(self.now.0), moment.1);
            for stream in self.streams.iter_mut().flatten().filter(|stream| stream.due() <= moment) {
                stream.fire(&mut ctx, at);
            }
            self.next = next_due(&self.streams);
        }
    }

    fn tick_all(&mut self, ts: Nanos) {
        if std::mem::take(&mut self.uncovered) {
            self.streams.iter_mut().flatten().for_each(|stream| stream.on_tick(ts));
        }
    }
}

fn stream_mut(streams: &mut [Option<Box<Stream>>], index: InstrumentIndex) -> Option<&mut Stream> {
    streams.get_mut(index.0 as usize)?.as_deref_mut()
}

fn next_due(streams: &[Option<Box<Stream>>]) -> Due {
    streams.iter().flatten().map(|stream| stream.due()).min().unwrap_or(NEVER)
}
