//! Models are asked when bars close, and what they say becomes facts: the same log for the same replay, nothing twice, and
//! nobody harmed by a model that misbehaves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sconce_domain::ports::{BoxFuture, Feed, FeedBatch, FeedEnd, FeedError, FeedInfo, FeedSink, History, Resume};
use sconce_domain::score::ScoreQuery;
use sconce_domain::time::{DAY, MINUTE, SECOND};
use sconce_domain::{Body, Digest, Instrument, ModelAnswer, Nanos, Outcome, Output, Payload, Producer, Timeframe};
use sconce_engine::VerifyRange;
use tokio::sync::Notify;

use crate::batches::{one_of_each, whole_run};
use crate::double::Double;
use crate::guest::{Kind, Recipe};
use crate::host::{Host, Said, Wanted, policy, wanted};
use crate::market::{Dice, START, Script};
use crate::seer::{Manner, Seer, expected, on_the_logs, version};

/// Who reads what models say, beside those who do not.
fn readers() -> Vec<Wanted> {
    let columns = ["forecast:lstm/h1", "forecast:arima/h2"];
    let mut all = one_of_each();
    all.push(wanted("reader", Recipe::reading(Kind::Labeller, &columns)));
    all.push(wanted("crowd-reader", Recipe::reading(Kind::Breadth, &columns)));
    all.push(wanted("rememberer", Recipe::reading(Kind::Ema, &columns)));
    all
}

/// A market in which every moment is known when it happens.
fn market(events: usize) -> Script {
    let mut script = Script::generated(3, events, 8, 23);
    script.events.iter_mut().for_each(|event| event.ts_event = event.ts_init);
    script
}

type OnLogs = Vec<(u32, Nanos, ModelAnswer)>;

/// One whole run with models.
async fn run(root: &Path, script: &Script, seer: &Arc<Seer>, workers: u32) -> (Said, OnLogs) {
    let host = Host::open(root, &Double::new(), workers);
    host.desire(&script.instruments, &readers()).await;
    host.engine.run_feed(script, Some(seer.look_into(&host.ledger, false))).await.expect("the feed runs");
    let said = host.said().await;
    (said, on_the_logs(&host.ledger, workers))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_has_the_same_log_however_long_models_think() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(400);
    let timeframes = [Timeframe::M1, Timeframe::M5];
    let seer = Seer::at(Manner::Prompt, &timeframes);
    let (said, log) = run(&dir.path().join("reference"), &script, &seer, 1).await;
    assert!(log.len() > 100 && said.of("reader").len() > 20, "{} answers", log.len());
    for (index, at, answer) in &log {
        assert_eq!(*at, answer.as_of + 2 * SECOND + 1, "known once its bar was over: {index}");
    }
    let mut dice = Dice(5);
    for (case, (manner, workers, largest)) in
        [(Manner::Slow, 2, 1), (Manner::Prompt, 3, 50), (Manner::Nonsense, 2, 1_000)].into_iter().enumerate()
    {
        let seer = Seer::at(manner, &timeframes);
        let other = script.clone().cut(&mut dice, largest);
        let (again, its_log) = run(&dir.path().join(case.to_string()), &other, &seer, workers).await;
        assert_eq!(its_log, log, "{manner:?}");
        let differences = again.differences(&said);
        assert!(differences.is_empty(), "{manner:?}: {differences:#?}");
    }
}

/// The newest answer of a model that a row of `ts` may show.
fn standing<'a>(log: &'a OnLogs, index: u32, model: &str, ts: Nanos) -> Option<&'a ModelAnswer> {
    let own = log.iter().filter(|(about, at, answer)| *about == index && answer.model == model && *at < ts);
    let newest = own.map(|(_, _, answer)| answer).max_by_key(|answer| answer.as_of);
    newest.filter(|answer| ts <= answer.as_of + 2 * MINUTE)
}

