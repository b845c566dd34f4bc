//! The first minutes of a data directory: imports and deploys that are cut short are made good at the next start, and
//! warm-up from imported bars, then live, is one run.

use std::path::Path;

use sconce_domain::time::SECOND;
use sconce_domain::{Control, InputEvent, InstrumentIndex, Nanos, Payload, Timeframe};
use sconce_engine::VerifyRange;
use sconce_ledger::{Commit, DataDir, Ledger};

use crate::batches::one_of_each;
use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, Said, Wanted, ledger_options, wanted};
use crate::market::{START, Script};
use crate::recorder::Recorder;
use crate::restart::killed_after;

fn with_past(count: usize) -> Script {
    Script { past: Script::past_bars(count, 30), ..Script::generated(count, 300, 8, 113) }
}

/// Imports, deploys, runs.
async fn from_import(root: &Path, script: &Script, wanted: &[Wanted]) -> Said {
    let host = Host::open(root, &Double::new(), 2);
    for _ in 0..2 {
        host.engine.open_market(script, &[Timeframe::M1], Nanos::from_secs(START)).await.expect("imports");
    }
    host.desire(&script.instruments, wanted).await;
    host.feed(script).await;
    let said = host.said().await;
    let verified =
        host.verifier(&Double::new()).verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(verified.is_equal(), "{verified:#?}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_starts_warm_from_imported_bars() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = with_past(2);
    let mean = wanted("mean", Recipe::new(Kind::Mean(3)));
    let said = from_import(dir.path(), &script, std::slice::from_ref(&mean)).await;
    assert!(said.starts.iter().all(|start| start.contains("warm_up: Some((0, 3))")), "{:?}", said.starts);
    let first = &said.of("mean")[0];
    assert!(first.as_of.0 < (START + 130) * SECOND, "it speaks at once: {}", first.as_of);
    let sconce_domain::Body::Signal(signal) = &first.body else { panic!("a signal") };
    assert!(
        (99.0..103.0).contains(&signal.score),
        "the mean of three bars, not of one and two zeros: {}",
        signal.score
    );
}

/// Leaves behind a process that ended after it took in some bars of one instrument.
fn cut_short(root: &Path, script: &Script, bars: usize) {
    let dir = DataDir::open(root).expect("free");
    let (ledger, _) = Ledger::open(&dir, ledger_options()).expect("opens");
    let id = script.instruments[0].id();
    let index = ledger.instrument(&id).expect("gives an index");
    let event = |seq, ts, instrument, payload| InputEvent { seq, ts_event: ts, ts_init: ts, instrument, payload };
    let register = Payload::Control(Control::Register { index, instrument: id });
    let known = vec![event(1, Nanos(0), InstrumentIndex::NONE, register.clone())];
    // The universe worker hears of it first.
    ledger.submit(Commit { worker: 2, inputs: known, recorded_at: Nanos(1), ..Commit::default() }).expect("takes it");
    let mut inputs = vec![event(1, Nanos(0), InstrumentIndex::NONE, register)];
    let own = script.past.iter().filter(|(at, _)| *at == 0).take(bars);
    for ((_, bar), seq) in own.zip(2..) {
        inputs.push(event(seq, bar.ts_close() + 2 * SECOND, index, Payload::Bar(*bar)));
    }
    ledger
        .submit(Commit { worker: index.0 % 2, inputs, recorded_at: Nanos(1), ..Commit::default() })
        .expect("takes it");
    ledger.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_short_is_made_good() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = with_past(3);
    let reference = from_import(&dir.path().join("reference"), &script, &one_of_each()).await;
    for bars in [0, 1, 17, 30] {
        let root = dir.path().join(bars.to_string());
        cut_short(&root, &script, bars);
        let said = from_import(&root, &script, &one_of_each()).await;
        let differences = said.differences(&reference);
        assert!(differences.is_empty(), "cut after {bars} bars: {differences:#?}");
    }
}

/// What was said, whichever start of an instance said it.
fn words(said: &Said) -> Vec<String> {
    let word = |output: &sconce_domain::Output| {
        format!("{} {:?} {} {} {:?}", output.deployment, output.instrument, output.as_of, output.ordinal, output.body)
    };
    let mut words: Vec<String> = said.outputs().iter().map(word).collect();
    words.sort();
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deploy_that_was_cut_short_is_made_good_on_every_worker() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let plugins = Double::new();
    let script = Script::generated(3, 150, 12, 127);
    let wanted = [wanted("ema", Recipe::new(Kind::Ema)), wanted("breadth", Recipe::new(Kind::Breadth))];
    let recorder = Recorder::record(&plugins, &script, &wanted, 2);
    let live = recorder.commits.iter().position(|commit| {
        commit.inputs.iter().any(|event| matches!(event.payload, Payload::Trade(_) | Payload::Quote(_)))
    });
    let mut reference = Vec::new();
    for hand_overs in (0..=live.expect("there are trades")).rev() {
        let root = dir.path().join(hand_overs.to_string());
        killed_after(&root, &script, &recorder, hand_overs);
        let host = Host::open(&root, &plugins, 2);
        host.desire(&script.instruments, &wanted).await;
        host.feed(&script).await;
        let said = words(&host.said().await);
        if reference.is_empty() {
            reference.clone_from(&said);
            assert!(said.len() > 30);
        }
        assert_eq!(said, reference, "killed after {hand_overs} hand-overs");
    }
}
