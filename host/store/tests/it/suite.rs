//! What both databases must do. Each case is handed an empty store behind the port, attached.

use std::future::Future;
use std::pin::Pin;

use sconce_domain::ports::Store;
use sconce_domain::ports::store::{BarFilter, FindingPlace, OutcomeFilter, OutputFilter, PositionState, Table};
use sconce_domain::{BarSource, ErrorKind, Nanos, OutputId, Posture, Record, Timeframe};

use crate::fixtures::{
    audit_line, bar, entry, fault, log_line, matured, moved, observation, output, said, said_at, verdicts,
};

type Case = for<'a> fn(&'a dyn Store) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

macro_rules! cases {
    ($($case:ident),* $(,)?) => { &[$((stringify!($case), |store| Box::pin($case(store)))),*] };
}

/// Name and body of every case.
pub(crate) const CASES: &[(&str, Case)] = cases![
    an_empty_store_answers_nothing,
    every_kind_of_record_comes_back,
    projecting_twice_changes_nothing,
    a_failed_batch_leaves_nothing_behind,
    many_rows_go_in_chunks,
    outputs_are_filtered_and_paged,
    findings_come_newest_first,
    the_latest_output_is_the_newest_by_time,
    the_latest_output_of_each_timeframe,
    the_audit_is_paged_newest_first,
    a_position_is_what_the_newest_move_left,
    outcomes_are_filtered_and_paged,
    bars_come_in_versions,
    what_is_old_is_forgotten,
    hostile_text_stays_text,
];

const BTC: Option<&str> = Some("BTC-USDT@demo");
const ETH: Option<&str> = Some("ETH-USDT@demo");

async fn an_empty_store_answers_nothing(store: &dyn Store) {
    store.ping().await.expect("reachable");
    assert_eq!(store.position().await, Ok(0));
    assert_eq!(store.bar_position().await, Ok(0));
    assert_eq!(store.outputs(&OutputFilter::default(), 0, 10).await, Ok(vec![]));
    assert_eq!(store.output(OutputId([0; 16])).await, Ok(None));
    assert_eq!(store.latest_outputs(None).await, Ok(vec![]));
    assert_eq!(store.findings(&OutputFilter::default(), None, 10).await, Ok(vec![]));
    assert_eq!(store.audit(None, 10).await, Ok(vec![]));
    assert_eq!(store.observations(10).await, Ok(vec![]));
    assert_eq!(store.positions().await, Ok(vec![]));
    store.project(&[]).await.expect("nothing is soon done");
    store.project_bars(&[], 0).await.expect("nothing is soon done");
}

async fn every_kind_of_record_comes_back(store: &dyn Store) {
    let entries = [
        said(1, "scalp", BTC, 10, false),
        entry(2, Record::StrategyLog(log_line("first"))),
        entry(3, Record::StrategyLog(log_line("second"))),
        entry(4, Record::Observation(observation(1.5))),
        entry(5, Record::Observation(observation(2.5))),
        entry(6, Record::Fault(fault(BTC))),
        entry(7, Record::Fault(fault(None))),
    ];
    store.project(&entries).await.expect("projected");
    assert_eq!(store.position().await, Ok(7));
    let scalp = "scalp".parse().expect("valid");
    assert_eq!(store.strategy_logs(&scalp, 10).await, Ok(vec![log_line("second"), log_line("first")]));
    assert_eq!(store.strategy_logs(&scalp, 1).await, Ok(vec![log_line("second")]));
    assert_eq!(store.strategy_logs(&"other".parse().expect("valid"), 10).await, Ok(vec![]));
    assert_eq!(store.observations(10).await, Ok(vec![observation(2.5), observation(1.5)]));
    assert_eq!(store.faults(&scalp, 10).await, Ok(vec![fault(None), fault(BTC)]));
    let said = output("scalp", BTC, 10, false);
    let found = store.output(said.id).await.expect("readable").expect("there");
    assert_eq!((found.seq, found.recorded_at, found.output.canonical()), (1, Nanos(100), said.canonical()));
}

