//! `verify` and `explain`: everything that was said can be made again, whatever happened meanwhile, and what cannot is
//! named with the right reason.

use std::sync::Arc;

use sconce_domain::time::MINUTE;
use sconce_domain::{Control, InstrumentId, Nanos};
use sconce_engine::{Explanation, VerifyRange, explain};
use sconce_ledger::{DataDir, Ledger};

use crate::batches::one_of_each;
use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Host, Wanted, digest, ledger_options, policy, wanted};
use crate::market::{Dice, Script};
use crate::recorder::Recorder;

/// Plugins that fail in every way, alone and for all instruments at once.
fn troubled() -> Vec<Wanted> {
    let moods = [Mood::Trap, Mood::Fuel, Mood::Deadline, Mood::Internal, Mood::BadOutput, Mood::BadInput];
    let mut all = one_of_each();
    for mood in moods {
        all.push(wanted(&format!("moody-{mood:?}"), Recipe::new(Kind::Moody(mood, 3))));
        all.push(wanted(&format!("always-{mood:?}"), Recipe::new(Kind::Moody(mood, 1))));
        all.push(wanted(&format!("crowd-{mood:?}"), Recipe::new(Kind::Crowd(mood, 3))));
    }
    for (id, kind) in
        [("slow-ema", Kind::Ema), ("crowd-slow", Kind::Breadth), ("moody-slow", Kind::Moody(Mood::Trap, 3))]
    {
        let mut slow = wanted(id, Recipe::new(kind));
        slow.spec.config = serde_json::json!({"sluggish": true});
        all.push(slow);
    }
    all
}

/// A host that has been through traps, deadlines, openings of breakers, a swap, a restart and two calls on demand.
async fn eventful(root: &std::path::Path, plugins: &Arc<Double>, script: &Script, workers: u32) -> Host {
    plugins.pull_brake(true);
    let host = Host::open(root, plugins, workers);
    host.desire(&script.instruments, &troubled()).await;
    let (first, _) = script.halves(script.events.len() / 2);
    host.feed(&first.cut(&mut Dice(2), 50)).await;
    let ask = |id: &str| Control::RunNow { deployment: id.parse().expect("a valid id"), instrument: None };
    host.engine.apply(vec![ask("ema"), ask("breadth"), ask("labeller")]).await.expect("runs now");
    host.engine.settle().await.expect("settles");
    host.drop_it();
    // Nothing is slow any more; what was stopped before stays stopped.
    plugins.pull_brake(false);
    let host = Host::open(root, plugins, workers);
    let swapped: Vec<Wanted> = troubled().iter().map(|wanted| wanted.version(2)).collect();
    host.desire(&script.instruments, &swapped).await;
    host.feed(script).await;
    host.engine.settle().await.expect("settles");
    host
}

