//! A restart is no restart: wherever the process ends, what stands in the ledger at last is what an uninterrupted run
//! puts there, and nothing stands there twice.

use std::path::Path;
use std::sync::Arc;

use sconce_engine::VerifyRange;
use sconce_ledger::{DataDir, Ledger};

use crate::batches::{one_of_each, whole_run};
use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Host, Said, Wanted, ledger_options, wanted};
use crate::market::{Dice, Script};
use crate::recorder::Recorder;

fn same(said: &Said, reference: &Said, case: &str) {
    let differences = said.differences(reference);
    assert!(differences.is_empty(), "{case}: {differences:#?}");
}

/// Feeds the script in as many lives of the process as there are cuts, and one more.
async fn in_lives(root: &Path, script: &Script, cuts: &[usize], wanted: &[Wanted], workers: u32) -> Said {
    let plugins = Double::new();
    for (life, cut) in cuts.iter().enumerate() {
        let host = Host::open(root, &plugins, workers);
        if life == 0 {
            host.desire(&script.instruments, wanted).await;
        }
        let (so_far, _) = script.halves(*cut);
        host.feed(&Script { cuts: so_far.cuts.iter().copied().filter(|end| end < cut).collect(), ..so_far }).await;
        if life % 2 == 0 {
            host.engine.settle().await.expect("settles");
        }
        host.drop_it();
    }
    let host = Host::open(root, &plugins, workers);
    // The same deployments wanted again are no change.
    host.desire(&script.instruments, wanted).await;
    host.feed(script).await;
    host.said().await
}

async fn check_lives(script: Script, workers: u32) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = script.cut(&mut Dice(3), 30);
    let reference = whole_run(&dir.path().join("reference"), &script, &one_of_each(), workers).await;
    let count = script.events.len();
    for (case, cuts) in
        [vec![count / 2], vec![1], vec![count], vec![count / 4, count / 3, count - 5]].iter().enumerate()
    {
        let said = in_lives(&dir.path().join(case.to_string()), &script, cuts, &one_of_each(), workers).await;
        same(&said, &reference, &format!("ends after {cuts:?} events, {workers} workers"));
    }
}

/// Calls that ended once are made again at a start, and the brake has no say in how long that takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_slow_today_starts_all_the_same() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 200, 8, 29);
    let slow = [wanted("slow", Recipe::new(Kind::Moody(Mood::Deadline, 3)))];
    let plugins = Double::new();
    let host = Host::open(dir.path(), &plugins, 1);
    host.desire(&script.instruments, &slow).await;
    host.feed(&script).await;
    let reference = host.said().await;
    assert!(reference.outputs.len() > 5, "{}", reference.outputs.len());
    host.drop_it();
    plugins.pull_brake(true);
    let host = Host::open(dir.path(), &plugins, 1);
    same(&host.said().await, &reference, "a slow start");
    let verifier = host.verifier(&plugins);
    let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(verified.is_equal(), "{verified:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn orderly_ends_change_nothing() {
    check_lives(Script::generated(3, 400, 8, 23), 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orderly_ends_on_recorded_trades_change_nothing() {
    check_lives(Script::real(2, 500, "orderly_ends_on_recorded_trades_change_nothing"), 1).await;
}

/// Leaves behind what a process leaves that is killed after so many hand-overs.
pub(crate) fn killed_after(root: &Path, script: &Script, recorder: &Recorder, hand_overs: usize) {
    let dir = DataDir::open(root).expect("free");
    let (ledger, _) = Ledger::open(&dir, ledger_options()).expect("opens");
    for instrument in &script.instruments {
        ledger.instrument(&instrument.id()).expect("gives an index");
    }
    for commit in &recorder.commits[..hand_overs] {
        ledger.submit(commit.clone()).expect("takes it");
    }
    ledger.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_any_hand_over() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let plugins = Double::new();
    let script = Script::generated(3, 260, 12, 31);
    let recorder = Recorder::record(&plugins, &script, &one_of_each(), 2);
    let deployed = recorder.commits.len() - script.events.len();
    let reference = whole_run(&dir.path().join("reference"), &script, &one_of_each(), 2).await;
    let mut dice = Dice(17);
    let mut at = 60;
    assert!(deployed > at, "deployments come first");
    while at < recorder.commits.len() {
        let root = dir.path().join(at.to_string());
        killed_after(&root, &script, &recorder, at);
        // Every other time it is killed once more before anything new comes in.
        if dice.roll(2) == 0 {
            Host::open(&root, &plugins, 2).drop_it();
        }
        let host = Host::open(&root, &Arc::clone(&plugins), 2);
        host.desire(&script.instruments, &one_of_each()).await;
        host.feed(&script).await;
        same(&host.said().await, &reference, &format!("killed after {at} hand-overs"));
        at += 1 + dice.roll(30) as usize;
    }
}