async fn projecting_twice_changes_nothing(store: &dyn Store) {
    let entries = [said(1, "scalp", BTC, 10, false), entry(2, Record::Observation(observation(1.5)))];
    let more = [entries[1].clone(), said(3, "scalp", BTC, 20, false)];
    for batch in [&entries[..], &entries[..], &more[..], &entries[..1]] {
        store.project(batch).await.expect("projected");
    }
    assert_eq!(store.position().await, Ok(3));
    assert_eq!(store.observations(10).await.map(|found| found.len()), Ok(1));
    assert_eq!(store.outputs(&OutputFilter::default(), 0, 10).await.map(|found| found.len()), Ok(2));
    let hole = store.project(&[said(5, "scalp", BTC, 30, false)]).await.expect_err("4 is missing");
    assert_eq!(hole.kind, ErrorKind::Conflict);
    assert_eq!(store.position().await, Ok(3));
}

async fn a_failed_batch_leaves_nothing_behind(store: &dyn Store) {
    let broken = [said(1, "scalp", BTC, 10, false), said(3, "scalp", BTC, 20, false)];
    store.project(&broken).await.expect_err("2 is missing");
    assert_eq!(store.position().await, Ok(0));
    assert_eq!(store.outputs(&OutputFilter::default(), 0, 10).await, Ok(vec![]));
}

async fn outputs_are_filtered_and_paged(store: &dyn Store) {
    let entries = [
        said(1, "scalp", BTC, 10, false),
        said(2, "scalp", ETH, 10, true),
        said(3, "swing", BTC, 20, true),
        said(4, "scalp", BTC, 30, false),
        said(5, "breadth", None, 30, false),
    ];
    store.project(&entries).await.expect("projected");
    let all = OutputFilter::default();
    let of = |deployment: &str| Some(deployment.parse().expect("valid"));
    let check = async |filter: OutputFilter, after, limit, expected: &[u64]| {
        let found = store.outputs(&filter, after, limit).await.expect("readable");
        assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "{filter:?}");
    };
    check(all.clone(), 0, 10, &[1, 2, 3, 4, 5]).await;
    check(all.clone(), 2, 2, &[3, 4]).await;
    check(all.clone(), u64::MAX, 2, &[]).await;
    check(OutputFilter { deployment: of("scalp"), ..all.clone() }, 0, 10, &[1, 2, 4]).await;
    let btc = BTC.map(|id| id.parse().expect("valid"));
    check(OutputFilter { instrument: btc.clone(), ..all.clone() }, 0, 10, &[1, 3, 4]).await;
    check(OutputFilter { deployment: of("scalp"), instrument: btc, ..all.clone() }, 1, 10, &[4]).await;
    check(OutputFilter { findings_only: true, ..all.clone() }, 0, 10, &[2, 3]).await;
    check(OutputFilter { from: Some(Nanos(20)), to: Some(Nanos(30)), ..all }, 0, 10, &[3]).await;
}

async fn the_latest_output_is_the_newest_by_time(store: &dyn Store) {
    let entries = [
        said(1, "scalp", BTC, 30, false),
        said(2, "scalp", BTC, 20, false),
        said(3, "scalp", ETH, 20, false),
        said(4, "scalp", None, 5, false),
        said(5, "scalp", ETH, 25, false),
    ];
    store.project(&entries).await.expect("projected");
    let found = store.latest_outputs(None).await.expect("readable");
    let mut latest: Vec<u64> = found.into_iter().map(|latest| latest.row.seq).collect();
    latest.sort_unstable();
    assert_eq!(latest, [1, 4, 5]);
}

