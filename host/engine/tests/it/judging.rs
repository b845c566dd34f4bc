//! Everything that is said is judged, once, by what the market did: checked against a search through all prices, and the
//! same wherever the process ends and whatever becomes of the judge's own file.

use std::collections::BTreeMap;
use std::path::Path;

use sconce_domain::score::SignalFigures;
use sconce_domain::time::{DAY, HOUR, MINUTE};
use sconce_domain::{Nanos, Output, OutputId, Payload, Unjudged, Verdict};
use sconce_judge::Card;
use sconce_judge::scores::GroupBy;

use crate::batches::{one_of_each, whole_run};
use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, Said, Wanted, wanted};
use crate::market::{Dice, Script};

const HORIZONS: [i64; 4] = [15 * MINUTE, HOUR, 4 * HOUR, DAY];

/// A market without late prints and with hours in which nothing trades: price and time of what is next are the script's.
fn market() -> Script {
    let mut script = Script::generated(2, 900, 8, 71);
    for event in &mut script.events {
        event.ts_event = event.ts_init;
    }
    let (first, middle) = (script.events[0].ts_init, script.events[450].ts_init);
    for event in &mut script.events[450..] {
        event.ts_event = event.ts_event + 3 * HOUR;
        event.ts_init = event.ts_event;
    }
    assert!(middle - first > 50 * MINUTE, "the first half lasts {} minutes", (middle - first) / MINUTE);
    script
}

fn speakers() -> [Wanted; 2] {
    [wanted("labeller", Recipe::new(Kind::Labeller)), wanted("breadth", Recipe::new(Kind::Breadth))]
}

/// Prices of an instrument in order of time.
fn prices(script: &Script) -> BTreeMap<String, Vec<(Nanos, f64)>> {
    let mut prices: BTreeMap<String, Vec<(Nanos, f64)>> = BTreeMap::new();
    for event in &script.events {
        let price = match &event.payload {
            Payload::Trade(trade) => trade.price,
            Payload::Quote(quote) => quote.bid + (quote.ask - quote.bid) / 2.0,
            _ => continue,
        };
        let id = script.instruments[event.instrument as usize].id().to_string();
        prices.entry(id).or_default().push((event.ts_init, price));
    }
    prices
}

/// What the first price at or after `due` is worth to a claim of this horizon; nothing while none has come.
fn first(prices: &[(Nanos, f64)], due: Nanos, horizon: i64) -> Option<Option<(Nanos, f64)>> {
    let found = prices.iter().find(|(ts, _)| *ts >= due)?;
    let tolerance = (horizon / 4).clamp(5 * MINUTE, DAY);
    Some((found.0 - due <= tolerance).then_some(*found))
}

/// What must stand in the ledger about a signal at a horizon; nothing where it waits still.
fn expected(prices: &[(Nanos, f64)], output: &Output, horizon: i64) -> Option<String> {
    let Some(entry) = first(prices, output.as_of, horizon)? else { return Some("no_entry_price".to_owned()) };
    let Some(exit) = first(prices, entry.0 + horizon, horizon)? else { return Some("no_exit_price".to_owned()) };
    Some(format!("{entry:?} {exit:?}"))
}

