//! What matures, when, and with which numbers: tables of calls with the outcomes that they give, one line each.

use sconce_domain::time::{DAY, HOUR, MINUTE, SECOND};
use sconce_domain::{
    Bar, BarSource, Body, Direction, InputEvent, InstrumentIndex, Nanos, Outcome, Payload, PricePoint, Quote,
    TakerSide, Timeframe, Trade, Trigger, Unjudged, Verdict,
};
use sconce_judge::{Judge, JudgeOptions, Refusal};

use crate::support::{at, bar, btc, forecast, instrument, output, price, signal};

/// One call; times are seconds.
enum Call {
    /// A signal of a horizon, or of none.
    Says(i64, Direction, Option<i64>),
    /// A forecast of a horizon and a value.
    Expects(i64, i64, f64),
    Price(i64, f64),
    /// A one-minute bar that ends then, known two seconds later.
    Close(i64, f64),
    Bar(Bar),
    Tick(i64),
}

use Call::{Close, Expects, Price, Says, Tick};
use Direction::{Long, Neutral, Short};

fn options() -> JudgeOptions {
    JudgeOptions { tolerance_min: 10 * SECOND, ..JudgeOptions::default() }
}

fn call(judge: &mut Judge, call: &Call, ordinal: u32) -> Vec<Outcome> {
    match call {
        Says(seconds, direction, horizon) => {
            let body = Body::Signal(signal(*direction, *horizon));
            judge.claim(&output("trend", *seconds, ordinal, body), false);
            Vec::new()
        }
        Expects(seconds, horizon, value) => {
            let body = Body::Forecast(forecast(*horizon, *value, None));
            judge.claim(&output("trend", *seconds, ordinal, body), false);
            Vec::new()
        }
        Price(seconds, value) => judge.observe(&btc(), price(*seconds, *value)),
        Close(closes, value) => judge.close(&btc(), &bar(Timeframe::M1, *closes, *value, *value), at(closes + 2)),
        Call::Bar(bar) => judge.close(&btc(), bar, bar.ts_close() + 2 * SECOND),
        Tick(seconds) => judge.tick(at(*seconds)),
    }
}

/// `what: numbers`, times in seconds.
fn line(outcome: &Outcome) -> String {
    let horizon = outcome.claim.horizon / SECOND;
    let point = |point: PricePoint| format!("{}@{}", point.price, point.ts.as_secs());
    let hit = outcome.hit().map_or("-", |hit| if hit { "hit" } else { "miss" });
    match outcome.verdict {
        Verdict::Moved { entry, exit } => format!("{horizon}s {} to {} {hit}", point(entry), point(exit)),
        Verdict::Closed { close, base, scale } => {
            let or_none = |number: Option<f64>| number.map_or("none".to_owned(), |number| number.to_string());
            format!("{horizon}s {} base {} scale {} {hit}", point(close), or_none(base), or_none(scale))
        }
        Verdict::Unjudged { reason } => format!("{horizon}s {}", reason.as_str()),
    }
}

#[track_caller]
fn check(calls: &[Call], expected: &[&str]) -> Judge {
    let mut judge = Judge::new(options());
    let outcomes: Vec<Outcome> =
        calls.iter().zip(0..).flat_map(|(step, ordinal)| call(&mut judge, step, ordinal)).collect();
    assert_eq!(outcomes.iter().map(line).collect::<Vec<_>>(), expected);
    judge
}

