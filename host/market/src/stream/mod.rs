//! Everything the fold knows of one instrument. The parts: trades, imports, closings, rows.

mod closing;
mod imports;
mod late;
mod outages;
mod rows;
mod trades;
mod views;

use sconce_domain::bar::GapPolicy;
use sconce_domain::time::MINUTE;
use sconce_domain::{Instrument, InstrumentIndex, ModelAnswer, Nanos, Quote, SeriesPoint, Timeframe, TimeframeSet};
use serde::{Deserialize, Serialize};

use crate::answers::AnswerBook;
use crate::columns::Source;
use crate::counters::Counters;
use crate::coverage::Coverage;
use crate::flow::Flow;
use crate::frame::Frame;
use crate::policy::BarPolicy;
use crate::series::SeriesBook;
use crate::sink::MarketSink;
use crate::tape::Tape;
use crate::timers::Timers;
use rows::{Past, Slot};

/// When something is due: a time, and whether it waits for everything else of that time.
pub(crate) type Due = (i64, u8);

/// Due before any event of its time: closings and timers of a stream of trades.
pub(crate) const BEFORE: u8 = 0;
/// Due after every event of its time: rows of imported bars, of which several may come at once.
pub(crate) const AFTER: u8 = 1;
/// Nothing is due.
pub(crate) const NEVER: Due = (i64::MAX, u8::MAX);

/// The series of a source that publishes prices and no trades: it stands for the newest trade where there is none.
pub(crate) const PUBLISHED_PRICE: &str = "price";

/// What a stream is handed with every call.
pub(crate) struct Context<'a> {
    pub(crate) policy: &'a BarPolicy,
    pub(crate) sink: &'a mut dyn MarketSink,
}

/// Imported bars whose row waits for the end of their moment.
#[derive(Copy, Clone, Debug, Serialize, Deserialize)]
struct Pending {
    ts: Nanos,
    closed: TimeframeSet,
}

/// One instrument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stream {
    index: InstrumentIndex,
    instrument: Instrument,
    frames: Vec<Frame>,
    flow: Flow,
    tape: Tape,
    quote: Option<(Nanos, Quote)>,
    series: SeriesBook,
    answers: AnswerBook,
    coverage: Coverage,
    pending: Option<Pending>,
    columns: Vec<Source>,
    slots: Vec<Slot>,
    past: Past,
    subscribed: TimeframeSet,
    timers: Timers,
    last_row: Nanos,
    due: Due,
    pub(crate) counters: Counters,
    /// Room for the values of a row, kept to save allocations.
    #[serde(skip)]
    scratch: Vec<f64>,
}

impl Stream {
    pub(crate) fn new(index: InstrumentIndex, instrument: &Instrument, policy: &BarPolicy) -> Self {
        Stream {
            index,
            instrument: instrument.clone(),
            frames: Timeframe::ALL.into_iter().map(|timeframe| Frame::new(timeframe, policy.ring)).collect(),
            flow: Flow::new(),
            tape: Tape::new(policy.trades_kept),
            quote: None,
            series: SeriesBook::new(policy.ring),
            answers: AnswerBook::default(),
            coverage: Coverage::default(),
            pending: None,
            columns: Vec::new(),
            slots: Vec::new(),
            past: Past::new(policy.ring),
            subscribed: TimeframeSet::EMPTY,
            timers: Timers::default(),
            last_row: Nanos::MIN,
            due: NEVER,
            counters: Counters::default(),
            scratch: Vec::new(),
        }
    }

    pub(crate) fn due(&self) -> Due {
        self.due
    }

    pub(crate) fn set_triggers(&mut self, policy: &BarPolicy, timeframes: TimeframeSet, seconds: &[u32]) {
        self.subscribed = timeframes;
        self.timers.set(seconds);
        self.refresh_due(policy);
    }

    /// A tick of this very instrument: what was imported is whole up to `ts`, and live data goes on from there.
    pub(crate) fn on_own_tick(&mut self, ts: Nanos) {
        if !self.coverage.building {
            self.coverage.imports_to = self.coverage.imports_to.map(|to| to.max(ts));
        }
        self.on_tick(ts);
    }

    /// A watermark: nothing earlier than `ts` will follow.
    pub(crate) fn on_tick(&mut self, ts: Nanos) {
        if self.coverage.live_from.is_none() && !self.coverage.ended {
            self.coverage.live_from = Some(ts);
        }
    }

