//! A start that goes on from a checkpoint says what a start that folds the whole log says, and what no restart at all says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sconce_domain::time::MINUTE;
use sconce_domain::{Control, DeploymentId, ErrorKind, Nanos};
use sconce_engine::{EngineOptions, InstanceState, VerifyRange};
use sconce_ledger::{LedgerOptions, Retention};
use sconce_market::BarPolicy;

use crate::batches::whole_run;
use crate::double::Double;
use crate::guest::{Keeps, Kind, Mood, Recipe};
use crate::host::{Host, Said, Wanted, ledger_options, options, policy, wanted};
use crate::market::{Dice, Script};
use crate::postures::{driver, guard};

fn keeping(id: &str, kind: Kind, keeps: Keeps) -> Wanted {
    wanted(id, Recipe { keeps, ..Recipe::new(kind) })
}

/// One of each way in which state outlives a process, with faults of each kind, the universe included.
fn keepers() -> Vec<Wanted> {
    let snap = Keeps::Snapshots;
    let mut timed = keeping("timed", Kind::Ema, snap);
    timed.recipe.every_seconds = Some(30);
    // What it reads are the words of one before it and the posture that the driver moves and the guard proposes.
    let reading = Recipe::reading(Kind::Ema, &["out:timed/score", "out:unbounded/age", "posture", "posture_peak"]);
    vec![
        driver(),
        guard(),
        wanted("listener", Recipe { keeps: snap, ..reading }),
        timed,
        keeping("unbounded", Kind::Ema, Keeps::Nothing),
        keeping("mean", Kind::Mean(3), Keeps::Rows(8)),
        keeping("labeller", Kind::Labeller, Keeps::Rows(0)),
        keeping("breadth", Kind::Breadth, snap),
        keeping("crowd", Kind::Crowd(Mood::Trap, 5), snap),
        keeping("trapper", Kind::Moody(Mood::Trap, 4), snap),
        keeping("trapper-rows", Kind::Moody(Mood::Trap, 7), Keeps::Nothing),
        keeping("defective", Kind::Moody(Mood::Internal, 1), Keeps::Nothing),
        keeping("odd", Kind::Moody(Mood::Internal, 3), Keeps::Nothing),
        keeping("peeker", Kind::Peeker, Keeps::Rows(0)),
        keeping("never", Kind::NeverReady, Keeps::Nothing),
    ]
}

#[track_caller]
fn same(said: &Said, reference: &Said, case: &str) {
    let differences = said.differences(reference);
    assert!(differences.is_empty(), "{case}: {differences:#?}");
}

/// Feeds the first so many events, as one life of the process.
async fn live(host: &Host, script: &Script, until: usize) {
    let (so_far, _) = script.halves(until);
    host.feed(&Script { cuts: script.cuts.iter().copied().filter(|end| *end < until).collect(), ..so_far }).await;
}

/// A first life that ends in order after so many events.
async fn first_life(root: &Path, plugins: &Arc<Double>, script: &Script, wanted: &[Wanted], until: usize) {
    let host = Host::open(root, plugins, 2);
    host.desire(&script.instruments, wanted).await;
    live(&host, script, until).await;
    host.engine.shutdown().await.expect("shuts down");
    host.drop_it();
}

/// The rest of the script; what was said in all lives.
async fn last_life(host: Host, script: &Script, wanted: &[Wanted]) -> Said {
    host.desire(&script.instruments, wanted).await;
    host.feed(script).await;
    host.said().await
}

fn checkpoints(root: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(root.join("checkpoints")).expect("there");
    let paths = files.map(|file| file.expect("listed").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "checkpoint")).collect();
    files.sort();
    files
}

/// The number in a checkpoint's name.
fn number_of(path: &Path) -> u64 {
    let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
    name.rsplit_once('-').expect("worker and number").1.parse().expect("a number")
}