fn is_of_universe(id: &str) -> bool {
    id.starts_with("breadth") || id.starts_with("crowd")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_made_again() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(3, 300, 12, 53);
    let mut said = Vec::new();
    for workers in [1, 2] {
        let plugins = Double::new();
        let host = eventful(&dir.path().join(workers.to_string()), &plugins, &script, workers).await;
        let all = host.said().await;
        for class in ["trap", "out_of_fuel", "deadline", "internal", "bad_output"] {
            assert!(all.faults.keys().any(|fault| fault.contains(&format!("class: \"{class}\""))), "no {class}");
        }
        assert!(all.faults.keys().all(|fault| !fault.contains("bad_input")));
        assert!(all.faults.values().all(|count| *count == 1), "a fault is recorded once");
        // The verifier knows no plugin: it takes the kept artefacts.
        let verifier = host.verifier(&Double::new());
        let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
        assert!(verified.is_equal(), "{workers} workers: {verified:#?}");
        assert_eq!(verified.outputs, all.outputs.len() as u64);
        let raw = verifier.verify_from_raw(workers, &policy()).await.expect("folds again");
        assert_eq!(raw.different, Vec::<String>::new());
        let of_universe = all.outputs().iter().filter(|output| is_of_universe(output.deployment.as_str())).count();
        assert_eq!(raw.outputs as usize, all.outputs.len() - of_universe);
        said.push(all);
    }
    let differences = said[0].differences(&said[1]);
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_question_is_answered_alone() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 400, 6, 59);
    let host = Host::open(dir.path(), &Double::new(), 1);
    host.desire(&script.instruments, &one_of_each()).await;
    host.feed(&script).await;
    let said = host.said().await;
    let verifier = host.verifier(&Double::new());
    for output in said.outputs().iter().step_by(17) {
        let one = VerifyRange { id: Some(output.id), ..VerifyRange::default() };
        let verified = verifier.verify(&one, &mut |_, _| {}).await.expect("verifies");
        assert_eq!((verified.outputs, verified.equal, verified.different), (1, 1, Vec::new()));
        let moment = VerifyRange {
            from: Some(output.as_of),
            to: Some(output.as_of + 5 * MINUTE),
            deployment: Some(output.deployment.clone()),
            id: None,
        };
        assert!(verifier.verify(&moment, &mut |_, _| {}).await.expect("verifies").is_equal());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_is_not_the_same_is_found() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 8, 61);
    let recipes = [Recipe::new(Kind::Labeller), Recipe::new(Kind::Breadth)];
    let host = Host::open(dir.path(), &Double::new(), 2);
    let wanted = [wanted("labeller", recipes[0].clone()), wanted("breadth", recipes[1].clone())];
    host.desire(&script.instruments, &wanted).await;
    host.feed(&script).await;
    let said = host.said().await;
    let cases = [
        (&recipes[0], Recipe { version: 9, ..recipes[0].clone() }, "labeller", "the plugin says something else now"),
        (&recipes[0], Recipe::new(Kind::NeverReady), "labeller", "the plugin says nothing here now"),
        (&recipes[1], Recipe { version: 9, ..recipes[1].clone() }, "breadth", "the plugin says something else now"),
        (&recipes[1], Recipe::new(Kind::Moody(Mood::Trap, 1)), "breadth", "the plugin says nothing here now"),
    ];
    for (recipe, instead, id, reason) in cases {
        let plugins = Double::new();
        plugins.tamper(digest(recipe), instead);
        let verifier = host.verifier(&plugins);
        let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
        assert_eq!(verified.different.len(), said.of(id).len(), "{id}");
        assert!(verified.different.iter().all(|found| found.reason == reason && found.deployment.as_str() == id));
        assert_eq!(verified.equal as usize, said.outputs.len() - said.of(id).len(), "the other one is equal");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_not_the_same_is_found() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let plugins = Double::new();
    let script = Script::generated(1, 300, 8, 67);
    let wanted = [wanted("ema", Recipe::new(Kind::Ema)), wanted("breadth", Recipe::new(Kind::Breadth))];
    let mut recorder = Recorder::record(&plugins, &script, &wanted, 1);
    let rows = recorder.commits.iter_mut().flat_map(|commit| &mut commit.rows);
    let row = rows.skip(10).find(|row| row.values[0].is_finite()).expect("a row with a number");
    row.values[0] *= 1.01;
    let (seq, ts) = (row.seq, row.ts);
    let data = DataDir::open(dir.path()).expect("free");
    let (ledger, _) = Ledger::open(&data, ledger_options()).expect("opens");
    ledger.instrument(&script.instruments[0].id()).expect("gives an index");
    for commit in &recorder.commits {
        ledger.submit(commit.clone()).expect("takes it");
    }
    ledger.flush().await.expect("commits");
    let verifier = sconce_engine::Verifier::new(ledger, data, plugins);
    let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(!verified.different.is_empty());
    assert!(
        verified
            .different
            .iter()
            .all(|found| found.reason == "the rows before it are not the rows that it was made from")
    );
    assert!(verified.different.iter().all(|found| Nanos::parse(&found.as_of).expect("a time") >= ts));
    assert_eq!(verified.equal + verified.different.len() as u64, verified.outputs);
    let raw = verifier.verify_from_raw(1, &policy()).await.expect("folds again");
    assert!(raw.different[0].contains(&format!("row {seq} ")), "{:?}", raw.different);
}

#[tokio::test(flavor = "multi_thread")]
async fn explanations() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(1, 500, 8, 71);
    let host = Host::open(dir.path(), &Double::new(), 1);
    let mut all = one_of_each();
    all.push(wanted("always-trap", Recipe::new(Kind::Moody(Mood::Trap, 1))));
    host.desire(&script.instruments, &all).await;
    let (first, _) = script.halves(400);
    host.feed(&first).await;
    host.desire(&script.instruments, &all[1..]).await;
    host.feed(&script).await;
    let said = host.said().await;
    let verifier = host.verifier(&Double::new());
    let instrument: InstrumentId = script.instruments[0].id();
    let ask = async |id: &str, at: Nanos| explain(&verifier, &id.parse().expect("a valid id"), &instrument, at).await;
    let reason = |answer: Result<Explanation, _>| {
        answer.map(|found| found.reason).map_err(|error: sconce_engine::EngineError| error.to_string())
    };

    let output = &said.of("ema")[20];
    let found = ask("ema", output.as_of).await.expect("explains");
    assert_eq!(found.said, std::slice::from_ref(output));
    assert_eq!((found.reason.as_str(), found.coverage), ("it was called and said 1", 1.0));
    assert_eq!(found.as_of.as_deref(), Some(output.as_of.to_rfc3339().as_str()));

    let (early, late) = (Nanos::from_secs(crate::market::START), script.end());
    assert!(reason(ask("never", late).await).expect("explains").contains("it needs 5 more rows"));
    assert!(reason(ask("always-trap", late).await).expect("explains").contains("breaker was open"));
    assert!(reason(ask("trapper", late).await).is_ok());
    assert!(reason(ask("ema", early).await).expect("explains").contains("there was no row"));
    assert!(reason(ask("labeller", late).await).expect_err("retired").contains("it was retired at"));
    assert!(reason(ask("labeller", output.as_of).await).expect("explains").contains("said 1"));
    assert!(reason(ask("breadth", late).await).expect_err("universe").contains("sees all instruments"));
    assert!(reason(ask("nobody", late).await).expect_err("unknown").contains("was not running"));
}
