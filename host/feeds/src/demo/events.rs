//! The events of a minute: every trade, and the quote that it leaves behind.

use sconce_domain::ports::{FeedEvent, Resume};
use sconce_domain::time::MINUTE;
use sconce_domain::{Nanos, Payload, Quote, TakerSide, Trade};

use super::cell::Cell;
use super::market::Book;
use super::trades::Print;

/// Trade numbers: the minute since the epoch, then 16 bits for the position within it.
const ID_BITS: u32 = 16;

/// Makes the events of one instrument minute by minute; remembers the present hour.
#[derive(Debug)]
pub(super) struct Tape {
    instrument: u32,
    book: Book,
    hour: i64,
    minutes: Vec<Cell>,
    /// Trades up to this number are on the log already.
    after_trade: u64,
    /// The quote of that last trade is not.
    owes_quote: bool,
}

impl Tape {
    pub(super) fn new(instrument: u32, book: Book, resume: &Resume) -> Self {
        Tape {
            instrument,
            book,
            hour: i64::MIN,
            minutes: Vec::new(),
            after_trade: resume.last_trade_id.unwrap_or(0),
            // Trade and quote alternate, so an odd count ends with a trade.
            owes_quote: resume.events % 2 == 1,
        }
    }

    /// Appends what happens in a minute, in order of time.
    pub(super) fn minute(&mut self, minute: i64, out: &mut Vec<FeedEvent>) {
        let hour = minute.div_euclid(60);
        if hour != self.hour {
            self.minutes = self.book.minutes_of(hour);
            self.hour = hour;
        }
        let cell = self.minutes[minute.rem_euclid(60) as usize];
        let quotes = self.book.quote.child(minute);
        for (index, print) in self.book.prints(minute, &cell).iter().enumerate() {
            let id = ((minute as u64) << ID_BITS) + index as u64;
            if id < self.after_trade {
                continue;
            }
            let ts = Nanos(minute * MINUTE + print.offset);
            let mut push =
                |payload| out.push(FeedEvent { instrument: self.instrument, ts_event: ts, ts_init: ts, payload });
            let logged = id == self.after_trade;
            if !logged {
                push(Payload::Trade(self.book.trade(print, id)));
            }
            if !logged || self.owes_quote {
                push(Payload::Quote(self.book.quote(print, quotes.word(index as i64), cell.range())));
            }
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