fn found(verdict: Verdict) -> String {
    match verdict {
        Verdict::Moved { entry, exit } => format!("{:?} {:?}", (entry.ts, entry.price), (exit.ts, exit.price)),
        Verdict::Unjudged { reason } => reason.as_str().to_owned(),
        Verdict::Closed { .. } => "closed".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signal_is_judged_once_by_the_first_prices() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market();
    let said = whole_run(dir.path(), &script, &speakers(), 2).await;
    let prices = prices(&script);
    let mut wanted: BTreeMap<(OutputId, i64), String> = BTreeMap::new();
    for output in said.outputs() {
        let Some(instrument) = &output.instrument else { continue };
        for horizon in HORIZONS {
            if let Some(answer) = expected(&prices[instrument.as_str()], &output, horizon) {
                wanted.insert((output.id, horizon), answer);
            }
        }
    }
    let judged: BTreeMap<_, _> = said.outcomes.iter().map(|(key, outcome)| (*key, found(outcome.verdict))).collect();
    assert_eq!(judged, wanted);
    let count = |reason: Unjudged| judged.values().filter(|answer| *answer == reason.as_str()).count();
    let gaps = count(Unjudged::NoEntryPrice) + count(Unjudged::NoExitPrice);
    let moved = judged.len() - gaps;
    assert!(moved > 100 && gaps > 20, "{moved} have an answer, {gaps} have none");
    for producer in ["labeller", "breadth"] {
        assert!(said.outcomes.values().any(|outcome| outcome.claim.producer.to_string().starts_with(producer)));
    }
}

/// Every card, by its key and its figures.
fn cards(host: &Host) -> BTreeMap<String, SignalFigures> {
    host.engine.scores().read(|book| {
        let all = GroupBy { instrument: true, horizon: true, label: true };
        let figures = |(key, card): (_, Card)| match card {
            Card::Signals(tally) => (format!("{key:?}"), tally.figures()),
            Card::Forecasts(_) => unreachable!("nobody forecasts"),
        };
        book.grouped(all).into_iter().map(figures).collect()
    })
}

/// A life that goes on to the end, and the score cards at its end.
async fn to_the_end(root: &Path, script: &Script) -> (Said, BTreeMap<String, SignalFigures>) {
    let plugins = Double::new();
    for wanted in one_of_each() {
        plugins.load(&wanted.recipe);
    }
    let host = Host::open(root, &plugins, 2);
    host.desire(&script.instruments, &one_of_each()).await;
    host.feed(script).await;
    let said = host.said().await;
    let cards = cards(&host);
    host.drop_it();
    (said, cards)
}

/// Feeds half, ends the process, does something to the judge's file, and goes on.
async fn check_second_life(reference: &(Said, BTreeMap<String, SignalFigures>), spoil: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market().cut(&mut Dice(3), 30);
    let host = Host::open(dir.path(), &Double::new(), 2);
    host.desire(&script.instruments, &one_of_each()).await;
    let (half, _) = script.halves(430);
    host.feed(&Script { cuts: script.cuts.iter().copied().filter(|end| *end < 430).collect(), ..half }).await;
    host.engine.shutdown().await.expect("shuts down");
    let first = Said::read(&host.ledger).await;
    assert!(first.outcomes.len() > 50, "{} matured in the first life", first.outcomes.len());
    host.drop_it();
    let state = dir.path().join("checkpoints/judge.state");
    assert!(state.exists(), "an ordered end writes down what the judge knows");
    spoil(&state);
    let (said, cards) = to_the_end(dir.path(), &script).await;
    let differences = said.differences(&reference.0);
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!(cards, reference.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_judges_what_no_restart_judges() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let reference = to_the_end(dir.path(), &market()).await;
    assert!(reference.0.outcomes.len() > 500 && reference.1.len() > 10, "{} outcomes", reference.0.outcomes.len());
    check_second_life(&reference, |_| ()).await;
    check_second_life(&reference, |state| std::fs::remove_file(state).expect("there")).await;
    check_second_life(&reference, |state| std::fs::write(state, "nonsense").expect("writable")).await;
    let cut = |state: &Path| {
        let whole = std::fs::read(state).expect("there");
        std::fs::write(state, &whole[..whole.len() / 2]).expect("writable");
    };
    check_second_life(&reference, cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_there_while_the_host_runs() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market();
    let host = Host::open(dir.path(), &Double::new(), 1);
    host.desire(&script.instruments, &speakers()).await;
    assert!(cards(&host).is_empty(), "nothing has matured");
    host.feed(&script).await;
    host.engine.settle().await.expect("settles");
    assert!(host.engine.judged().await, "the judge lives");
    let judged: u64 = cards(&host).values().map(|figures| figures.n).sum();
    let said = host.said().await;
    let moved = said.outcomes.values().filter(|outcome| outcome.forward_return().is_some()).count();
    assert_eq!((judged, judged > 0), (moved as u64, true));
}