#[test]
fn signals() {
    // The first price at or after it was said, and the first at or after the horizon from there.
    check(
        &[Price(99, 1.0), Says(100, Long, Some(60)), Price(103, 10.0), Price(162, 11.0), Price(163, 12.0)],
        &["60s 10@103 to 12@163 hit"],
    );
    // A price of the same moment that comes after it counts; one from before does not.
    check(
        &[Price(100, 9.0), Says(100, Long, Some(60)), Price(100, 10.0), Price(160, 9.5)],
        &["60s 10@100 to 9.5@160 miss"],
    );
    check(&[Says(100, Short, Some(60)), Price(100, 10.0), Price(160, 9.5)], &["60s 10@100 to 9.5@160 hit"]);
    check(&[Says(100, Short, Some(60)), Price(100, 10.0), Price(160, 10.0)], &["60s 10@100 to 10@160 miss"]);
    check(&[Says(100, Neutral, Some(60)), Price(100, 10.0), Price(160, 11.0)], &["60s 10@100 to 11@160 -"]);
    // Those due together mature in the order in which they were said; earlier ones first.
    check(
        &[
            Says(100, Long, Some(60)),
            Says(100, Short, Some(60)),
            Says(100, Long, Some(30)),
            Price(100, 1.0),
            Price(130, 2.0),
            Price(160, 3.0),
        ],
        &["30s 1@100 to 2@130 hit", "60s 1@100 to 3@160 hit", "60s 1@100 to 3@160 miss"],
    );
}

#[test]
fn signals_without_a_horizon_are_judged_at_four() {
    let day = DAY / SECOND;
    let expected = [
        "900s 1@100 to 2@1000 hit",
        "3600s 1@100 to 3@3700 hit",
        "14400s 1@100 to 4@14500 hit",
        "86400s 1@100 to 5@86500 hit",
    ];
    check(
        &[
            Says(100, Long, None),
            Price(100, 1.0),
            Price(1_000, 2.0),
            Price(3_700, 3.0),
            Price(14_500, 4.0),
            Price(100 + day, 5.0),
        ],
        &expected,
    );
}

#[test]
fn gaps_give_no_number() {
    // A quarter of the horizon, here 15 s, is waited for.
    check(&[Says(100, Long, Some(60)), Price(115, 1.0), Price(190, 2.0)], &["60s 1@115 to 2@190 hit"]);
    check(&[Says(100, Long, Some(60)), Price(116, 1.0)], &["60s no_entry_price"]);
    check(&[Says(100, Long, Some(60)), Price(100, 1.0), Price(176, 2.0)], &["60s no_exit_price"]);
    // Nothing comes at all: given up after a day of tolerance at most and two of patience.
    let over = 3 * DAY / SECOND;
    check(&[Says(100, Long, Some(60)), Tick(100 + over), Tick(101 + over)], &["60s no_entry_price"]);
    check(&[Says(100, Long, Some(60)), Price(100, 1.0), Tick(161 + over)], &["60s no_exit_price"]);
    check(&[Close(120, 1.0), Expects(122, 60, 2.0), Tick(181 + over)], &["60s no_close"]);
    check(&[Close(120, 1.0), Expects(122, 60, 2.0), Close(240, 1.5)], &["60s no_close"]);
}

#[test]
fn late_and_unsound_prices_settle_nothing() {
    let judge = check(
        &[Says(100, Long, Some(60)), Price(103, 10.0), Price(101, 99.0), Price(163, 12.0), Price(160, 99.0)],
        &["60s 10@103 to 12@163 hit"],
    );
    assert_eq!(judge.unused().late_prices, 2);
    let judge = check(
        &[
            Says(100, Long, Some(60)),
            Price(100, f64::NAN),
            Price(100, -1.0),
            Price(100, 0.0),
            Price(100, f64::INFINITY),
        ],
        &[],
    );
    assert_eq!((judge.unused().bad_prices, judge.pending()), (4, 1));
}