/// Checks what an output says and whom it names; whether any of them was in sample.
fn check_output(output: &Output, log: &OnLogs, ids: &BTreeMap<String, u32>) -> bool {
    let Some(instrument) = &output.instrument else { return false };
    let stands = |model: &str| standing(log, ids[instrument.as_str()], model, output.as_of);
    let (lstm, arima) = (stands("lstm"), stands("arima"));
    let Body::Signal(signal) = &output.body else { panic!("it says signals") };
    if let Some(answer) = lstm {
        assert_eq!(signal.score, expected("lstm", instrument, answer.as_of, 1), "{output:?}");
    }
    let named = || [lstm, arima].into_iter().flatten();
    let mut versions: Vec<Digest> = named().map(|answer| version(&answer.model)).collect();
    versions.sort_unstable();
    assert_eq!(output.provenance.models, versions, "{output:?}");
    let learned = named().any(|answer| answer.points[0].in_sample);
    assert_eq!(output.provenance.in_sample, learned, "{output:?}");
    learned
}

/// Checks that claims are in sample where what they rest on is; gives how many of models matured.
fn check_outcomes(said: &Said) -> usize {
    let by_output: BTreeMap<_, _> = said.outputs().into_iter().map(|output| (output.id, output)).collect();
    let of_model = |outcome: &&Outcome| match &outcome.claim.producer {
        Producer::Deployment { .. } => {
            let output = &by_output[&outcome.claim.id];
            assert_eq!(outcome.claim.in_sample, output.provenance.in_sample, "{output:?}");
            false
        }
        Producer::Model { name, digest } => {
            assert_eq!(*digest, version(name));
            true
        }
    };
    said.outcomes.values().filter(of_model).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_show_what_was_said_and_outputs_name_who_said_it() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(300);
    let host = Host::open(dir.path(), &Double::new(), 2);
    host.desire(&script.instruments, &readers()).await;
    let seer = Seer::new(Manner::Prompt);
    host.engine.run_feed(&script, Some(seer.look_into(&host.ledger, false))).await.expect("the feed runs");
    let said = host.said().await;
    let log = on_the_logs(&host.ledger, 2);
    let ids = host.ledger.instruments().await.expect("reads");
    let ids: BTreeMap<String, u32> = ids.into_iter().map(|(index, id)| (id.to_string(), index.0)).collect();
    let shown = [said.of("reader"), said.of("crowd-reader")].concat();
    let in_sample = shown.iter().filter(|output| check_output(output, &log, &ids)).count();
    assert!(in_sample > 3 && in_sample < shown.len() / 2, "{in_sample} of {} in sample", shown.len());
    assert!(said.of("labeller").iter().all(|output| output.provenance.models.is_empty()));

    let verifier = host.verifier(&Double::new());
    let verified = verifier.verify(&VerifyRange::default(), &mut |_, _| {}).await.expect("verifies");
    assert!(verified.is_equal() && verified.notes.is_empty(), "{verified:#?}");
    let raw = verifier.verify_from_raw(2, &policy()).await.expect("folds again");
    assert_eq!(raw.different, Vec::<String>::new());

    let models = check_outcomes(&said);
    assert!(models > 100, "{models} claims of models matured");
    let query = ScoreQuery { producer: Some("lstm".to_owned()), ..ScoreQuery::default() };
    let lstm = Producer::Model { name: "lstm".to_owned(), digest: version("lstm") };
    let cards = host.engine.scores().cards(&query);
    assert_eq!(cards.iter().map(|card| card.producer.clone()).collect::<Vec<_>>(), [lstm]);
}

