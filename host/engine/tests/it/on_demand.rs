//! Calls on demand: a fork answers what the live instance would say and changes nothing; an insertion is what the fork
//! said, and is as deterministic as everything else on the log.

use std::path::Path;
use std::sync::Arc;

use sconce_domain::ports::RunFailure;
use sconce_domain::{DeploymentId, InstrumentId, Output, Stage, Trigger};
use sconce_engine::VerifyRange;

use crate::batches::whole_run;
use crate::double::Double;
use crate::guest::{Kind, Mood, Recipe};
use crate::host::{Host, Said, Wanted, wanted};
use crate::market::{Script, instruments};

fn id(text: &str) -> DeploymentId {
    text.parse().expect("a valid id")
}

fn instrument(at: usize) -> InstrumentId {
    instruments(5)[at].id()
}

/// Instruments' own instances: one that remembers nothing, everything, the newest rows, and the newest rows by `history`.
fn remembering() -> Vec<Wanted> {
    vec![
        wanted("labeller", Recipe::new(Kind::Labeller)),
        wanted("ema", Recipe { every_seconds: Some(30), ..Recipe::new(Kind::Ema) }),
        wanted("mean", Recipe::new(Kind::Mean(3))),
        wanted("peeker", Recipe::new(Kind::Peeker)),
        wanted("trapper", Recipe::new(Kind::Moody(Mood::Trap, 4))),
    ]
}

async fn running(root: &Path, script: &Script, deployments: &[Wanted], workers: u32) -> Host {
    let host = Host::open(root, &Double::new(), workers);
    host.desire(&script.instruments, deployments).await;
    host.feed(script).await;
    host.engine.settle().await.expect("settles");
    host
}

fn texts(outputs: &[Output]) -> Vec<String> {
    outputs.iter().map(|output| String::from_utf8(output.canonical()).expect("JSON")).collect()
}

