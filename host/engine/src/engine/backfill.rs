//! Imports the past of an instrument onto its log, so that rings and columns are warm before live data flows.

use std::collections::BTreeMap;

use sconce_domain::ports::History;
use sconce_domain::{Bar, Instrument, InstrumentIndex, Nanos, Payload, Timeframe};

use super::Engine;
use crate::error::EngineError;
use crate::worker::Arrival;

/// Events per message, so that a queue of messages stays small in memory.
const CHUNK: usize = 4_096;

impl Engine {
    /// Imports as many bars of each timeframe as the market keeps, and the minutes since the longest open bucket began, up to `now`.
    pub(super) async fn import(
        &self,
        history: &dyn History,
        instruments: &[Instrument],
        timeframes: &[Timeframe],
        now: Nanos,
    ) -> Result<(), EngineError> {
        let mut arrivals = Vec::new();
        for instrument in instruments {
            for timeframe in Timeframe::ALL.into_iter().filter(|tf| *tf == Timeframe::M1 || timeframes.contains(tf)) {
                let bars = history.bars(instrument, timeframe, self.import_from(timeframe, now), now).await;
                let bars = bars.map_err(|error| {
                    EngineError::Request(sconce_domain::error::Failure::new(
                        sconce_domain::ErrorKind::Unavailable,
                        format!("history of {instrument} {timeframe}: {error}"),
                    ))
                })?;
                arrivals.extend(bars.into_iter().filter_map(|bar| self.arrival(instrument, bar)));
            }
        }
        let ends = self.ends(&arrivals);
        // Shorter bars first at the same moment, as live operation closes them.
        arrivals.sort_by_key(|arrival| (arrival.ts_init, arrival.instrument, timeframe_of(arrival)));
        let mut arrivals = arrivals.into_iter().peekable();
        while arrivals.peek().is_some() {
            let chunk = arrivals.by_ref().take(CHUNK).collect();
            self.router.route(chunk, None).await.map_err(|_| EngineError::WorkerStopped(0))?;
        }
        self.router.route(ends, None).await.map_err(|_| EngineError::WorkerStopped(0))
    }

    /// Ticks that say how far the imports are whole: live data goes on from there, so open buckets count as covered.
    fn ends(&self, arrivals: &[Arrival]) -> Vec<Arrival> {
        let mut newest: BTreeMap<InstrumentIndex, (Nanos, Nanos)> = BTreeMap::new();
        for arrival in arrivals {
            let end = newest.entry(arrival.instrument).or_insert((arrival.ts_event, arrival.ts_init));
            *end = (end.0.max(arrival.ts_event), end.1.max(arrival.ts_init));
        }
        let tick =
            |(instrument, (ts_event, ts_init))| Arrival { instrument, ts_event, ts_init, payload: Payload::Tick };
        newest.into_iter().map(tick).collect()
    }

    fn arrival(&self, instrument: &Instrument, bar: Bar) -> Option<Arrival> {
        let index = self.index_of(&instrument.id())?;
        let ts_event = bar.ts_close();
        // When it was available is an assumption, and its source marks it as one.
        let ts_init = ts_event + self.policy.grace;
        Some(Arrival { instrument: index, ts_event, ts_init, payload: Payload::Bar(bar) })
    }

    fn import_from(&self, timeframe: Timeframe, now: Nanos) -> Nanos {
        let kept = i64::try_from(self.policy.ring).unwrap_or(i64::MAX);
        let from = timeframe.bucket(now) - timeframe.nanos().saturating_mul(kept);
        // The open day is made whole from its minutes.
        if timeframe == Timeframe::M1 { from.min(Timeframe::D1.bucket(now)) } else { from }
    }
}

fn timeframe_of(arrival: &Arrival) -> Option<Timeframe> {
    match &arrival.payload {
        Payload::Bar(bar) => Some(bar.timeframe),
        _ => None,
    }
}
