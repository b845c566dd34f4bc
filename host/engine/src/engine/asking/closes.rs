//! Which closes there is something to ask about: those of buckets in which something traded or a bar ended. Stretches of
//! silence have none, however long they are.

use std::collections::BTreeSet;

use sconce_domain::{Nanos, Payload, Timeframe, TimeframeSet};

use crate::worker::Arrival;

/// Closes of one timeframe.
#[derive(Debug)]
struct Frame {
    timeframe: Timeframe,
    /// Ends of buckets that hold something, not asked about yet.
    waiting: BTreeSet<Nanos>,
    /// The newest that was asked about.
    passed: Nanos,
}

impl Frame {
    /// A frame at whose start market time has come to `reached`: the newest whole bucket and the open one may hold something.
    fn new(timeframe: Timeframe, grace: i64, reached: Option<Nanos>) -> Self {
        let Some(reached) = reached else { return Frame { timeframe, waiting: BTreeSet::new(), passed: Nanos::MIN } };
        let newest = timeframe.bucket(reached - grace);
        let waiting = [newest, newest + timeframe.nanos()].into();
        Frame { timeframe, waiting, passed: newest - 1 }
    }

    fn note(&mut self, inside: Nanos) {
        let close = self.timeframe.bucket(inside) + self.timeframe.nanos();
        if close > self.passed {
            self.waiting.insert(close);
        }
    }
}

/// Something to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    /// The close.
    pub(super) close: Nanos,
    /// The first moment at which every bar that ends there is over, and its row made.
    pub(super) moment: Nanos,
    /// Timeframes of those bars, shortest first.
    pub(super) timeframes: Vec<Timeframe>,
}

/// Closes of all timeframes that somebody can be asked about.
#[derive(Debug)]
pub(super) struct Closes {
    grace: i64,
    frames: Vec<Frame>,
    /// The earliest that waits.
    next: Option<Nanos>,
    /// The minute of market time in which timeframes were looked up last.
    minute: Option<Nanos>,
}

impl Closes {
    pub(super) fn new(grace: i64) -> Self {
        Closes { grace, frames: Vec::new(), next: None, minute: None }
    }

    /// Whether market time is in another minute than when this was asked last.
    pub(super) fn is_new_minute(&mut self, now: Option<Nanos>) -> bool {
        let minute = now.map(|now| Timeframe::M1.bucket(now));
        minute.is_some() && std::mem::replace(&mut self.minute, minute) != minute
    }

    /// Has exactly these timeframes from now on; those that were there go on.
    pub(super) fn follow(&mut self, timeframes: TimeframeSet, reached: Option<Nanos>) {
        let known: TimeframeSet = self.frames.iter().map(|frame| frame.timeframe).collect();
        if known == timeframes {
            return;
        }
        self.frames.retain(|frame| timeframes.contains(frame.timeframe));
        for timeframe in timeframes.iter().filter(|timeframe| !known.contains(*timeframe)) {
            self.frames.push(Frame::new(timeframe, self.grace, reached));
        }
        self.frames.sort_by_key(|frame| frame.timeframe);
        self.refresh();
    }

    /// Takes note of what came in. What is dated after its arrival counts as of then.
    pub(super) fn note(&mut self, arrival: &Arrival) {
        if self.frames.is_empty() {
            return;
        }
        let (inside, shortest) = match &arrival.payload {
            Payload::Trade(_) => (arrival.ts_event, Timeframe::M1),
            Payload::Bar(bar) => (bar.ts_open, bar.timeframe),
            _ => return,
        };
        let inside = inside.min(arrival.ts_init);
        if inside < Nanos(0) {
            return;
        }
        for frame in self.frames.iter_mut().filter(|frame| frame.timeframe >= shortest) {
            frame.note(inside);
        }
        self.refresh();
    }

