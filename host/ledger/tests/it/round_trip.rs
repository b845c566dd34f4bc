//! What is handed over is read back equal, to the bit.

use proptest::prelude::*;
use sconce_domain::{
    AnswerInterval, AnswerPoint, Bar, BarSource, ColumnName, Control, Digest, InputEvent, InstrumentIndex, Layout,
    ModelAnswer, Nanos, Outage, Payload, Quote, Row, SeriesPoint, TakerSide, Timeframe, Trade, Trigger,
};
use sconce_ledger::Commit;

use crate::support::{ask, commit, inputs, open, row, rows, trade};

#[test]
fn a_reopened_ledger_goes_on_where_it_was() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, recovery) = open(root.path());
    assert!(recovery.workers.is_empty() && recovery.last_seq == 0);
    ledger.submit(commit(0, 1..=10)).expect("taken");
    ledger.submit(commit(1, 1..=4)).expect("taken");
    ledger.submit(commit(0, 11..=12)).expect("taken");
    drop(ledger);

    let (ledger, recovery) = open(root.path());
    assert_eq!((recovery.last_seq, recovery.truncated_bytes, recovery.lost_batches), (16, 0, 0));
    assert_eq!((recovery.workers[&0].input_seq, recovery.workers[&0].row_seq), (12, 12));
    assert_eq!((recovery.workers[&1].input_seq, recovery.workers[&1].last_ts_init), (4, Nanos(40)));
    ledger.submit(commit(0, 13..=14)).expect("taken");
    ledger.flush_blocking().expect("committed");
    assert_eq!(inputs(&ledger, 0), (1..=14).map(trade).collect::<Vec<_>>());
    assert_eq!(rows(&ledger, 1).len(), 4);
    assert_eq!(ask(ledger.verify_chain(0, u64::MAX)).expect("whole"), 18);
    assert_eq!(ledger.status().commits, 1);
}

#[test]
fn old_ground_is_passed_over_and_holes_are_refused() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    ledger.submit(commit(0, 1..=5)).expect("taken");
    ledger.submit(commit(0, 1..=8)).expect("the first five are known");
    let hole = ledger.submit(commit(0, 10..=11)).expect_err("9 is missing").to_string();
    assert!(hole.contains("submitted input 10 where 9 comes next"), "{hole}");
    ledger.flush_blocking().expect("committed");
    assert_eq!(inputs(&ledger, 0).len(), 8);
    assert_eq!(ledger.status().replayed, 5);
}

#[test]
fn ranges_give_what_was_asked_for() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    for first in [1, 11, 21] {
        ledger.submit(commit(0, first..=first + 9)).expect("taken");
        ledger.flush_blocking().expect("committed");
    }
    let seqs = |rows: Vec<Row>| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
    let range = ledger.read_rows(0, 9, 12).expect("readable").collect::<Result<Vec<_>, _>>().expect("intact");
    assert_eq!(seqs(range), [9, 10, 11, 12]);
    let found = ledger.find_row(0, 17).expect("readable").expect("there");
    assert_eq!((found.seq, found.values[0]), (17, row(17).values[0]));
    assert_eq!(ledger.find_row(0, 31).expect("readable"), None);
    assert_eq!(ledger.find_row(7, 1).expect("readable"), None);
    let of = ledger.rows_of(0, InstrumentIndex(1), Nanos(70), Nanos(190)).expect("readable");
    assert_eq!(seqs(of.collect::<Result<Vec<_>, _>>().expect("intact")), [7, 10, 13, 16]);
    assert_eq!(ledger.read_inputs(0, 28).expect("readable").count(), 3);
}