#[test]
fn forecasts() {
    // Made on the bar that closed at 120, two seconds of grace later; judged by the bar that ends at 180.
    check(
        &[Close(60, 4.0), Close(120, 5.0), Expects(122, 60, 6.0), Close(180, 7.0)],
        &["60s 7@180 base 5 scale 1 hit"],
    );
    check(
        &[Close(60, 4.0), Close(120, 5.0), Expects(122, 60, 4.0), Close(180, 7.0)],
        &["60s 7@180 base 5 scale 1 miss"],
    );
    check(
        &[Close(60, 4.0), Close(120, 5.0), Expects(122, 60, 4.0), Close(180, 5.0)],
        &["60s 5@180 base 5 scale 1 miss"],
    );
    // No change forecast: no direction. Nothing known before: no base; one bar, or a flat past: no scale.
    check(&[Close(120, 5.0), Expects(122, 60, 5.0), Close(180, 7.0)], &["60s 7@180 base 5 scale none -"]);
    check(
        &[Close(60, 5.0), Close(120, 5.0), Expects(122, 60, 5.0), Close(180, 7.0)],
        &["60s 7@180 base 5 scale none -"],
    );
    check(&[Expects(122, 60, 5.0), Close(180, 7.0)], &["60s 7@180 base none scale none -"]);
    // A close that was known only after `as_of` is neither base nor scale.
    check(
        &[Close(60, 4.0), Close(120, 5.0), Expects(121, 600, 6.0), Close(660, 9.0)],
        &["600s 9@660 base none scale none -"],
    );
    // One that comes to be known between changes nothing.
    check(
        &[Close(120, 5.0), Expects(122, 600, 6.0), Close(180, 7.0), Close(720, 9.0)],
        &["600s 9@720 base 5 scale none hit"],
    );
    // A bar that ends within a quarter of the horizon answers it, later ones do not.
    check(&[Close(120, 5.0), Expects(122, 600, 6.0), Close(840, 9.0)], &["600s 9@840 base 5 scale none hit"]);
    check(&[Close(120, 5.0), Expects(122, 600, 6.0), Close(900, 9.0)], &["600s no_close"]);
}

#[test]
fn only_whole_bars_of_their_own_time_answer() {
    let flawed = |change: fn(&mut Bar)| {
        let mut bar = bar(Timeframe::M1, 180, 7.0, 7.0);
        change(&mut bar);
        Call::Bar(bar)
    };
    let rows = [
        flawed(|bar| bar.partial = true),
        flawed(|bar| bar.complete = false),
        flawed(|bar| bar.source = BarSource::Fill),
        flawed(|bar| bar.close = f64::NAN),
        flawed(|bar| bar.high = 1.0),
        flawed(|bar| (bar.low, bar.close) = (-1.0, -1.0)),
    ];
    for flawed in rows {
        let judge = check(&[Close(120, 5.0), Expects(122, 60, 6.0), flawed], &[]);
        assert_eq!((judge.unused().unsound_bars, judge.pending()), (1, 1));
    }
    // A revision comes too late to change what was settled.
    let mut revised = bar(Timeframe::M1, 180, 8.0, 8.0);
    revised.revision = 1;
    let judge = check(
        &[Close(120, 5.0), Expects(122, 60, 6.0), Close(180, 7.0), Call::Bar(revised)],
        &["60s 7@180 base 5 scale none hit"],
    );
    assert_eq!(judge.unused().late_bars, 1);
    // A longer bar that ends there is as good.
    check(
        &[Close(3_540, 5.0), Expects(3_542, 60, 6.0), Call::Bar(bar(Timeframe::H1, 3_600, 5.0, 7.0))],
        &["60s 7@3600 base 5 scale none hit"],
    );
}

#[test]
fn imported_bars_tell_prices_by_their_opens() {
    let imported = |closes: i64, open: f64| {
        let mut bar = bar(Timeframe::H1, closes, open, open);
        bar.source = BarSource::History;
        Call::Bar(bar)
    };
    // Said at the close at 3600 and its grace; entered at the next open, left at the one after.
    check(
        &[imported(3_600, 1.0), Says(3_602, Long, Some(3_600)), imported(7_200, 2.0), imported(10_800, 3.0)],
        &["3600s 2@3602 to 3@7202 hit"],
    );
}