    /// The earliest close that is over at `now`; it is due no more.
    pub(super) fn take(&mut self, now: Nanos) -> Option<Due> {
        let close = self.next?;
        let moment = close + self.grace + 1;
        if moment > now {
            return None;
        }
        let mut timeframes = Vec::new();
        for frame in &mut self.frames {
            if frame.waiting.remove(&close) {
                frame.passed = frame.passed.max(close);
                timeframes.push(frame.timeframe);
            }
        }
        self.refresh();
        Some(Due { close, moment, timeframes })
    }

    fn refresh(&mut self) {
        self.next = self.frames.iter().filter_map(|frame| frame.waiting.first().copied()).min();
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::time::{DAY, HOUR, MINUTE, SECOND};
    use sconce_domain::{InstrumentIndex, TakerSide, Trade};

    use super::*;

    fn trade(ts_event: i64, ts_init: i64) -> Arrival {
        let payload = Payload::Trade(Trade { price: 1.0, size: 1.0, side: TakerSide::Buy, id: 1 });
        Arrival { instrument: InstrumentIndex(0), ts_event: Nanos(ts_event), ts_init: Nanos(ts_init), payload }
    }

    /// Closes that are asked about, in minutes with their timeframes, when these trades (event and arrival, in seconds) come.
    fn check(reached: Option<i64>, trades: &[(i64, i64)], until: i64, expected: &[(i64, &str)]) {
        let mut closes = Closes::new(2 * SECOND);
        closes.follow([Timeframe::M5, Timeframe::H1].into_iter().collect(), reached.map(|at| Nanos(at * SECOND)));
        let mut asked = Vec::new();
        let mut pass = |closes: &mut Closes, now: i64| {
            while let Some(due) = closes.take(Nanos(now)) {
                assert_eq!(due.moment, due.close + 2 * SECOND + 1);
                let names: Vec<&str> = due.timeframes.iter().map(|timeframe| timeframe.as_str()).collect();
                asked.push((due.close.0 / MINUTE, names.join(" ")));
            }
        };
        for (ts_event, ts_init) in trades {
            pass(&mut closes, ts_init * SECOND);
            closes.note(&trade(ts_event * SECOND, ts_init * SECOND));
        }
        pass(&mut closes, until * SECOND);
        let expected: Vec<(i64, String)> =
            expected.iter().map(|(close, names)| (*close, (*names).to_owned())).collect();
        assert_eq!(asked, expected, "{reached:?} {trades:?}");
    }

    #[test]
    fn closes_are_asked_about_once_when_they_are_over() {
        check(None, &[], 9_000, &[]);
        check(None, &[(10, 10)], 302, &[]);
        check(None, &[(10, 10)], 303, &[(5, "5m")]);
        check(None, &[(10, 10), (290, 290), (310, 310)], 303, &[(5, "5m")]);
        // Both end at the hour.
        check(None, &[(3_500, 3_500)], 3_603, &[(60, "5m 1h")]);
        // The bucket of a late print was asked about.
        check(None, &[(10, 10), (310, 310), (299, 311)], 900, &[(5, "5m"), (10, "5m")]);
        // What is dated into the future counts as of its arrival.
        check(None, &[(99_999_999, 10)], 303, &[(5, "5m")]);
        check(None, &[(-5, 10)], 303, &[]);
    }

    #[test]
    fn a_start_asks_about_the_newest_whole_bucket_and_the_open_one() {
        check(Some(700), &[], 9_000, &[(0, "1h"), (10, "5m"), (15, "5m"), (60, "1h")]);
        check(Some(602), &[], 603, &[(0, "1h"), (10, "5m")]);
        check(Some(601), &[], 602, &[(0, "1h"), (5, "5m")]);
    }

    #[test]
    fn years_of_silence_ask_nothing() {
        let years = 5 * 365 * DAY / SECOND;
        let hour = HOUR / SECOND;
        check(
            None,
            &[(10, 10), (years, years)],
            years + hour + 3,
            &[(5, "5m"), (60, "1h"), ((years + 300) / 60, "5m"), ((years + hour) / 60, "1h")],
        );
    }
}