#[test]
fn rows_without_a_layout_are_refused() {
    let root = tempfile::tempdir().expect("temporary directory");
    let (ledger, _) = open(root.path());
    let columns = [ColumnName("close@1m".into()), ColumnName("bid".into())];
    let id = Layout::of(columns.to_vec()).id;
    let fits = Row { layout: id, ..row(1) };
    let narrow = Row { values: vec![1.0], ..fits.clone() };
    let submit = |row: &Row| ledger.submit(Commit { rows: vec![row.clone()], ..Commit::default() });
    assert!(submit(&fits).is_err(), "nobody has said what its columns are");
    let layout = ledger.layout(&columns).expect("given");
    assert_eq!(layout.id, id);
    assert!(submit(&narrow).is_err());
    submit(&fits).expect("taken");
    ledger.flush_blocking().expect("committed");
    assert_eq!(ask(ledger.layouts()).expect("readable"), [layout]);
    let id = "ETH-USDT@demo".parse().expect("valid");
    let index = ledger.instrument(&id).expect("given");
    drop(ledger);
    let (ledger, _) = open(root.path());
    assert_eq!(ledger.instrument(&id).expect("given"), index);
    assert_eq!(ledger.instrument(&"BTC-USDT@demo".parse().expect("valid")).expect("given").0, index.0 + 1);
}

/// Any bits, so that every NaN is among them.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), any::<f64>(), Just(f64::from_bits(0x7ff8_dead_beef_0001))]
}

fn bar() -> impl Strategy<Value = Bar> {
    let sources = prop_oneof![Just(BarSource::Trades), Just(BarSource::History), Just(BarSource::Fill)];
    (prop::array::uniform8(number()), 0..6_usize, any::<i64>(), any::<u64>(), any::<u32>(), any::<[bool; 2]>(), sources)
        .prop_map(|(n, timeframe, ts_open, trades, revision, [complete, partial], source)| Bar {
            timeframe: Timeframe::ALL[timeframe],
            ts_open: Nanos(ts_open),
            open: n[0],
            high: n[1],
            low: n[2],
            close: n[3],
            volume: n[4],
            turnover: n[5],
            buy_volume: n[6],
            sell_volume: n[7],
            trades,
            revision,
            complete,
            partial,
            source,
        })
}

prop_compose! {
    /// A sound answer: no other comes onto a log.
    fn answer()(model in "[a-z][a-z0-9_-]{0,20}", version in any::<[u8; 32]>(), timeframe in 0_usize..6, as_of in 0_i64..,
        close in 1e-9..1e12_f64, returns in prop::collection::vec((-40.0..40.0_f64, any::<bool>()), 1..9),
        width in prop::option::of(0.0..1e3_f64)) -> ModelAnswer {
        let range = |level: f64, width: f64| AnswerInterval { level, lower: close, upper: close + width * level };
        let intervals: Vec<_> = width.into_iter().flat_map(|width| [range(0.8, width), range(0.95, width)]).collect();
        let point = |((log_return, in_sample), ahead): (&(f64, bool), u32)| AnswerPoint {
            ahead: ahead * 3, log_return: *log_return, intervals: intervals.clone(), in_sample: *in_sample,
        };
        let points = returns.iter().zip(1..).map(point).collect();
        ModelAnswer { model, version: Digest(version), timeframe: Timeframe::ALL[timeframe], as_of: Nanos(as_of), close, points }
    }
}

fn payload() -> impl Strategy<Value = Payload> {
    let side = prop_oneof![Just(TakerSide::Buy), Just(TakerSide::Sell), Just(TakerSide::Unknown)];
    let run_now = |name: String, about: bool| Control::RunNow {
        deployment: name.parse().expect("letters"),
        instrument: about.then(|| "BTC-USDT@demo".parse().expect("valid")),
    };
    prop_oneof![
        (number(), number(), side, any::<u64>()).prop_map(|(price, size, side, id)| Payload::Trade(Trade {
            price,
            size,
            side,
            id
        })),
        prop::array::uniform4(number())
            .prop_map(|[bid, bid_size, ask, ask_size]| { Payload::Quote(Quote { bid, bid_size, ask, ask_size }) }),
        bar().prop_map(Payload::Bar),
        (".*", number()).prop_map(|(name, value)| Payload::Series(SeriesPoint { name, value })),
        Just(Payload::Tick),
        Just(Payload::End),
        ("[a-z]{1,9}", any::<bool>()).prop_map(move |(name, about)| Payload::Control(run_now(name, about))),
        prop::sample::select(vec![Outage::Began, Outage::Filled, Outage::Holed]).prop_map(Payload::Outage),
        answer().prop_map(|answer| Payload::Answer(Box::new(answer))),
    ]
}