async fn the_latest_output_of_each_timeframe(store: &dyn Store) {
    let (m1, m5, both, timer) = ([Timeframe::M1].as_slice(), &[Timeframe::M5], &[Timeframe::M1, Timeframe::M5], &[]);
    let entries =
        [said_at(1, 10, both), said_at(2, 20, m1), said_at(3, 30, timer), said_at(4, 25, m5), said_at(5, 25, m1)];
    store.project(&entries[..1]).await.expect("projected");
    store.project(&entries).await.expect("projected");
    let found = store.latest_outputs(Some(&"scalp".parse().expect("valid"))).await.expect("readable");
    let mut found: Vec<_> = found.into_iter().map(|latest| (latest.timeframe, latest.row.seq)).collect();
    found.sort_unstable();
    assert_eq!(found, [(None, 3), (Some(Timeframe::M1), 5), (Some(Timeframe::M5), 4)]);
    assert_eq!(store.latest_outputs(Some(&"other".parse().expect("valid"))).await, Ok(vec![]));
}

async fn many_rows_go_in_chunks(store: &dyn Store) {
    let entries: Vec<_> = (1..=2_345).map(|seq| said(seq, "scalp", BTC, seq.cast_signed(), seq % 2 == 0)).collect();
    store.project(&entries).await.expect("projected");
    let bars: Vec<_> = (1..=1_001).map(|number| bar(number * 300, 0, 1.0, BarSource::Trades)).collect();
    store.project_bars(&bars, 1_001).await.expect("projected");
    let found = store.outputs(&OutputFilter::default(), 0, 10_000).await.expect("readable");
    assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), (1..=2_345).collect::<Vec<_>>());
    assert_eq!((store.position().await, store.bar_position().await), (Ok(2_345), Ok(1_001)));
    assert_eq!(store.latest_outputs(None).await.map(|latest| latest[0].row.seq), Ok(2_345));
}

async fn findings_come_newest_first(store: &dyn Store) {
    let entries = [
        said(1, "scalp", BTC, 10, true),
        said(2, "scalp", ETH, 30, true),
        said(3, "swing", BTC, 20, true),
        said(4, "swing", BTC, 25, false),
        said(5, "scalp", BTC, 20, true),
    ];
    store.project(&entries).await.expect("projected");
    let all = OutputFilter::default();
    let scalp = Some("scalp".parse().expect("valid"));
    let btc = BTC.map(|id| id.parse().expect("valid"));
    let place = |as_of, seq| Some(FindingPlace { as_of: Nanos(as_of), seq });
    let check = async |filter: OutputFilter, before, limit, expected: &[u64]| {
        let found = store.findings(&filter, before, limit).await.expect("readable");
        assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "{filter:?} {before:?}");
    };
    check(all.clone(), None, 10, &[2, 5, 3, 1]).await;
    check(all.clone(), None, 2, &[2, 5]).await;
    check(all.clone(), place(20, 5), 2, &[3, 1]).await;
    check(all.clone(), place(10, 1), 2, &[]).await;
    check(OutputFilter { deployment: scalp.clone(), ..all.clone() }, None, 10, &[2, 5, 1]).await;
    check(OutputFilter { instrument: btc.clone(), ..all.clone() }, None, 10, &[5, 3, 1]).await;
    check(OutputFilter { deployment: scalp, instrument: btc, ..all.clone() }, place(20, 5), 10, &[1]).await;
    check(OutputFilter { from: Some(Nanos(20)), to: Some(Nanos(30)), ..all }, None, 10, &[5, 3]).await;
}

async fn the_audit_is_paged_newest_first(store: &dyn Store) {
    let entries: Vec<_> = (1..=5).map(|seq| entry(seq, Record::Audit(audit_line(&format!("trade {seq}"))))).collect();
    store.project(&entries).await.expect("projected");
    let check = async |before, limit, expected: &[u64]| {
        let found = store.audit(before, limit).await.expect("readable");
        assert_eq!(found.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "{before:?}");
    };
    check(None, 2, &[5, 4]).await;
    check(Some(4), 2, &[3, 2]).await;
    check(Some(1), 2, &[]).await;
    assert_eq!(store.audit(None, 1).await.expect("readable")[0].record, audit_line("trade 5"));
}

