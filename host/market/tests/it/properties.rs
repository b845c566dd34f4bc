//! Properties of any stream: volumes, prices, splits, ticks, and that no row knows what came after it.

use proptest::prelude::*;
use sconce_domain::bar::{GapPolicy, LatePolicy};
use sconce_domain::{InputEvent, InstrumentIndex, Outage, Payload, TakerSide, Timeframe, Trade};
use sconce_market::{BarPolicy, Market};

use crate::checkpoint::COLUMNS;
use crate::forecasts::answer;
use crate::support::{
    ONE, Seen, at, event, feed, from_file, imported, market, quote, series, skip, tick, trade, xrp_trades,
};

/// A stream of at most `most` events in order of arrival: mostly trades, some late, some repeated, and the rest.
pub(crate) fn events(most: usize) -> impl Strategy<Value = Vec<InputEvent>> {
    let one = (0_u32..100, 0_u32..90_000, 0_u32..200_000, 1_u32..400, 0_u32..64, 0_u64..60);
    (0_u32..5, prop::collection::vec(one, 1..most)).prop_map(|(bars, choices)| {
        let mut now = 0.0;
        let mut events: Vec<InputEvent> =
            (0..i64::from(bars)).map(|i| imported(Timeframe::M1, i * 60, [1.0 + i as f64; 5])).collect();
        now += f64::from(bars) * 60.0 + 2.0;
        for (at, (kind, gap, delay, price, size, repeat)) in choices.into_iter().enumerate() {
            now += f64::from(gap) / 1_000.0;
            let (price, size, id) = (f64::from(price) / 8.0, f64::from(size) / 4.0, at as u64);
            let delay = f64::from(delay) / 1_000.0;
            events.push(match kind {
                0..60 => trade(now, 0.0, id, price, size),
                60..75 => InputEvent { ts_init: self::at(now), ..trade((now - delay).max(0.0), 0.0, id, price, size) },
                75..80 => trade(now, 0.0, repeat.min(id), price, size),
                80..88 => quote(now, price, price + 1.0),
                88..91 => series(now, "funding_rate", price),
                91..93 => answer("lstm", (now / 60.0).floor() * 60.0, now, price - 25.0, &[1, 3]),
                93..97 => tick(now),
                97 => event(self::at((now - delay).max(0.0)), self::at(now), Payload::Outage(Outage::Began)),
                98 if size > 1.0 => event(self::at(now), self::at(now), Payload::Outage(Outage::Filled)),
                98 => event(self::at(now), self::at(now), Payload::Outage(Outage::Holed)),
                _ => event(self::at(now), self::at(now), Payload::End),
            });
        }
        events
    })
}

fn policies() -> impl Strategy<Value = BarPolicy> {
    (any::<bool>(), any::<bool>(), 0_i64..3).prop_map(|(fill, count, grace)| BarPolicy {
        gaps: if fill { GapPolicy::FillPrevClose } else { GapPolicy::Skip },
        late: if count { LatePolicy::Count } else { LatePolicy::Revise },
        grace: grace * 31_000_000_000,
        ring: 100,
        ..from_file()
    })
}

fn fresh(policy: &BarPolicy) -> Market {
    market(policy.clone(), &COLUMNS, &[Timeframe::M1, Timeframe::M5, Timeframe::H1], &[7, 60])
}

/// The same stream with time told far more often, by ticks and by `advance`.
fn densely(market: &mut Market, events: &[InputEvent]) -> Seen {
    let mut seen = Seen::default();
    for (at, event) in events.iter().enumerate() {
        market.advance(event.ts_init, &mut seen);
        market.step(event, &mut seen);
        if let Some(next) = events.get(at + 1) {
            let step = (next.ts_init - event.ts_init) / 5;
            (0..5).for_each(|i| market.advance(event.ts_init + step * i, &mut seen));
        }
    }
    seen
}

/// Everything after position `at` happens otherwise.
fn perturbed(events: &[InputEvent], at: usize) -> Vec<InputEvent> {
    let change = |event: &InputEvent| {
        let payload = match event.payload.clone() {
            Payload::Trade(trade) => Payload::Trade(Trade { price: trade.price * 3.0, side: TakerSide::Buy, ..trade }),
            Payload::Quote(quote) => Payload::Quote(sconce_domain::Quote { bid: quote.bid * 0.5, ..quote }),
            Payload::Answer(mut answer) => {
                answer.points.iter_mut().for_each(|point| point.log_return += 1.0);
                Payload::Answer(answer)
            }
            Payload::Tick => return None,
            other => other,
        };
        Some(InputEvent { payload, ..event.clone() })
    };
    let (before, after) = events.split_at(at + 1);
    // Ticks are left out, but the last moment stays: a row may wait for the end of its moment.
    let last = after.last().map(|event| InputEvent { payload: Payload::Tick, ..event.clone() });
    before.iter().cloned().chain(after.iter().filter_map(change)).chain(last).collect()
}