#[test]
fn what_cannot_be_taken_is_refused_by_name() {
    let told = |refusal: Refusal, calls: &[Call], options: JudgeOptions| {
        let mut judge = Judge::new(options);
        for (step, ordinal) in calls.iter().zip(0..) {
            call(&mut judge, step, ordinal);
        }
        let (_, refused) = judge.refused_by_producer().next().expect("a producer");
        let all: Vec<_> = refused.iter().collect();
        assert_eq!(all, [(refusal, 1)]);
    };
    told(Refusal::Late, &[Price(101, 1.0), Says(100, Long, Some(60))], options());
    told(Refusal::Late, &[Close(180, 1.0), Expects(122, 60, 1.0)], options());
    told(Refusal::Late, &[Tick(4 * DAY / SECOND), Says(100, Long, Some(60))], options());
    told(Refusal::TooFar, &[Says(100, Long, Some(500 * DAY / SECOND))], options());
    told(Refusal::Malformed, &[Says(100, Long, Some(-5))], options());
    told(Refusal::Malformed, &[Says(100, Long, Some(0))], options());
    told(Refusal::Malformed, &[Expects(100, 60, f64::NAN)], options());
    let one = JudgeOptions { pending_per_producer: 1, ..options() };
    told(Refusal::ProducerFull, &[Says(100, Long, Some(60)), Says(101, Long, Some(60))], one);
    let one = JudgeOptions { pending: 1, ..options() };
    told(Refusal::Full, &[Says(100, Long, Some(60)), Says(101, Long, Some(60))], one);
}

#[test]
fn outputs_that_no_price_answers_are_counted() {
    let mut judge = Judge::new(options());
    let mut about_all = output("breadth", 100, 0, Body::Signal(signal(Long, Some(60))));
    about_all.instrument = None;
    assert_eq!(judge.claim(&about_all, false), 0);
    let mut other = forecast(60, 1.0, None);
    other.target = "volume".to_owned();
    assert_eq!(judge.claim(&output("breadth", 100, 0, Body::Forecast(other)), false), 0);
    let (producer, refused) = judge.refused_by_producer().next().expect("a producer");
    assert!(producer.to_string().starts_with("breadth ("), "{producer}");
    assert_eq!((refused.of(Refusal::NoInstrument), refused.of(Refusal::OtherTarget)), (1, 1));
}

#[test]
fn one_output_counts_once() {
    let mut judge = Judge::new(options());
    let said = output("trend", 100, 0, Body::Signal(signal(Long, Some(60))));
    assert_eq!((judge.claim(&said, false), judge.claim(&said, false)), (1, 0));
    judge.observe(&btc(), price(100, 1.0));
    assert_eq!(judge.claim(&said, false), 0);
    assert_eq!(judge.observe(&btc(), price(160, 1.0)).len(), 1);
    assert_eq!(judge.claim(&said, false), 0, "nor after it has matured");
    let (_, refused) = judge.refused_by_producer().next().expect("a producer");
    assert_eq!((refused.of(Refusal::Duplicate), refused.of(Refusal::Late)), (2, 1));
}

#[test]
fn one_producers_flood_leaves_room_for_others() {
    let mut judge = Judge::new(JudgeOptions { pending_per_producer: 3, ..options() });
    for ordinal in 0..10 {
        judge.claim(&output("flood", 100, ordinal, Body::Signal(signal(Long, Some(60)))), false);
    }
    assert_eq!(judge.claim(&output("honest", 100, 0, Body::Signal(signal(Long, Some(60)))), false), 1);
    assert_eq!(judge.pending(), 4);
    // What has matured makes room again.
    judge.observe(&btc(), price(100, 1.0));
    judge.observe(&btc(), price(160, 1.0));
    assert_eq!(judge.pending(), 0);
    assert_eq!(judge.claim(&output("flood", 200, 0, Body::Signal(signal(Long, Some(60)))), false), 1);
}