/// Feeds the script in as many lives of the process as there are cuts, and one more.
async fn in_lives(root: &Path, script: &Script, cuts: &[usize], workers: u32) -> (Said, OnLogs) {
    let plugins = Double::new();
    for (life, cut) in cuts.iter().enumerate() {
        let host = Host::open(root, &plugins, workers);
        host.desire(&script.instruments, &readers()).await;
        let (so_far, _) = script.halves(*cut);
        let asked = Seer::new(Manner::Prompt).look_into(&host.ledger, false);
        host.engine.run_feed(&so_far, Some(asked)).await.expect("the feed runs");
        if life % 2 == 0 {
            host.engine.settle().await.expect("settles");
        }
        host.drop_it();
    }
    let host = Host::open(root, &plugins, workers);
    host.desire(&script.instruments, &readers()).await;
    let asked = Seer::new(Manner::Prompt).look_into(&host.ledger, false);
    host.engine.run_feed(script, Some(asked)).await.expect("the feed runs");
    (host.said().await, on_the_logs(&host.ledger, workers))
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_process_ends_nothing_is_doubled_or_missed() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(300);
    let (said, log) = run(&dir.path().join("reference"), &script, &Seer::new(Manner::Prompt), 2).await;
    for (case, cuts) in [vec![150], vec![300], vec![40, 41, 120, 295]].into_iter().enumerate() {
        let (again, its_log) = in_lives(&dir.path().join(case.to_string()), &script, &cuts, 2).await;
        assert_eq!(its_log, log, "ends after {cuts:?} events");
        let differences = again.differences(&said);
        assert!(differences.is_empty(), "ends after {cuts:?} events: {differences:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_that_was_being_asked_about_when_the_process_ended_is_asked_about_again() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(300);
    let (said, log) = run(&dir.path().join("reference"), &script, &Seer::new(Manner::Prompt), 2).await;
    let root = dir.path().join("ended");
    let plugins = Double::new();
    let host = Host::open(&root, &plugins, 2);
    host.desire(&script.instruments, &readers()).await;
    let from = log[log.len() / 2].2.as_of;
    let seer = Seer::new(Manner::HangsFrom(from));
    let asked = seer.look_into(&host.ledger, false);
    {
        let feeding = host.engine.run_feed(&script, Some(asked));
        tokio::pin!(feeding);
        loop {
            tokio::select! {
                _ = &mut feeding => panic!("the feed is held while it is asked"),
                () = seer.begun.notified() => {
                    if seer.asked.lock().expect("no test panicked").last().is_some_and(|(_, close)| *close >= from) {
                        break;
                    }
                }
            }
        }
    }
    // It looks into the ledger, which is let go of for the next life.
    drop(seer);
    host.drop_it();
    let host = Host::open(&root, &plugins, 2);
    host.desire(&script.instruments, &readers()).await;
    let asked = Seer::new(Manner::Prompt).look_into(&host.ledger, false);
    host.engine.run_feed(&script, Some(asked)).await.expect("the feed runs");
    let again = host.said().await;
    assert_eq!(on_the_logs(&host.ledger, 2), log);
    let differences = again.differences(&said);
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Bars of a life that begins with a past which ends ten minutes before the feed does.
async fn bars_after_a_past(root: &Path, seer: Option<&Arc<Seer>>) -> Vec<String> {
    let mut script = market(200);
    let until = Nanos::from_secs(START) - 10 * MINUTE;
    script.past = Script::past_bars(3, 60).into_iter().filter(|(_, bar)| bar.ts_close() <= until).collect();
    let script = script.cut(&mut Dice(1), 1);
    let host = Host::open(root, &Double::new(), 1);
    host.engine.open_market(&script, &[Timeframe::M1], Nanos::from_secs(START)).await.expect("the past is imported");
    host.desire(&script.instruments, &readers()).await;
    let asked = seer.map(|seer| seer.look_into(&host.ledger, false));
    host.engine.run_feed(&script, asked).await.expect("the feed runs");
    host.engine.shutdown().await.expect("shuts down");
    let bars = host.ledger.bars_after(0, 100_000).await.expect("reads");
    let mut bars: Vec<String> = bars.into_iter().map(|(_, record)| format!("{record:?}")).collect();
    bars.sort();
    bars
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_the_imported_past_says_nothing_of_how_far_live_data_reaches() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let seer = Seer::at(Manner::Prompt, &[Timeframe::M1, Timeframe::H1]);
    let asked = bars_after_a_past(&dir.path().join("asked"), Some(&seer)).await;
    let alone = bars_after_a_past(&dir.path().join("alone"), None).await;
    assert!(seer.times_asked() > 10 && alone.iter().any(|bar| bar.contains("partial: true")));
    assert_eq!(asked, alone);
}

#[tokio::test(flavor = "multi_thread")]
async fn years_of_silence_are_passed_over() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let mut script = market(100);
    let busy = script.end() - script.events[0].ts_init;
    for event in &mut script.events[50..] {
        event.ts_init = event.ts_init + 5 * 365 * DAY;
        event.ts_event = event.ts_init;
    }
    let seer = Seer::at(Manner::Prompt, &Timeframe::ALL);
    let (_, log) = run(dir.path(), &script, &seer, 1).await;
    let most = (busy / MINUTE) as usize * 2 + 20;
    assert!(seer.times_asked() < most && !log.is_empty(), "asked {} times, {most} at most", seer.times_asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn models_that_panic_harm_nobody() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(200);
    let reference = whole_run(&dir.path().join("reference"), &script, &readers(), 2).await;
    for (case, manner) in [Manner::Panics, Manner::PanicsBefore].into_iter().enumerate() {
        let seer = Seer::new(manner);
        let (said, log) = run(&dir.path().join(case.to_string()), &script, &seer, 2).await;
        assert_eq!((seer.times_asked() > 10, log.len()), (manner == Manner::Panics, 0));
        let differences = said.differences(&reference);
        assert!(differences.is_empty(), "{manner:?}: {differences:#?}");
    }
}

/// The runtime's clock runs ahead whenever nothing else is to be done, so that no deadline is waited for.
#[tokio::test(start_paused = true)]
async fn models_that_hang_hold_a_replay_for_a_few_deadlines_only() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(300);
    let reference = whole_run(&dir.path().join("reference"), &script, &readers(), 2).await;
    let seer = Seer::new(Manner::HangsFrom(Nanos(0)));
    let before = tokio::time::Instant::now();
    let (said, log) = run(&dir.path().join("hung"), &script, &seer, 2).await;
    assert!(log.is_empty());
    let differences = said.differences(&reference);
    assert!(differences.is_empty(), "{differences:#?}");
    let minutes = (script.end() - script.events[0].ts_init) / MINUTE;
    assert!(minutes > 30 && seer.times_asked() <= 6, "asked {} times in {minutes} minutes", seer.times_asked());
    assert!(before.elapsed().as_secs() < 7 * 60, "{:?}", before.elapsed());
}

/// A feed that ends when it is told to.
#[derive(Debug)]
struct Live {
    script: Script,
    sent: Notify,
    end: Notify,
}

impl Feed for Live {
    fn info(&self) -> FeedInfo {
        self.script.info()
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.script.instruments()
    }

    fn history(&self) -> Option<&dyn History> {
        None
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, _: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(async move {
            for event in &self.script.events {
                sink.send(FeedBatch { events: vec![event.clone()], watermark: None }).await?;
            }
            self.sent.notify_one();
            self.end.notified().await;
            Ok(FeedEnd::Stopped)
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_wall_clock_nobody_waits_and_the_newest_close_counts() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = market(200);
    let host = Host::open(dir.path(), &Double::new(), 2);
    host.desire(&script.instruments, &readers()).await;
    let seer = Seer::new(Manner::Waits);
    let asked = seer.look_into(&host.ledger, true);
    let feed = Live { script, sent: Notify::new(), end: Notify::new() };
    let watch = async {
        feed.sent.notified().await;
        // Everything went through while the first question was, or was about to be, under way.
        seer.begun.notified().await;
        let newest = newest_close(&feed.script);
        let mut last = Nanos(0);
        while last < newest {
            seer.release.notify_one();
            seer.begun.notified().await;
            last = seer.asked.lock().expect("no test panicked").last().expect("asked").1;
        }
        seer.release.notify_one();
        while on_the_logs_now(&host).await.is_empty() {
            tokio::task::yield_now().await;
        }
        feed.end.notify_one();
    };
    let (end, ()) = tokio::join!(host.engine.run_feed(&feed, Some(asked)), watch);
    end.expect("the feed runs");
    assert_eq!(seer.most_under_way.load(Ordering::SeqCst), 1, "one question at a time");
    let minutes = ((feed.script.end() - feed.script.events[0].ts_init) / MINUTE) as usize;
    assert!(minutes > 20 && seer.times_asked() <= 4, "asked {} times in {minutes} minutes", seer.times_asked());
    host.engine.shutdown().await.expect("shuts down");
    let log = on_the_logs(&host.ledger, 2);
    assert!(log.iter().all(|(_, at, answer)| *at >= answer.as_of + 2 * SECOND), "{log:#?}");
}

/// The newest close of a minute in which something traded that is over when the script ends.
fn newest_close(script: &Script) -> Nanos {
    let traded = script.events.iter().filter(|event| matches!(event.payload, Payload::Trade(_)));
    let closes = traded.map(|event| Timeframe::M1.bucket(event.ts_event) + MINUTE);
    closes.filter(|close| *close + 2 * SECOND < script.end()).max().expect("minutes go by")
}

async fn on_the_logs_now(host: &Host) -> OnLogs {
    host.engine.settle().await.expect("settles");
    on_the_logs(&host.ledger, 2)
}