/// Bytes of everything that the ledger holds.
async fn ledger_bytes(host: &Host) -> (u64, Vec<String>) {
    host.engine.settle().await.expect("settles");
    assert!(host.engine.judged().await, "the judge lives");
    let entries = host.ledger.entries(0, u32::MAX).await.expect("reads");
    (host.ledger.status().last_seq, entries.into_iter().map(|entry| format!("{entry:?}")).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_says_what_an_insertion_says() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 500, 7, 41);
    for workers in [1, 2] {
        let host = running(&dir.path().join(workers.to_string()), &script, &remembering(), workers).await;
        for deployment in ["labeller", "ema", "mean", "peeker"] {
            for about in [instrument(0), instrument(1)] {
                let forked = host.engine.fork(&id(deployment), &about).await.expect("answers");
                assert_eq!(forked.len(), 1, "{deployment}");
                assert!(forked[0].provenance.trigger.contains(Trigger::ON_DEMAND));
                let again = host.engine.fork(&id(deployment), &about).await.expect("answers again");
                assert_eq!(texts(&again), texts(&forked), "a fork leaves nothing behind");
                let inserted = host.engine.insert_now(&id(deployment), &about).await.expect("answers");
                assert_eq!(texts(&inserted), texts(&forked), "{deployment} on {about} with {workers} workers");
            }
        }
        let verifier = host.verifier(&host.plugins);
        let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
        assert!(verified.is_equal(), "{verified:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forks_change_nothing() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 400, 8, 43);
    let (first, second) = script.halves(200);
    let reference = whole_run(&dir.path().join("reference"), &script, &remembering(), 2).await;
    let host = running(&dir.path().join("forked"), &first, &remembering(), 2).await;
    let before = ledger_bytes(&host).await;
    let statuses = |host: &Host| format!("{:?}", host.engine.board().by_deployment());
    let board = statuses(&host);
    let asked = (0..200).map(|number| {
        let deployment = ["labeller", "ema", "mean", "peeker", "trapper"][number % 5];
        let engine = &host.engine;
        // Some fail, and some would; nothing of it may show.
        async move { drop(engine.fork(&id(deployment), &instrument(number % 2)).await) }
    });
    for one in asked {
        one.await;
    }
    assert_eq!(ledger_bytes(&host).await, before, "the ledger is as it was, byte for byte");
    assert_eq!(statuses(&host), board, "no schedule, breaker or count has moved");
    host.feed(&Script { events: second.events, ..script.clone() }).await;
    let said = host.said().await;
    let differences = said.differences(&reference);
    assert!(differences.is_empty(), "what comes after forks is what comes without them: {differences:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insertion_survives_a_restart_and_says_nothing_about_others() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 8, 47);
    let host = running(dir.path(), &script, &remembering(), 1).await;
    let before = Said::read(&host.ledger).await;
    let inserted = host.engine.insert_now(&id("ema"), &instrument(1)).await.expect("answers");
    host.engine.settle().await.expect("settles");
    assert!(host.engine.judged().await, "the judge lives");
    let after = Said::read(&host.ledger).await;
    let new: Vec<&String> =
        after.outputs.iter().filter(|(id, _)| !before.outputs.contains_key(id)).map(|(_, text)| text).collect();
    assert_eq!(new, texts(&inserted).iter().collect::<Vec<_>>(), "only the one that was asked for, only there");
    let plugins = Arc::clone(&host.plugins);
    host.drop_it();
    let host = Host::open(dir.path(), &plugins, 1);
    let differences = host.said().await.differences(&after);
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_cannot_be_called_say_why() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(2, 300, 8, 53);
    let mut paused = wanted("paused", Recipe::new(Kind::Ema));
    paused.spec.stage = Stage::Paused;
    let mut narrow = wanted("narrow", Recipe::new(Kind::Ema));
    narrow.spec.instruments = vec!["AAA".to_owned()];
    let deployments = [
        paused,
        narrow,
        wanted("defective", Recipe::new(Kind::Moody(Mood::Internal, 1))),
        wanted("never", Recipe::new(Kind::NeverReady)),
        wanted("breadth", Recipe::new(Kind::Breadth)),
    ];
    let host = running(dir.path(), &script, &deployments, 1).await;
    let about = instrument(1);
    for (deployment, fork, insert) in [
        ("nobody", Some("unknown"), Some("unknown")),
        ("paused", Some("paused"), Some("paused")),
        ("narrow", Some("symbol"), Some("symbol")),
        ("defective", Some("quarantined"), Some("quarantined")),
        ("never", Some("not_ready"), Some("not_ready")),
        ("breadth", Some("universe"), None),
    ] {
        let word = |answer: Result<Vec<Output>, RunFailure>| answer.err().map(|failure| failure.word());
        assert_eq!(word(host.engine.fork(&id(deployment), &about).await), fork, "{deployment}");
        assert_eq!(word(host.engine.insert_now(&id(deployment), &about).await), insert, "{deployment}");
    }
    assert_eq!(
        host.engine.fork(&id("narrow"), &"ZZZ-USD@test".parse().expect("valid")).await,
        Err(RunFailure::Elsewhere)
    );
    let everywhere = host.engine.insert_now(&id("breadth"), &about).await.expect("all of it speaks");
    assert!(everywhere.len() > 2, "{everywhere:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_queued_and_then_refused() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = Script::generated(1, 200, 8, 59);
    let host = running(dir.path(), &script, &remembering(), 1).await;
    let forks = host.engine.forks();
    let places: Vec<_> = std::iter::from_fn(|| forks.place()).collect();
    assert!((1..100).contains(&places.len()), "{}", places.len());
    assert!(forks.place().is_none());
    drop(places);
    assert!(forks.place().is_some());
    // Many at once: all are answered, and the worker goes on meanwhile.
    let asked = (0..64).map(|_| async { host.engine.fork(&id("ema"), &instrument(0)).await.map(|said| texts(&said)) });
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.is_ok() && *answer == answers[0]), "{answers:?}");
}
