//! The cases: a name, a sentence, and what happens in the place of each bar of the made market.

use sconce_domain::{Bar, Nanos, Timeframe};

use crate::made::{bar, scaled};
use crate::watch::Hide;

/// What comes in the place of one bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Happening {
    /// A bar, so many nanoseconds later than it is due.
    Bar {
        /// The bar.
        bar: Bar,
        /// Nanoseconds.
        late: i64,
    },
    /// Nothing; time passes.
    Nothing {
        /// The close of the bar that does not come.
        until: Nanos,
    },
}

impl Happening {
    /// A bar that comes when it is due.
    pub fn on_time(bar: Bar) -> Self {
        Happening::Bar { bar, late: 0 }
    }
}

/// What happens while one bar passes, in its order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// First this.
    pub first: Happening,
    /// Then this, if anything.
    pub then: Option<Happening>,
}

impl From<Happening> for Slot {
    fn from(first: Happening) -> Self {
        Slot { first, then: None }
    }
}

type Slots = Box<dyn Iterator<Item = Slot>>;

/// How long a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// As an ordinary case.
    Ordinary,
    /// So many bars.
    Bars(u64),
    /// As many as were asked for.
    Long,
}

/// One case.
#[derive(Debug)]
pub struct Case {
    /// A short name.
    pub name: &'static str,
    /// What befalls the market.
    pub what: &'static str,
    /// Columns that are taken away.
    pub hide: Hide,
    /// Makes it of so many bars.
    pub make: fn(Timeframe, u64) -> Box<dyn Iterator<Item = Slot>>,
    length: Length,
}

impl Case {
    /// How many bars it has.
    pub fn bars(&self, ordinary: u64, long: u64) -> u64 {
        match self.length {
            Length::Ordinary => ordinary,
            Length::Bars(bars) => bars,
            Length::Long => long,
        }
    }
}

const fn case(name: &'static str, what: &'static str, make: fn(Timeframe, u64) -> Slots) -> Case {
    Case { name, what, hide: Hide::Nothing, make, length: Length::Ordinary }
}

/// Every case, the ordinary market first.
pub static CASES: [Case; 19] = [
    case("ordinary", "a market without trouble", |timeframe, bars| each(timeframe, bars, |_, bar| on_time(bar))),
    Case {
        length: Length::Bars(1),
        ..case("first bar", "the first bar ever, and nothing before it", |timeframe, bars| {
            each(timeframe, bars, |_, bar| on_time(bar))
        })
    },
    case("missing", "every seventh bar never comes", |timeframe, bars| {
        each(timeframe, bars, |n, bar| if n % 7 == 3 { nothing(&bar) } else { on_time(bar) })
    }),
    case("gap", "the middle third of the bars never comes", |timeframe, bars| {
        each(timeframe, bars, move |n, bar| if n * 3 / bars.max(1) == 1 { nothing(&bar) } else { on_time(bar) })
    }),
    case("late", "every fifth bar comes two bars later", |timeframe, bars| {
        each(timeframe, bars, move |n, made| match n % 5 {
            2 => nothing(&made),
            4 => then(made, bar(timeframe, n - 2), 2 * timeframe.nanos()),
            _ => on_time(made),
        })
    }),
    case("out of order", "each two bars come at once, the later one first", |timeframe, bars| {
        each(timeframe, bars, move |n, made| match n % 2 {
            0 => nothing(&made),
            _ => then(made, bar(timeframe, n - 1), timeframe.nanos()),
        })
    }),
    case("duplicated", "every bar comes twice", |timeframe, bars| each(timeframe, bars, |_, bar| then(bar, bar, 0))),
    case("corrected", "every bar comes again with other numbers", |timeframe, bars| {
        each(timeframe, bars, |_, bar| then(bar, scaled(bar, 1.01, 2.0), 0))
    }),
    case("zero volume", "nobody trades in every third bar", |timeframe, bars| {
        each(timeframe, bars, |n, bar| on_time(if n % 3 == 0 { quiet(bar, bar.open) } else { bar }))
    }),
    case("halt", "trading stands still for a hundred bars", |timeframe, bars| {
        each(timeframe, bars, move |n, made| {
            let halt = bars / 2..bars / 2 + 100;
            on_time(if halt.contains(&n) { quiet(made, bar(timeframe, halt.start).open) } else { made })
        })
    }),
    case("constant", "the price never moves", |timeframe, bars| {
        each(timeframe, bars, |_, bar| on_time(Bar { open: 100.0, high: 100.0, low: 100.0, close: 100.0, ..bar }))
    }),
    case("jumps", "prices jump by a million times and back", |timeframe, bars| {
        each(timeframe, bars, |n, bar| on_time(if n % 20 == 11 { scaled(bar, 1e6, 1.0) } else { bar }))
    }),
    case("huge", "prices near 1e15 and sizes near 1e12", |timeframe, bars| {
        each(timeframe, bars, |_, bar| on_time(scaled(bar, 1e13, 1e11)))
    }),
    case("tiny", "prices near 1e-12", |timeframe, bars| {
        each(timeframe, bars, |_, bar| on_time(scaled(bar, 1e-14, 1e-6)))
    }),
    case("worthless", "prices of zero", |timeframe, bars| {
        each(timeframe, bars, |n, bar| on_time(if n % 50 < 10 { scaled(bar, 0.0, 1.0) } else { bar }))
    }),
    case("bare bars", "bars without sides, turnover and count", |timeframe, bars| {
        each(timeframe, bars, |_, bar| {
            let absent = f64::NAN;
            on_time(Bar { turnover: absent, buy_volume: absent, sell_volume: absent, trades: 0, ..bar })
        })
    }),
    Case {
        hide: Hide::InTurn,
        ..case("absent columns", "in every second row another column is absent", |timeframe, bars| {
            each(timeframe, bars, |_, bar| on_time(bar))
        })
    },
    Case {
        hide: Hide::Everything,
        ..case("nothing known", "every column is absent", |timeframe, bars| {
            each(timeframe, bars, |_, bar| on_time(bar))
        })
    },
    Case {
        length: Length::Long,
        ..case("long", "a market that goes on", |timeframe, bars| each(timeframe, bars, |_, bar| on_time(bar)))
    },
];

