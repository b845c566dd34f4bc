//! Odd but possible: no look-back, an instrument that never trades, one that is not known, events about nothing.

use std::sync::Arc;

use sconce_domain::ports::{FeedEvent, Plugins};
use sconce_domain::{Control, Deployed, Digest, Nanos, Payload, SeriesPoint, TakerSide, Trade, Trigger};
use sconce_engine::effects::{Effects, UniverseRow};
use sconce_engine::universe::UniverseFold;
use sconce_engine::{RowModels, StatusBoard, VerifyRange};

use crate::batches::one_of_each;
use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, wanted};
use crate::market::{Script, instruments};
use crate::sim::run;

#[test]
fn no_look_back_starts_from_nothing() {
    let plugins = Double::new();
    let script = Script::generated(1, 600, 8, 103);
    let bare = wanted("labeller", Recipe { look_back: 0, ..Recipe::new(Kind::Labeller) });
    let (before, after) = script.halves(300);
    let mut sim = run(&plugins, &before, &[]);
    sim.deploy(&plugins, &script, &bare, 1, before.end() + 1);
    after.events.iter().for_each(|event| sim.event(event));
    let said = sim.said();
    assert!(said.of("labeller").len() > 10);
    assert!(said.starts.iter().all(|start| start.contains("warm_up: None")), "{:?}", said.starts);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_that_never_trades_is_silent() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut script = Script::generated(3, 400, 8, 107);
    script.events.retain(|event| event.instrument != 1);
    let host = Host::open(dir.path(), &Double::new(), 2);
    host.desire(&script.instruments, &one_of_each()).await;
    host.feed(&script).await;
    let said = host.said().await;
    assert!(said.outputs().iter().all(|output| output.instrument != Some(script.instruments[1].id())));
    assert!(!said.of("breadth").is_empty(), "the universe does not wait for it");
    let verified =
        host.verifier(&Double::new()).verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(verified.is_equal(), "{verified:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_numbers_and_odd_events_harm_nobody() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 500, 8, 109);
    let trade = |price, size| Payload::Trade(Trade { price, size, side: TakerSide::Unknown, id: 9_000_000 });
    let odd = [
        trade(f64::NAN, 1.0),
        trade(-1.0, f64::INFINITY),
        trade(0.0, -1.0),
        Payload::Series(SeriesPoint { name: "funding_rate".into(), value: f64::NAN }),
        Payload::Tick,
    ];
    let mut events = Vec::new();
    for (number, event) in script.events.iter().enumerate() {
        events.push(event.clone());
        // The same moment, an impossible past and a far future.
        let (ts_event, ts_init) =
            [(event.ts_event, event.ts_init), (Nanos::MIN, event.ts_init), (Nanos::MAX, event.ts_init)][number % 3];
        events.push(FeedEvent {
            instrument: event.instrument,
            ts_event,
            ts_init,
            payload: odd[number % odd.len()].clone(),
        });
    }
    let hostile = Script { events, ..script.clone() };
    let plugins = Double::new();
    let host = Host::open(dir.path(), &plugins, 2);
    host.desire(&script.instruments, &one_of_each()).await;
    host.feed(&hostile).await;
    host.engine.settle().await.expect("settles");
    assert_eq!(host.engine.workers(), (2, true), "all threads live");
    host.drop_it();
    let host = Host::open(dir.path(), &plugins, 2);
    let said = host.said().await;
    assert!(said.of("labeller").len() > 20);
    let verified = host.verifier(&plugins).verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(verified.is_equal(), "{verified:#?}");
}

#[test]
fn universe_rows_about_nothing_known_are_left_out() {
    let plugins = Double::new();
    let instruments = instruments(2);
    let shared = Arc::clone(&plugins) as Arc<dyn Plugins>;
    let mut fold = UniverseFold::new(shared, StatusBoard::default(), 1, 1, Default::default());
    for (instrument, index) in instruments.iter().zip(0..) {
        let index = sconce_domain::InstrumentIndex(index);
        fold.control(&Control::Register { index, instrument: instrument.id() }, Nanos(0));
    }
    let prepared = wanted("breadth", Recipe::new(Kind::Breadth)).prepare(&plugins, &instruments);
    let deployed = Deployed { revision: 1, at: Nanos(5), ..prepared.deployed().clone() };
    fold.control(&Control::Deploy(Box::new(deployed)), Nanos(5));
    let row = |id: &str, at: i64, instrument: u32, trigger: Trigger| UniverseRow {
        deployment: id.parse().expect("a valid id"),
        at: Nanos(at),
        ts: Nanos(10),
        instrument: sconce_domain::InstrumentIndex(instrument),
        trigger,
        values: vec![1.0, 1.0],
        chain: Digest::of(b"row"),
        models: RowModels::default(),
    };
    let rows = vec![
        row("breadth", 5, 77, Trigger(1)),
        row("breadth", 4, 0, Trigger(1)),
        row("stranger", 5, 0, Trigger(1)),
        row("stranger", 5, 0, Trigger::WARM_UP),
        row("breadth", 5, 1, Trigger(1)),
    ];
    let mut effects = Effects::default();
    assert_eq!(fold.push(0, rows, Nanos(20), &mut effects), Nanos(20));
    let outputs = effects.records.iter().filter(|record| record.kind() == "output").count();
    assert_eq!(outputs, 3, "two words about the one known row, and one about the moment");
}