async fn what_is_old_is_forgotten(store: &dyn Store) {
    // Recorded at 100, 200, … in the order of their numbers.
    let entries = [
        said(1, "scalp", BTC, 10, true),
        said(2, "scalp", BTC, 20, true),
        said(3, "scalp", ETH, 10, true),
        entry(4, Record::StrategyLog(log_line("old"))),
        entry(5, Record::Observation(observation(1.5))),
        entry(6, Record::Fault(fault(BTC))),
        entry(7, Record::Outcome(Box::new(matured("scalp", 10, verdicts()[0])))),
        entry(8, Record::Audit(audit_line("old"))),
        entry(9, Record::StrategyLog(log_line("new"))),
        entry(10, Record::Outcome(Box::new(matured("scalp", 20, verdicts()[0])))),
    ];
    store.project(&entries).await.expect("projected");
    let bars =
        [bar(300, 0, 1.0, BarSource::Trades), bar(600, 0, 2.0, BarSource::Trades), bar(900, 0, 3.0, BarSource::Trades)];
    store.project_bars(&bars, 3).await.expect("projected");
    let gone = async |table, age, limit, expected: u64| {
        assert_eq!(store.expire(table, age, Nanos(1_100), limit).await, Ok(expected), "{table:?}");
    };
    for table in Table::ALL {
        gone(table, i64::MAX, 10, 0).await;
    }
    gone(Table::Outputs, 250, 10, 1).await;
    gone(Table::StrategyLogs, 250, 10, 1).await;
    gone(Table::Observations, 250, 10, 1).await;
    gone(Table::Faults, 250, 10, 1).await;
    gone(Table::Audit, 250, 10, 1).await;
    gone(Table::Outcomes, 250, 10, 1).await;
    gone(Table::Outcomes, 250, 10, 0).await;
    gone(Table::Bars, 250, 1, 1).await;
    gone(Table::Bars, 250, 10, 1).await;
    gone(Table::Bars, 250, 10, 0).await;
    let left = store.outputs(&OutputFilter::default(), 0, 10).await.expect("readable");
    assert_eq!(left.iter().map(|row| row.seq).collect::<Vec<_>>(), [2, 3], "the newest of each stay");
    let scalp = "scalp".parse().expect("valid");
    assert_eq!(store.strategy_logs(&scalp, 10).await, Ok(vec![log_line("new")]));
    let outcomes = store.outcomes(&OutcomeFilter::default(), 0, 10).await.expect("readable");
    assert_eq!(outcomes.iter().map(|row| row.seq).collect::<Vec<_>>(), [10]);
    assert_eq!(store.position().await, Ok(10), "what is forgotten is not projected again");
}

async fn bars_come_in_versions(store: &dyn Store) {
    let trades = BarSource::Trades;
    let first = [bar(300, 0, 1.0, trades), bar(600, 0, 2.0, trades), bar(900, 0, 3.0, trades)];
    store.project_bars(&first, 3).await.expect("projected");
    let late = [bar(300, 1, 1.1, trades), bar(600, 0, 2.2, BarSource::History)];
    store.project_bars(&late, 5).await.expect("projected");
    store.project_bars(&late, 5).await.expect("projected again");
    store.project_bars(&first, 3).await.expect("old ground");
    assert_eq!(store.bar_position().await, Ok(5));
    let filter = BarFilter {
        instrument: "BTC-USDT@demo".parse().expect("valid"),
        timeframe: Timeframe::M5,
        from: None,
        to: None,
        all_revisions: false,
        limit: 10,
    };
    let check = async |filter: BarFilter, expected: &[f64]| {
        let found = store.bars(&filter).await.expect("readable");
        assert_eq!(found.iter().map(|record| record.bar.close).collect::<Vec<_>>(), expected, "{filter:?}");
    };
    check(filter.clone(), &[1.1, 2.2, 3.0]).await;
    check(BarFilter { limit: 2, ..filter.clone() }, &[2.2, 3.0]).await;
    check(BarFilter { all_revisions: true, ..filter.clone() }, &[1.0, 1.1, 2.0, 2.2, 3.0]).await;
    check(BarFilter { from: Some(Nanos(600)), to: Some(Nanos(900)), ..filter.clone() }, &[2.2]).await;
    check(BarFilter { timeframe: Timeframe::H1, ..filter.clone() }, &[]).await;
    let found = store.bars(&filter).await.expect("readable");
    assert_eq!(format!("{:?}", found[2]), format!("{:?}", first[2]), "absent numbers and large counts included");
}

