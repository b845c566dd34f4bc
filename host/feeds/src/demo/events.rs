//! The events of a minute: every trade, and the quote that it leaves behind.

use sconce_domain::ports::{FeedEvent, Resume};
use sconce_domain::time::MINUTE;
use sconce_domain::{Nanos, Payload, Quote, TakerSide, Trade};

use super::cell::Cell;
use super::market::Book;
use super::trades::Print;

/// Trade numbers: the minute since the epoch, then 16 bits for the position within it.
const ID_BITS: u32 = 16;

/// Nanoseconds after a trade at which its quote is seen; trades are further apart than that.
const QUOTE_DELAY: i64 = 1_000;

/// Makes the events of one instrument minute by minute; remembers the present hour.
#[derive(Debug)]
pub(super) struct Tape {
    instrument: u32,
    book: Book,
    hour: i64,
    minutes: Vec<Cell>,
    /// Everything up to this time is on the log already.
    after: Nanos,
}

impl Tape {
    pub(super) fn new(instrument: u32, book: Book, resume: &Resume) -> Self {
        let mut tape = Tape { instrument, book, hour: i64::MIN, minutes: Vec::new(), after: Nanos::MIN };
        tape.after = tape.logged_until(resume).unwrap_or(Nanos::MIN);
        tape
    }

    /// Up to where the stream is on the log. The last trade tells, for bars of the history may be newer than it.
    pub(super) fn logged_until(&mut self, resume: &Resume) -> Option<Nanos> {
        let Some(id) = resume.last_trade_id else { return resume.last_ts_event };
        let minute = i64::try_from(id >> ID_BITS).ok()?;
        let index = (id & ((1 << ID_BITS) - 1)) as usize;
        // A number of another market or of other options names no trade here.
        let Some(print) = self.prints(minute).get(index).copied() else { return resume.last_ts_event };
        let at = Nanos(minute.saturating_mul(MINUTE)) + print.offset;
        match resume.last_ts_event {
            Some(last) if last < at => Some(last),
            Some(last) if last > at => Some(at + QUOTE_DELAY),
            _ => Some(at),
        }
    }

    /// The bar of a minute.
    fn cell(&mut self, minute: i64) -> Cell {
        let hour = minute.div_euclid(60);
        if hour != self.hour {
            self.minutes = self.book.minutes_of(hour);
            self.hour = hour;
        }
        self.minutes[minute.rem_euclid(60) as usize]
    }

    fn prints(&mut self, minute: i64) -> Vec<Print> {
        let cell = self.cell(minute);
        self.book.prints(minute, &cell)
    }

    /// Appends what happens in a minute, in order of time.
    pub(super) fn minute(&mut self, minute: i64, out: &mut Vec<FeedEvent>) {
        let cell = self.cell(minute);
        let quotes = self.book.quote.child(minute);
        for (index, print) in self.prints(minute).iter().enumerate() {
            let at = Nanos(minute * MINUTE + print.offset);
            let mut push = |ts: Nanos, payload| {
                if ts > self.after {
                    out.push(FeedEvent { instrument: self.instrument, ts_event: ts, ts_init: ts, payload });
                }
            };
            let id = ((minute as u64) << ID_BITS) + index as u64;
            push(at, Payload::Trade(self.book.trade(print, id)));
            let quote = self.book.quote(print, quotes.word(index as i64), cell.range());
            push(at + QUOTE_DELAY, Payload::Quote(quote));
        }
    }
}

impl Book {
    fn trade(&self, print: &Print, id: u64) -> Trade {
        Trade {
            price: print.price as f64 * self.tick,
            size: print.size as f64 * self.unit,
            side: if print.bought { TakerSide::Buy } else { TakerSide::Sell },
            id,
        }
    }

    /// A taker who bought paid the ask, one who sold took the bid; lively minutes have wider spreads.
    fn quote(&self, print: &Print, word: u64, range: i64) -> Quote {
        let spread = 1 + (word & 3) as i64 + range / 64;
        let (bid, ask) =
            if print.bought { (print.price - spread, print.price) } else { (print.price, print.price + spread) };
        let size = |bits: u64| (1 + print.size / 2 + print.size * (bits & 0xff) as i64 / 64) as f64 * self.unit;
        Quote {
            bid: bid.max(1) as f64 * self.tick,
            bid_size: size(word >> 8),
            ask: ask.max(2) as f64 * self.tick,
            ask_size: size(word >> 16),
        }
    }
}