/// Ends at random events, in order or not, with checkpoints at random intervals.
async fn check_random(seed: u64) -> usize {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut dice = Dice(seed);
    let script = Script::generated(3, 420, 9, seed).cut(&mut dice, 12);
    let reference = whole_run(&dir.path().join("reference"), &script, &keepers(), 2).await;
    let (root, plugins) = (dir.path().join("lives"), Double::new());
    let mut went_on = 0;
    let mut until = 0;
    loop {
        let every = 1 + dice.roll(90);
        let host = Host::try_open(&root, &plugins, &options(2, every), ledger_options()).expect("starts");
        went_on += usize::from(host.engine.went_on_from().is_some());
        assert!(host.engine.re_warmed().is_empty());
        until += 1 + dice.roll(140) as usize;
        if until >= script.events.len() {
            same(&last_life(host, &script, &keepers()).await, &reference, &format!("seed {seed}"));
            return went_on;
        }
        host.desire(&script.instruments, &keepers()).await;
        live(&host, &script, until).await;
        match dice.roll(3) {
            0 => host.engine.shutdown().await.expect("shuts down"),
            1 => host.engine.settle().await.expect("settles"),
            _ => {}
        }
        host.drop_it();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_ends_and_any_intervals_change_nothing() {
    let mut went_on = 0;
    for seed in 1..=8 {
        went_on += check_random(seed).await;
    }
    assert!(went_on >= 8, "{went_on} starts went on from a checkpoint");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_across_checkpoints_is_verified() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(3, 400, 9, 5);
    let plugins = Double::new();
    first_life(dir.path(), &plugins, &script, &keepers(), 170).await;
    let host = Host::open(dir.path(), &plugins, 2);
    assert!(host.engine.went_on_from().is_some());
    host.desire(&script.instruments, &keepers()).await;
    host.feed(&script).await;
    host.engine.settle().await.expect("settles");
    let verifier = host.verifier(&Double::new());
    let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(verified.is_equal() && verified.outputs > 500, "{verified:#?}");
    let raw = verifier.verify_from_raw(2, &policy()).await.expect("folds again");
    assert_eq!(raw.different, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_that_waits_takes_force_after_the_restart() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 9, 7);
    let first = [keeping("ema", Kind::Ema, Keeps::Snapshots), keeping("breadth", Kind::Breadth, Keeps::Snapshots)];
    let moment = script.events[180].ts_init + 20 * MINUTE / 20;
    let mut all = Vec::new();
    for restarts in [false, true] {
        let (root, plugins) = (dir.path().join(restarts.to_string()), Double::new());
        let mut host = Host::open(&root, &plugins, 2);
        host.desire(&script.instruments, &first).await;
        live(&host, &script, 150).await;
        let later = first.iter().map(|wanted| {
            let next = wanted.version(2).prepare(&plugins, &script.instruments);
            let deployed = next.deployed().clone();
            Control::Deploy(Box::new(sconce_domain::Deployed { revision: 2, at: moment, ..deployed }))
        });
        host.engine.apply(later.collect()).await.expect("workers take it");
        if restarts {
            host.engine.shutdown().await.expect("shuts down");
            host.drop_it();
            host = Host::open(&root, &plugins, 2);
            assert!(host.engine.went_on_from().is_some());
        }
        host.feed(&script).await;
        all.push(host.said().await);
    }
    same(&all[1], &all[0], "a restart before the swap");
    assert!(all[0].of("ema").iter().all(|output| (output.provenance.generation == 2) == (output.as_of >= moment)));
    assert!(all[0].of("ema").last().expect("words").as_of > moment);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_breaker_stays_open() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 200, 9, 9);
    let plugins = Double::new();
    first_life(dir.path(), &plugins, &script, &keepers(), 200).await;
    let host = Host::open(dir.path(), &plugins, 2);
    assert!(host.engine.went_on_from().is_some());
    let board = host.engine.board().of(&"defective".parse().expect("a valid id"));
    assert_eq!(board.len(), 2);
    assert!(board.iter().all(|(_, status)| matches!(status.state, InstanceState::Quarantined { .. })), "{board:#?}");
    assert!(board.iter().all(|(_, status)| status.faults > 2), "{board:#?}");
}

/// What is done to the checkpoints, and whether the start goes on from the newest, an older one, or none.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_of_no_use_is_passed_over() {
    type Spoil = fn(&Path);
    fn flip(path: &Path) {
        let mut bytes = std::fs::read(path).expect("there");
        let last = bytes.len() - 9;
        bytes[last] ^= 1;
        std::fs::write(path, bytes).expect("writable");
    }
    fn tear(path: &Path) {
        let bytes = std::fs::read(path).expect("there");
        std::fs::write(path, &bytes[..bytes.len() / 2]).expect("writable");
    }
    fn empty(path: &Path) {
        std::fs::write(path, b"").expect("writable");
    }
    fn strange(path: &Path) {
        std::fs::write(path, b"{\"name\": \"somebody else's\"}\n").expect("writable");
    }
    fn remove(path: &Path) {
        std::fs::remove_file(path).expect("there");
    }
    fn newer(path: &Path) {
        let text = std::fs::read(path).expect("there");
        let (head, tail) = text.split_at(text.iter().position(|byte| *byte == b'\n').expect("a line"));
        let head = String::from_utf8(head.to_vec()).expect("text").replace("\"format\":", "\"format\":9");
        std::fs::write(path, [head.as_bytes(), tail].concat()).expect("writable");
    }
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 260, 9, 13);
    let wanted = keepers();
    let reference = whole_run(&dir.path().join("reference"), &script, &wanted, 2).await;
    let spoils: [(&str, Spoil); 6] =
        [("flip", flip), ("tear", tear), ("empty", empty), ("strange", strange), ("remove", remove), ("newer", newer)];
    for (name, spoil) in spoils {
        for (worker, sets) in [(0, 1), (2, 1), (1, 2)] {
            let (root, plugins) = (dir.path().join(format!("{name}-{worker}-{sets}")), Double::new());
            first_life(&root, &plugins, &script, &wanted, 100).await;
            first_life(&root, &plugins, &script, &wanted, 150).await;
            let files = checkpoints(&root);
            let newest = files.iter().map(|path| number_of(path)).max().expect("some");
            assert_eq!(files.len(), 6, "two sets of three: {files:?}");
            let own = |path: &&PathBuf| path.to_string_lossy().contains(&format!("worker-{worker:03}-"));
            let spoilt = files.iter().filter(own).filter(|path| sets == 2 || number_of(path) == newest);
            spoilt.for_each(|path| spoil(path));
            let host = Host::open(&root, &plugins, 2);
            let case = format!("{name}, worker {worker}, {sets} sets");
            match sets {
                1 => assert!(host.engine.went_on_from().is_some_and(|number| number < newest), "{case}"),
                _ => assert_eq!(host.engine.went_on_from(), None, "{case}"),
            }
            same(&last_life(host, &script, &wanted).await, &reference, &case);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_policy_or_number_of_workers_is_refused() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 150, 9, 17);
    let plugins = Double::new();
    first_life(dir.path(), &plugins, &script, &keepers(), 150).await;
    // Nothing in this script depends on how many trades are kept, so the log replays under both.
    let other = BarPolicy { trades_kept: 40_000, ..policy() };
    let options = EngineOptions { policy: other, ..options(2, 0) };
    let host = Host::try_open(dir.path(), &plugins, &options, ledger_options()).expect("folds the log");
    assert_eq!(host.engine.went_on_from(), None);
}