/// One slot for each bar of the made market.
fn each(timeframe: Timeframe, bars: u64, happens: impl Fn(u64, Bar) -> Slot + 'static) -> Slots {
    Box::new((0..bars).map(move |number| happens(number, bar(timeframe, number))))
}

fn on_time(bar: Bar) -> Slot {
    Happening::on_time(bar).into()
}

fn nothing(bar: &Bar) -> Slot {
    Happening::Nothing { until: bar.ts_close() }.into()
}

/// A bar that comes when it is due, and after it another that is so many nanoseconds late.
fn then(bar: Bar, after: Bar, late: i64) -> Slot {
    Slot { first: Happening::on_time(bar), then: Some(Happening::Bar { bar: after, late }) }
}

/// A bar in which nobody trades.
fn quiet(bar: Bar, price: f64) -> Bar {
    let still = Bar { open: price, high: price, low: price, close: price, ..bar };
    Bar { trades: 0, ..scaled(still, 1.0, 0.0) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn cases_differ_and_are_as_long_as_they_say() {
        let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len());
        let ordinary: Vec<String> = made(&CASES[0]);
        for case in &CASES {
            let bars = case.bars(300, 400);
            assert_eq!((case.make)(Timeframe::H1, bars).count() as u64, bars, "{}", case.name);
            let same = made(case)[..] == ordinary[..];
            let may = case.hide != Hide::Nothing || case.length != Length::Ordinary || case.name == "ordinary";
            assert_eq!(same, may, "{}", case.name);
        }
    }

    #[test]
    fn nothing_comes_before_it_is_due() {
        for case in &CASES {
            let mut newest = i64::MIN;
            for slot in (case.make)(Timeframe::M15, case.bars(300, 400)) {
                for happening in [Some(slot.first), slot.then].into_iter().flatten() {
                    let at = match happening {
                        Happening::Bar { bar, late } => bar.ts_close().0 + late,
                        Happening::Nothing { until } => until.0,
                    };
                    assert!(at >= newest, "{}", case.name);
                    newest = at;
                }
            }
        }
    }

    fn made(case: &Case) -> Vec<String> {
        (case.make)(Timeframe::H1, 300).map(|slot| format!("{slot:?}")).collect()
    }
}