/// Perturbs everything that arrives after event `at`; what was made by then is the same to the bit.
fn knows_no_future(policy: &BarPolicy, events: &[InputEvent], whole: &Seen, at: usize) {
    let until = events[at].ts_init;
    let other = feed(&mut fresh(policy), &perturbed(events, at));
    let rows = |seen: &Seen| seen.rows.iter().filter(|row| row.ts <= until).cloned().collect::<Vec<_>>();
    // Events of the very same moment lie after `at` in order but not in time.
    let alone = events.get(at + 1).is_none_or(|next| next.ts_init > until);
    if alone {
        assert_eq!(rows(&other), rows(whole), "after event {at}");
        let bars = |seen: &Seen| seen.bars.iter().filter(|(ts, ..)| *ts <= until).cloned().collect::<Vec<_>>();
        assert_eq!(bars(&other), bars(whole), "after event {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bars_hold_what_was_traded(events in events(120)) {
        let built = |event: &InputEvent| !matches!(event.payload, Payload::Bar(_) | Payload::End | Payload::Outage(_));
        let events: Vec<InputEvent> = events.into_iter().filter(built).collect();
        let policy = BarPolicy { late: LatePolicy::Revise, ..from_file() };
        let mut market = fresh(&policy);
        let seen = feed(&mut market, &events);
        let traded: f64 = market.trades(ONE).map(|(_, trade)| trade.size).sum();
        let count = market.trades_kept(ONE) as u64;
        prop_assert_eq!(count, market.counters(ONE).trades);
        prop_assert!(seen.full.iter().all(|(_, bar)| bar.is_consistent()));
        prop_assert_eq!(market.counters(ONE).late_without_bar, 0);
        for timeframe in Timeframe::ALL {
            let open = market.forming(ONE, timeframe).map_or(0.0, |bar| bar.volume);
            let kept: f64 = market.bars(ONE, timeframe).map(|bar| bar.volume).sum();
            // Within the grace the minute before the forming one is open too.
            prop_assert!(kept + open <= traded);
        }
        market.advance(at(1e7), &mut Seen::default());
        for timeframe in Timeframe::ALL {
            prop_assert_eq!(market.bars(ONE, timeframe).map(|bar| bar.volume).sum::<f64>(), traded);
        }
    }

    #[test]
    fn sizes_add_up_on_every_timeframe(sizes in prop::collection::vec((0_u32..90_000, 0_u32..64), 1..150)) {
        let mut now = 0.0;
        let mut events = vec![tick(0.0)];
        for (id, (gap, size)) in sizes.iter().enumerate() {
            now += f64::from(*gap) / 1e3;
            events.push(trade(now, 0.0, id as u64, 5.0, f64::from(*size) / 4.0));
        }
        events.push(tick(now + 2.0 * 86_400.0));
        let seen = feed(&mut fresh(&from_file()), &events);
        let traded: f64 = sizes.iter().map(|(_, size)| f64::from(*size) / 4.0).sum();
        for timeframe in Timeframe::ALL {
            prop_assert_eq!(seen.of(timeframe).iter().map(|bar| bar.volume).sum::<f64>(), traded);
            prop_assert_eq!(seen.of(timeframe).iter().map(|bar| bar.trades).sum::<u64>(), sizes.len() as u64);
        }
    }

    #[test]
    fn splits_and_ticks_change_nothing(events in events(120), policy in policies()) {
        let plain = feed(&mut fresh(&policy), &events);
        prop_assert!(densely(&mut fresh(&policy), &events) == plain, "time told often gives other rows");
        prop_assert!(plain.rows.windows(2).all(|pair| pair[0].ts < pair[1].ts));
    }

    #[test]
    fn no_row_knows_what_came_after_it(events in events(50), policy in policies()) {
        let whole = feed(&mut fresh(&policy), &events);
        (0..events.len()).for_each(|at| knows_no_future(&policy, &events, &whole, at));
    }
}

/// Three instruments: one of trades, one of quotes and trades, one of imported bars only.
fn of_many(events: &[InputEvent]) -> Vec<InputEvent> {
    let spread = |(at, event): (usize, &InputEvent)| {
        let instrument = match event.payload {
            Payload::Bar(_) => 2,
            _ => u32::from(at.is_multiple_of(3)),
        };
        InputEvent { instrument: InstrumentIndex(instrument), ..event.clone() }
    };
    events.iter().enumerate().map(spread).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_of_many_instruments_come_in_order_of_time(events in events(150), policy in policies()) {
        let events = of_many(&events);
        let market = || {
            let mut market = fresh(&policy);
            for index in [InstrumentIndex(1), InstrumentIndex(2)] {
                market.register(index, &crate::support::instrument());
                market.set_columns(index, &crate::support::names(&COLUMNS)).expect("columns are known");
                market.set_triggers(index, crate::support::frames(&[Timeframe::M1, Timeframe::M5]), &[7]);
            }
            market
        };
        let seen = feed(&mut market(), &events);
        prop_assert!(seen.rows.windows(2).all(|pair| pair[0].ts <= pair[1].ts));
        prop_assert!(densely(&mut market(), &events) == seen, "time told often gives other rows");
    }
}

#[test]
fn recorded_rows_know_no_future() {
    let Some(mut trades) = xrp_trades() else { return skip("recorded_rows_know_no_future") };
    trades.truncate(1_500);
    let policy = from_file();
    let whole = feed(&mut fresh(&policy), &trades);
    assert!(whole.rows.len() > 100);
    (0..trades.len()).step_by(37).for_each(|at| knows_no_future(&policy, &trades, &whole, at));
    trades.truncate(200);
    let whole = feed(&mut fresh(&policy), &trades);
    (0..trades.len()).for_each(|at| knows_no_future(&policy, &trades, &whole, at));
}

#[test]
fn recorded_rows_are_the_same_however_often_time_is_told() {
    let Some(trades) = xrp_trades() else { return skip("recorded_rows_are_the_same_however_often_time_is_told") };
    let policy = from_file();
    let plain = feed(&mut fresh(&policy), &trades[..4_000]);
    assert_eq!(densely(&mut fresh(&policy), &trades[..4_000]), plain);
}