prop_compose! {
    fn event()(ts_event in any::<i64>(), ts_init in any::<i64>(), index in any::<u32>(), payload in payload()) -> InputEvent {
        InputEvent { seq: 0, ts_event: Nanos(ts_event), ts_init: Nanos(ts_init), instrument: InstrumentIndex(index), payload }
    }
}

prop_compose! {
    fn any_row()(ts in any::<i64>(), index in any::<u32>(), trigger in any::<u32>(), layout in 0_u32..4)
        (values in prop::collection::vec(number(), layout as usize), ts in Just(ts), index in Just(index),
         trigger in Just(trigger), layout in Just(layout)) -> Row {
        Row { seq: 0, ts: Nanos(ts), instrument: InstrumentIndex(index), trigger: Trigger(trigger), layout, values }
    }
}

/// Equality that tells one NaN from another.
fn exact(item: &impl std::fmt::Debug, numbers: impl IntoIterator<Item = f64>) -> (String, Vec<u64>) {
    (format!("{item:?}"), numbers.into_iter().map(f64::to_bits).collect())
}

fn exact_event(event: &InputEvent) -> (String, Vec<u64>) {
    let numbers = match &event.payload {
        Payload::Trade(trade) => vec![trade.price, trade.size],
        Payload::Quote(quote) => vec![quote.bid, quote.bid_size, quote.ask, quote.ask_size],
        Payload::Bar(bar) => {
            vec![bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume]
        }
        Payload::Series(point) => vec![point.value],
        Payload::Answer(answer) => answer
            .points
            .iter()
            .flat_map(|point| {
                let ranges = point.intervals.iter().flat_map(|range| [range.level, range.lower, range.upper]);
                [point.log_return].into_iter().chain(ranges)
            })
            .chain([answer.close])
            .collect(),
        Payload::Tick | Payload::End | Payload::Outage(_) | Payload::Control(_) => vec![],
    };
    exact(event, numbers)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn events_and_rows_come_back_to_the_bit(
        events in prop::collection::vec(event(), 0..60),
        tape in prop::collection::vec(any_row(), 0..60),
        cut in 0_usize..60,
    ) {
        let root = tempfile::tempdir().expect("temporary directory");
        let (ledger, _) = open(root.path());
        let name = |n: u32| ColumnName(format!("c{n}"));
        let layouts = (0..4_u32).map(|id| Layout { id, columns: (0..id).map(name).collect() }).collect();
        let events: Vec<InputEvent> = (1..).zip(events).map(|(seq, event)| InputEvent { seq, ..event }).collect();
        let tape: Vec<Row> = (1..).zip(tape).map(|(seq, row)| Row { seq, ..row }).collect();
        let (head, tail) = (events.split_at(cut.min(events.len())), tape.split_at(cut.min(tape.len())));
        ledger.submit(Commit { inputs: head.0.to_vec(), rows: tail.0.to_vec(), layouts, ..Commit::default() }).expect("taken");
        ledger.flush_blocking().expect("committed");
        ledger.submit(Commit { inputs: head.1.to_vec(), rows: tail.1.to_vec(), ..Commit::default() }).expect("taken");
        drop(ledger);
        let (ledger, _) = open(root.path());
        let back: Vec<_> = inputs(&ledger, 0).iter().map(exact_event).collect();
        prop_assert_eq!(back, events.iter().map(exact_event).collect::<Vec<_>>());
        let back: Vec<_> = rows(&ledger, 0).iter().map(|row| exact(row, row.values.clone())).collect();
        prop_assert_eq!(back, tape.iter().map(|row| exact(row, row.values.clone())).collect::<Vec<_>>());
    }
}