    pub(crate) fn on_quote(&mut self, ctx: &mut Context<'_>, ts_event: Nanos, t: Nanos, quote: Quote) {
        let sizes = [quote.bid_size, quote.ask_size];
        let possible = [quote.bid, quote.ask].iter().all(|price| price.is_finite() && *price > 0.0)
            && sizes.iter().all(|size| size.is_nan() || (size.is_finite() && *size >= 0.0));
        if !possible {
            self.counters.dropped += 1;
            return;
        }
        self.resume(ctx, ts_event, t);
        self.coverage.armed = true;
        if self.quote.as_ref().is_none_or(|(newest, _)| *newest <= ts_event) {
            self.quote = Some((ts_event, quote));
        }
        self.touch(ctx.policy, t);
    }

    pub(crate) fn on_series(&mut self, policy: &BarPolicy, ts_event: Nanos, t: Nanos, point: &SeriesPoint) {
        if self.series.push(ts_event, t, point) {
            self.coverage.armed |= point.name == PUBLISHED_PRICE;
            self.touch(policy, t);
        } else {
            self.counters.dropped += 1;
        }
    }

    pub(crate) fn on_answer(&mut self, policy: &BarPolicy, t: Nanos, answer: &ModelAnswer) {
        if self.answers.push(t, answer) {
            self.touch(policy, t);
        } else {
            self.counters.dropped += 1;
        }
    }

    /// The feed ended: rows of imported bars need not wait any longer, and what is open stays open.
    pub(crate) fn on_end(&mut self, ctx: &mut Context<'_>) {
        if let Some(pending) = self.pending {
            self.fire(ctx, (pending.ts.0, AFTER));
        }
        self.coverage.ended = true;
        self.coverage.mend(None, Nanos::MIN);
        self.coverage.live_from = None;
        self.refresh_due(ctx.policy);
    }

    /// A live event came in: the stream reaches back to it, and a feed that had ended goes on.
    fn resume(&mut self, ctx: &mut Context<'_>, ts_event: Nanos, t: Nanos) {
        // An old print that is sent at connect says nothing about the time since.
        let from = if ts_event + ctx.policy.grace >= t { ts_event } else { t };
        if self.coverage.ended {
            self.coverage.ended = false;
            self.coverage.live_from = Some(from);
            self.forget_imports();
            self.settle(ctx, t);
        }
        if self.coverage.live_from.is_none_or(|live| from < live) {
            self.coverage.extend(from);
        }
    }

    fn forget_imports(&mut self) {
        self.coverage.imports_to = None;
        self.frames.iter_mut().for_each(|frame| frame.import_from = None);
    }

    /// Something came in: timers may run again.
    fn touch(&mut self, policy: &BarPolicy, t: Nanos) {
        if self.coverage.armed && self.timers.touch(t) {
            self.refresh_due(policy);
        }
    }

    /// End of the next bucket that has to be closed by time.
    fn due_end(&self, policy: &BarPolicy) -> Option<Nanos> {
        if !self.coverage.building || self.coverage.ended {
            return None;
        }
        let settled = |end: &Nanos| self.coverage.is_settled(*end);
        let minute = self.flow.first_unfolded().map(|ts| ts.floor_to(MINUTE) + MINUTE);
        let fills = policy.gaps == GapPolicy::FillPrevClose;
        let of_frame = |frame: &Frame| {
            let fill = frame.ring.newest().filter(|_| fills && frame.fill_run < policy.ring);
            let fill_end = fill.map(|kept| kept.bar.ts_close() + frame.timeframe.nanos());
            earliest(frame.open_end(), fill_end)
        };
        self.frames.iter().map(of_frame).fold(minute, earliest).filter(settled)
    }

    pub(crate) fn refresh_due(&mut self, policy: &BarPolicy) {
        let closing = self.due_end(policy).map(|end| ((end + policy.grace).0, BEFORE));
        let pending = self.pending.map(|pending| (pending.ts.0, AFTER));
        let phase = if self.coverage.building { BEFORE } else { AFTER };
        let timer = self.timers.due().map(|due| (due.0, phase));
        self.due = [closing, pending, timer].into_iter().flatten().min().unwrap_or(NEVER);
    }
}

fn earliest(a: Option<Nanos>, b: Option<Nanos>) -> Option<Nanos> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