#[test]
fn instruments_are_apart() {
    let mut judge = Judge::new(options());
    judge.claim(&output("trend", 100, 0, Body::Signal(signal(Long, Some(60)))), false);
    let eth = instrument("ETH-USDT@demo");
    assert!(judge.observe(&eth, price(100, 5.0)).is_empty());
    assert!(judge.observe(&eth, price(160, 6.0)).is_empty());
    judge.observe(&btc(), price(101, 1.0));
    assert_eq!(judge.observe(&btc(), price(161, 2.0)).iter().map(line).collect::<Vec<_>>(), ["60s 1@101 to 2@161 hit"]);
}

#[test]
fn timers_have_no_bar_of_their_own() {
    let mut judge = Judge::new(options());
    judge.close(&btc(), &bar(Timeframe::M1, 120, 5.0, 5.0), at(122));
    let mut said = output("trend", 150, 0, Body::Forecast(forecast(60, 6.0, None)));
    said.provenance.trigger = Trigger::TIMER;
    judge.claim(&said, false);
    assert!(judge.close(&btc(), &bar(Timeframe::M1, 180, 7.0, 7.0), at(182)).is_empty());
    // Due at 210; the tolerance of 15 s ends before the bar at 240 does.
    let lines: Vec<_> = judge.close(&btc(), &bar(Timeframe::M1, 240, 8.0, 8.0), at(242)).iter().map(line).collect();
    assert_eq!(lines, ["60s no_close"]);
}

#[test]
fn tolerances() {
    let options = JudgeOptions::default();
    let rows = [(MINUTE, 5 * MINUTE), (HOUR, 15 * MINUTE), (DAY, 6 * HOUR), (30 * DAY, DAY), (i64::MAX, DAY)];
    for (horizon, expected) in rows {
        assert_eq!(options.tolerance(horizon), expected);
    }
}

#[test]
fn events_have_a_price_or_none() {
    let event = |ts_event: i64, payload: Payload| InputEvent {
        seq: 1,
        ts_event: Nanos(ts_event),
        ts_init: Nanos(50),
        instrument: InstrumentIndex(0),
        payload,
    };
    let trade = |price: f64| Payload::Trade(Trade { price, size: 1.0, side: TakerSide::Buy, id: 1 });
    let quote = |bid: f64, ask: f64| Payload::Quote(Quote { bid, bid_size: 1.0, ask, ask_size: 1.0 });
    let rows = [
        (40, trade(2.0), Some((40, 2.0))),
        (60, trade(2.0), Some((50, 2.0))),
        (40, trade(f64::NAN), None),
        (40, trade(0.0), None),
        (40, quote(2.0, 4.0), Some((40, 3.0))),
        (40, quote(4.0, 2.0), None),
        (40, quote(0.0, 2.0), None),
        (40, quote(f64::NAN, 2.0), None),
        (40, Payload::Tick, None),
    ];
    for (ts_event, payload, expected) in rows {
        let found = PricePoint::of(&event(ts_event, payload.clone())).map(|point| (point.ts.0, point.price));
        assert_eq!(found, expected, "{payload:?}");
    }
}

#[test]
fn every_reason_has_its_word() {
    let reasons = [Unjudged::NoEntryPrice, Unjudged::NoExitPrice, Unjudged::NoClose];
    for reason in reasons {
        assert_eq!(serde_json::to_string(&reason).expect("JSON"), format!("\"{}\"", reason.as_str()));
    }
    let refusals = [
        Refusal::NoInstrument,
        Refusal::OtherTarget,
        Refusal::Malformed,
        Refusal::TooFar,
        Refusal::Duplicate,
        Refusal::Late,
        Refusal::ProducerFull,
        Refusal::Full,
    ];
    for refusal in refusals {
        assert_eq!(serde_json::to_string(&refusal).expect("JSON"), format!("\"{}\"", refusal.as_str()));
    }
}