async fn a_position_is_what_the_newest_move_left(store: &dyn Store) {
    let entries = [
        entry(1, moved(BTC, Posture::Flat, Posture::Long, 10)),
        entry(2, moved(ETH, Posture::Flat, Posture::Short, 20)),
        entry(3, moved(BTC, Posture::Long, Posture::Flat, 30)),
    ];
    let check = async |expected: &[PositionState]| assert_eq!(store.positions().await.as_deref(), Ok(expected));
    let at = |instrument: Option<&str>, status, avg_price, updated_at, last_action: &str| PositionState {
        instrument: instrument.expect("named").parse().expect("valid"),
        status,
        avg_price,
        updated_at: Nanos(updated_at),
        last_action: last_action.to_owned(),
        last_conf: Some(0.7),
    };
    check(&[]).await;
    store.project(&entries[..2]).await.expect("projected");
    let eth = at(ETH, Posture::Short, Some(1.25), 20, "enter_short");
    check(&[at(BTC, Posture::Long, Some(1.25), 10, "enter_long"), eth.clone()]).await;
    store.project(&entries).await.expect("projected");
    store.project(&entries[..1]).await.expect("projected again");
    check(&[at(BTC, Posture::Flat, None, 30, "exit_long"), eth]).await;
}

async fn outcomes_are_filtered_and_paged(store: &dyn Store) {
    let matured: Vec<_> = (1_i64..)
        .zip(verdicts())
        .map(|(at, verdict)| matured(["scalp", "swing"][at as usize % 2], at, verdict))
        .collect();
    let entries: Vec<_> =
        (1..).zip(&matured).map(|(seq, outcome)| entry(seq, Record::Outcome(Box::new(outcome.clone())))).collect();
    store.project(&entries).await.expect("projected");
    store.project(&entries).await.expect("projected again");
    let check = async |filter: OutcomeFilter, after: u64, limit: u32, expected: &[u64]| {
        let found = store.outcomes(&filter, after, limit).await.expect("readable");
        let places: Vec<u64> = found.iter().map(|row| row.seq).collect();
        assert_eq!(places, expected, "{filter:?} after {after}");
        for row in found {
            assert_eq!(row.outcome, matured[row.seq as usize - 1], "it comes back as it was");
        }
    };
    let all = OutcomeFilter::default();
    check(all.clone(), 0, 10, &[1, 2, 3, 4]).await;
    check(all.clone(), 1, 2, &[2, 3]).await;
    check(OutcomeFilter { from: Some(Nanos(3)), ..all.clone() }, 0, 10, &[3, 4]).await;
    let scalp = OutcomeFilter { deployment: Some("scalp".parse().expect("valid")), ..all };
    check(scalp.clone(), 0, 10, &[2, 4]).await;
    check(OutcomeFilter { from: Some(Nanos(3)), ..scalp }, 0, 10, &[4]).await;
}

async fn hostile_text_stays_text(store: &dyn Store) {
    let mut line = log_line("'); DROP TABLE outputs; --");
    line.event = "\u{202e}\n\t\"$1\" \\ \u{10ffff}".into();
    let nul = log_line("a\0b");
    let entries = [entry(1, Record::StrategyLog(line.clone())), entry(2, Record::StrategyLog(nul.clone()))];
    store.project(&entries).await.expect("projected");
    let scalp = "scalp".parse().expect("valid");
    // PostgreSQL has no NUL in texts; it is shown, on both alike.
    let shown = log_line("a\u{2400}b");
    assert_eq!(store.strategy_logs(&scalp, 10).await, Ok(vec![shown, line]));
    assert_eq!(store.outputs(&OutputFilter::default(), 0, 10).await, Ok(vec![]));
}