/// Small files that go soon.
fn forgetting(bytes: u64) -> LedgerOptions {
    let retention = Retention { max_bytes: Some(bytes), max_age: None };
    LedgerOptions { segment_bytes: 2_000, retention, ..ledger_options() }
}

/// Lives after which log and tape are gone but for the end; who began anew in them.
async fn forgetful_lives(
    root: &Path,
    plugins: &Arc<Double>,
    script: &Script,
    wanted: &[Wanted],
    bytes: u64,
) -> BTreeSet<DeploymentId> {
    let mut anew = BTreeSet::new();
    for until in [300, 400, 500, 600] {
        let host = Host::try_open(root, plugins, &options(1, 40), forgetting(bytes)).expect("starts");
        anew.extend(host.engine.re_warmed().iter().cloned());
        host.desire(&script.instruments, wanted).await;
        live(&host, script, until).await;
        host.engine.shutdown().await.expect("shuts down");
        host.drop_it();
    }
    anew
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_can_do_without_the_log() {
    // How many bytes a log has depends on how many hand-overs share a commit, so on the machine: somewhere between these bounds
    // is one that leaves what instances need, rows to compare, and not the rest.
    let (mut too_small, mut too_large) = (10_000_u64, 400_000_u64);
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 800, 9, 19).cut(&mut Dice(2), 12);
    let snap = Keeps::Snapshots;
    let kept = vec![
        keeping("ema", Kind::Ema, snap),
        keeping("mean", Kind::Mean(3), Keeps::Rows(6)),
        keeping("labeller", Kind::Labeller, Keeps::Rows(0)),
        keeping("breadth", Kind::Breadth, snap),
        keeping("trapper", Kind::Moody(Mood::Trap, 4), snap),
    ];
    let reference = whole_run(&dir.path().join("reference"), &script, &kept, 1).await;
    let plugins = Double::new();
    let (bound, root, host) = loop {
        assert!(too_large - too_small > 500, "no log that has expired, with nobody who began anew and rows to compare");
        let bound = too_small.midpoint(too_large);
        let root = dir.path().join(format!("lives-{bound}"));
        let anew = forgetful_lives(&root, &plugins, &script, &kept, bound).await;
        // The older checkpoint stays at the end of the life before.
        let host = Host::try_open(&root, &plugins, &options(1, 0), forgetting(bound)).expect("starts");
        assert!(host.engine.went_on_from().is_some(), "{bound}");
        let has_expired = host.ledger.inputs_kept_from(0).expect("reads") > 100;
        let is_whole = anew.is_empty() && host.engine.re_warmed().is_empty();
        if !(has_expired && is_whole) {
            *(if is_whole { &mut too_large } else { &mut too_small }) = bound;
            host.drop_it();
            continue;
        }
        same(&last_life(host, &script, &kept).await, &reference, "without the log");
        let host = Host::try_open(&root, &plugins, &options(1, 40), forgetting(bound)).expect("starts");
        let raw = host.verifier(&plugins).verify_from_raw(1, &policy()).await.expect("folds what is left");
        assert_eq!(raw.different, Vec::<String>::new());
        if raw.expired > 20 && raw.outputs > 20 && raw.rows > 20 {
            break (bound, root, host);
        }
        too_small = bound;
        host.drop_it();
    };
    let verifier = host.verifier(&plugins);
    let other = BarPolicy { trades_kept: 40_000, ..policy() };
    let error = verifier.verify_from_raw(1, &other).await.expect_err("no checkpoint of this policy");
    assert!(error.kind() == ErrorKind::Expired && error.to_string().contains("inputs expired"), "{error}");
    drop(verifier);
    host.drop_it();
    checkpoints(&root).iter().for_each(|path| std::fs::write(path, b"gone").expect("writable"));
    let refused =
        Host::try_open(&root, &plugins, &options(1, 40), forgetting(bound)).expect_err("nothing to go on from");
    assert!(refused.to_string().contains("from a backup"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_again_begins_anew_and_is_named() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 800, 9, 23).cut(&mut Dice(2), 12);
    let all = vec![
        keeping("unbounded", Kind::Ema, Keeps::Nothing),
        keeping("trapper", Kind::Moody(Mood::Trap, 6), Keeps::Nothing),
        keeping("crowd", Kind::Breadth, Keeps::Nothing),
        keeping("kept", Kind::Ema, Keeps::Snapshots),
    ];
    let reference = whole_run(&dir.path().join("reference"), &script, &all, 1).await;
    let (root, plugins) = (dir.path().join("lives"), Double::new());
    let anew = forgetful_lives(&root, &plugins, &script, &all, 6_000).await;
    let named: Vec<&str> = anew.iter().map(DeploymentId::as_str).collect();
    assert!(named.contains(&"unbounded") && named.contains(&"crowd") && !named.contains(&"kept"), "{named:?}");
    // Once more, and this time it ends in the middle of something.
    let host = Host::try_open(&root, &plugins, &options(1, 40), forgetting(6_000)).expect("starts");
    host.desire(&script.instruments, &all).await;
    live(&host, &script, 673).await;
    host.drop_it();
    let host = Host::try_open(&root, &plugins, &options(1, 40), forgetting(6_000)).expect("starts");
    assert!(host.engine.went_on_from().is_some());
    let said = last_life(host, &script, &all).await;
    let restarts = said.starts.iter().filter(|start| start.contains("cause: Restart")).count();
    assert!(restarts >= 3, "{restarts} starts after a restart");
    let places = |said: &Said, id: &str| -> Vec<(Nanos, _)> {
        said.of(id).iter().map(|output| (output.as_of, output.instrument.clone())).collect()
    };
    assert_eq!(places(&said, "unbounded"), places(&reference, "unbounded"), "no row is missed");
    assert_eq!(places(&said, "crowd"), places(&reference, "crowd"), "no row is missed");
    assert_eq!(bodies(&said, "kept"), bodies(&reference, "kept"), "nobody else is harmed");
}

fn bodies(said: &Said, id: &str) -> Vec<String> {
    said.of(id).iter().map(|output| format!("{} {:?}", output.as_of, output.body)).collect()
}

/// A universe without snapshots, and rows of everything else: the log is folded as long as it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_universe_without_snapshots_folds_the_log() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(3, 250, 9, 29);
    let all = [keeping("breadth", Kind::Breadth, Keeps::Nothing)];
    let reference = whole_run(&dir.path().join("reference"), &script, &all, 2).await;
    let (root, plugins) = (dir.path().join("lives"), Double::new());
    first_life(&root, &plugins, &script, &all, 150).await;
    let host = Host::open(&root, &plugins, 2);
    assert_eq!(host.engine.went_on_from(), None);
    same(&last_life(host, &script, &all).await, &reference, "the whole log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_dies_of_its_snapshot_harms_only_itself() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 9, 31).cut(&mut Dice(2), 12);
    let dies = Keeps::DiesOfSnapshots;
    let all = [
        keeping("frail", Kind::Ema, dies),
        keeping("frail-crowd", Kind::Breadth, dies),
        keeping("kept", Kind::Ema, Keeps::Snapshots),
    ];
    let reference = whole_run(&dir.path().join("reference"), &script, &all[2..], 2).await;
    let (root, plugins) = (dir.path().join("lives"), Double::new());
    let host = Host::open(&root, &plugins, 2);
    host.desire(&script.instruments, &all).await;
    host.feed(&script).await;
    let said = host.said().await;
    assert_eq!(bodies(&said, "kept"), bodies(&reference, "kept"));
    let died = said.faults.keys().filter(|fault| fault.contains("class: \"snapshot\"")).count();
    assert_eq!(died, 3, "each instance once: {:#?}", said.faults);
    assert!(said.of("frail").iter().any(|output| output.provenance.generation == 2));
    let verified = host.verifier(&Double::new()).verify(&VerifyRange::default(), &mut |_, _| {}).await;
    let verified = verified.expect("verifies");
    assert!(verified.is_equal(), "{verified:#?}");
    host.drop_it();
    // From the whole log it comes to the same.
    checkpoints(&root).iter().for_each(|path| std::fs::remove_file(path).expect("there"));
    let host = Host::open(&root, &plugins, 2);
    same(&host.said().await, &said, "folded again");
}

/// Old sets go as new ones come, and a stalled disk of checkpoints stops nobody.
#[tokio::test(flavor = "multi_thread")]
async fn two_sets_are_kept_and_a_failure_to_write_is_no_failure_to_run() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 9, 37).cut(&mut Dice(4), 3);
    let plugins = Double::new();
    let host = Host::try_open(dir.path(), &plugins, &options(2, 10), ledger_options()).expect("starts");
    host.desire(&script.instruments, &keepers()).await;
    host.feed(&script).await;
    let said = host.said().await;
    host.drop_it();
    assert_eq!(checkpoints(dir.path()).len(), 6);

    let blocked = tempfile::tempdir().expect("temporary directory");
    let host = Host::try_open(blocked.path(), &plugins, &options(2, 10), ledger_options()).expect("starts");
    std::fs::remove_dir(blocked.path().join("checkpoints")).expect("empty");
    std::fs::write(blocked.path().join("checkpoints"), b"a file").expect("writable");
    host.desire(&script.instruments, &keepers()).await;
    host.feed(&script).await;
    same(&host.said().await, &said, "no checkpoint can be written");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("writable");
    for file in std::fs::read_dir(from).expect("there") {
        let path = file.expect("listed").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("copied");
        }
    }
}

/// As after a power cut that took the end of the log and left the checkpoints.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_a_time_that_never_was_is_deleted() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 9, 41);
    let wanted = keepers();
    let reference = whole_run(&dir.path().join("reference"), &script, &wanted, 2).await;
    let (early, late, plugins) = (dir.path().join("early"), dir.path().join("late"), Double::new());
    first_life(&early, &plugins, &script, &wanted, 100).await;
    copy(&early, &late);
    // Another hundred events that the log will not have.
    let other = Script::generated(2, 300, 9, 43);
    first_life(&late, &plugins, &other, &wanted, 200).await;
    copy(&late.join("checkpoints"), &early.join("checkpoints"));
    let numbers = || checkpoints(&early).iter().map(|path| number_of(path)).collect::<BTreeSet<_>>();
    let newest = numbers().into_iter().max().expect("some");
    let host = Host::open(&early, &plugins, 2);
    assert!(host.engine.went_on_from().is_some_and(|number| number < newest));
    assert!(!numbers().contains(&newest));
    same(&last_life(host, &script, &wanted).await, &reference, "after the power cut");
}
