//! The task that reads committed findings and tells one sink, one after the other.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use sconce_domain::ports::{Committed, Notice, Sink, SinkError};
use sconce_domain::{Body, Clock, Entry, Output, Record};
use tokio::task::JoinHandle;

use crate::policy::{Policy, Verdict};
use crate::telemetry::count;

/// Entries read at a time.
const PAGE: u32 = 500;

/// How findings are told.
#[derive(Debug, Clone, Copy)]
pub struct NotifierOptions {
    /// At most one notice per deployment and instrument in this time.
    pub cooldown: Duration,
    /// A finding that waited longer is no news any more.
    pub max_age: Duration,
    /// Attempts per notice.
    pub attempts: u32,
    /// Pause after the first failure; doubles with each, up to `longest_pause`, and is stretched by up to itself at random.
    pub first_pause: Duration,
    /// Longest pause. A notice is given up on where the other side asks for more.
    pub longest_pause: Duration,
}

impl Default for NotifierOptions {
    fn default() -> Self {
        NotifierOptions {
            cooldown: Duration::from_mins(2),
            max_age: Duration::from_mins(5),
            attempts: 4,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
        }
    }
}

/// The running task. Dropping it ends the task; what was not told yet is not told.
#[derive(Debug)]
pub struct Notifier {
    task: JoinHandle<()>,
}

impl Notifier {
    /// Tells `sink` of the findings that come into the ledger from now on.
    pub fn spawn(
        source: Arc<dyn Committed>,
        sink: Arc<dyn Sink>,
        clock: Arc<dyn Clock>,
        options: NotifierOptions,
    ) -> Notifier {
        let policy = Policy::new(options.cooldown, options.max_age);
        let from = source.newest();
        let work = Work { source, sink, clock, options, policy };
        Notifier { task: tokio::spawn(work.run(from)) }
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Work {
    source: Arc<dyn Committed>,
    sink: Arc<dyn Sink>,
    clock: Arc<dyn Clock>,
    options: NotifierOptions,
    policy: Policy,
}

impl Work {
    /// Reads on from `position` at every commit, until no more can come.
    async fn run(mut self, mut position: u64) {
        let mut commits = 0;
        loop {
            match self.source.entries(position, PAGE).await {
                Ok(entries) if !entries.is_empty() => {
                    for entry in &entries {
                        self.take(entry).await;
                        position = entry.seq;
                    }
                    continue;
                }
                Ok(_) => {}
                Err(failure) => {
                    tracing::warn!(error = %failure, "findings cannot be read; the next commit tries again")
                }
            }
            match self.source.changed(commits).await {
                Ok(now) => commits = now,
                Err(_) => return,
            }
        }
    }

    async fn take(&mut self, entry: &Entry) {
        let Record::Output(output) = &entry.record else { return };
        let Some(notice) = notice_of(entry, output) else { return };
        match self.policy.judge(&notice, self.clock.now()) {
            Verdict::Tell => self.tell(&notice).await,
            Verdict::HoldBack => count(self.sink.name(), "held_back"),
            Verdict::Stale => count(self.sink.name(), "stale"),
        }
    }

    /// Tries, waits, tries again; longer where the other side asks for it, unless the notice would be stale by then.
    async fn tell(&self, notice: &Notice) {
        let longest = self.options.longest_pause;
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.options.first_pause)
            .with_max_delay(longest)
            .with_max_times(self.options.attempts.saturating_sub(1) as usize)
            .with_jitter();
        let asked = |error: &SinkError, pause: Option<Duration>| {
            let SinkError::Later { after, .. } = error else { return None };
            pause.map(|pause| pause.max(after.unwrap_or_default())).filter(|pause| *pause <= longest)
        };
        let told = (|| self.sink.deliver(notice))
            .retry(pauses)
            .when(|error| matches!(error, SinkError::Later { .. }))
            .adjust(asked)
            .await;
        let Err(error) = told else { return count(self.sink.name(), "sent") };
        tracing::warn!(sink = self.sink.name(), id = %notice.id, "a finding was not told: {error}");
        count(self.sink.name(), if matches!(error, SinkError::Refused(_)) { "refused" } else { "failed" });
    }
}

/// The notice of an output: absent where it is no finding.
fn notice_of(entry: &Entry, output: &Output) -> Option<Notice> {
    let Body::Signal(signal) = &output.body else { return None };
    signal.finding.then(|| Notice {
        id: output.id,
        deployment: output.deployment.clone(),
        instrument: output.instrument.clone(),
        label: signal.label.clone(),
        direction: signal.direction,
        score: signal.score,
        attributes: signal.attributes.clone(),
        as_of: output.as_of,
        recorded_at: entry.recorded_at,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use sconce_domain::error::Failure;
    use sconce_domain::ports::BoxFuture;
    use sconce_domain::{
        BarRecord, DeploymentId, Digest, Direction, ErrorKind, InstrumentId, Nanos, OutputId, Provenance, Signal,
        Trigger,
    };
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
    use tokio::sync::watch;

    use super::*;

    /// A neutral finding with score 1.
    pub(crate) fn notice(deployment: &str, instrument: Option<&str>, recorded_at: Nanos) -> Notice {
        let entry = finding(1, deployment, instrument, recorded_at, true);
        let Record::Output(output) = &entry.record else { panic!("an output") };
        notice_of(&entry, output).expect("a finding")
    }

    fn finding(seq: u64, deployment: &str, instrument: Option<&str>, recorded_at: Nanos, finding: bool) -> Entry {
        let deployment: DeploymentId = deployment.parse().expect("an id");
        let instrument: Option<InstrumentId> = instrument.map(|text| text.parse().expect("an instrument"));
        let provenance = Provenance {
            plugin: Digest::of(b"p"),
            config: Digest::of(b"c"),
            models: vec![],
            in_sample: false,
            engine: Digest::of(b"e"),
            generation: 1,
            input: Digest::of(b"i"),
            trigger: Trigger(1),
        };
        let signal = Signal {
            label: "it".to_owned(),
            direction: Direction::Neutral,
            score: 1.0,
            probability: None,
            horizon: None,
            levels: vec![],
            attributes: vec![],
            finding,
        };
        let id = OutputId::new(&deployment, 1, instrument.as_ref(), Nanos(0), u32::try_from(seq).unwrap_or(0));
        let (as_of, ordinal, body) = (Nanos(0), 0, Body::Signal(signal));
        let output = Output { id, deployment, instrument, as_of, ordinal, provenance, body };
        Entry { seq, recorded_at, record: Record::Output(Box::new(output)) }
    }

    /// A ledger of findings.
    #[derive(Debug)]
    struct Committing {
        entries: Mutex<Vec<Entry>>,
        commits: watch::Sender<u64>,
    }

    impl Committing {
        fn add(&self, entry: Entry) {
            self.entries.lock().expect("lock").push(entry);
            self.commits.send_modify(|commits| *commits += 1);
        }
    }

    impl Committed for Committing {
        fn newest(&self) -> u64 {
            self.entries.lock().expect("lock").last().map_or(0, |entry| entry.seq)
        }
        fn entries(&self, after: u64, limit: u32) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
            let entries = self.entries.lock().expect("lock");
            let page = entries.iter().filter(|entry| entry.seq > after).take(limit as usize).cloned().collect();
            Box::pin(std::future::ready(Ok(page)))
        }
        fn bars(&self, _: u64, _: u32) -> BoxFuture<'_, Result<Vec<(u64, BarRecord)>, Failure>> {
            Box::pin(std::future::ready(Ok(Vec::new())))
        }
        fn changed(&self, seen: u64) -> BoxFuture<'_, Result<u64, Failure>> {
            let mut commits = self.commits.subscribe();
            Box::pin(async move {
                let now = commits.wait_for(|now| *now != seen).await;
                now.map(|now| *now).map_err(|_| Failure::new(ErrorKind::Unavailable, "closed"))
            })
        }
    }

    /// Answers in this order, then takes everything; reports each attempt with its time.
    #[derive(Debug)]
    struct Scripted {
        answers: Mutex<VecDeque<SinkError>>,
        attempts: UnboundedSender<(OutputId, tokio::time::Instant)>,
    }

    impl Sink for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }
        fn deliver<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), SinkError>> {
            self.attempts.send((notice.id, tokio::time::Instant::now())).expect("the test listens");
            let answer = self.answers.lock().expect("lock").pop_front();
            Box::pin(std::future::ready(answer.map_or(Ok(()), Err)))
        }
    }

    #[derive(Debug)]
    struct Standing;

    impl Clock for Standing {
        fn now(&self) -> Nanos {
            Nanos(0)
        }
    }

    fn later(after: Option<u64>) -> SinkError {
        SinkError::Later { reason: "busy".to_owned(), after: after.map(Duration::from_secs) }
    }

    struct Scene {
        ledger: Arc<Committing>,
        attempts: UnboundedReceiver<(OutputId, tokio::time::Instant)>,
        _notifier: Notifier,
    }

    fn scene(answers: Vec<SinkError>) -> Scene {
        let (sender, attempts) = unbounded_channel();
        let before = finding(7, "before", None, Nanos(0), true);
        let ledger = Arc::new(Committing { entries: Mutex::new(vec![before]), commits: watch::Sender::new(0) });
        let sink = Arc::new(Scripted { answers: Mutex::new(answers.into()), attempts: sender });
        let source = Arc::clone(&ledger) as Arc<dyn Committed>;
        let notifier = Notifier::spawn(source, sink, Arc::new(Standing), NotifierOptions::default());
        Scene { ledger, attempts, _notifier: notifier }
    }

    /// Seconds between the attempts for the first finding, told apart from those for the second.
    async fn pauses(answers: Vec<SinkError>) -> Vec<u64> {
        let mut scene = scene(answers);
        let (first, second) = (finding(8, "a", None, Nanos(0), true), finding(9, "b", None, Nanos(0), true));
        let Record::Output(last) = second.record.clone() else { panic!("an output") };
        scene.ledger.add(first);
        scene.ledger.add(second);
        let mut times = Vec::new();
        loop {
            let (id, at) = scene.attempts.recv().await.expect("told");
            if id == last.id {
                return times.windows(2).map(|pair: &[tokio::time::Instant]| (pair[1] - pair[0]).as_secs()).collect();
            }
            times.push(at);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_and_pauses() {
        let within = |pauses: &[u64], ranges: &[std::ops::RangeInclusive<u64>]| {
            assert_eq!(pauses.len(), ranges.len(), "{pauses:?}");
            assert!(pauses.iter().zip(ranges).all(|(pause, range)| range.contains(pause)), "{pauses:?} {ranges:?}");
        };
        within(&pauses(vec![]).await, &[]);
        within(&pauses(vec![later(None)]).await, &[1..=2]);
        within(&pauses(vec![later(None), later(None), later(None), later(None)]).await, &[1..=2, 2..=4, 4..=8]);
        within(&pauses(vec![later(Some(20))]).await, &[20..=20]);
        within(&pauses(vec![later(Some(3_600))]).await, &[]);
        within(&pauses(vec![SinkError::Refused("no".to_owned())]).await, &[]);
    }

    #[tokio::test(start_paused = true)]
    async fn only_new_findings_are_told_and_each_once() {
        let mut scene = scene(vec![]);
        scene.ledger.add(finding(8, "quiet", None, Nanos(0), false));
        let old = Nanos(-3_600 * sconce_domain::time::SECOND);
        scene.ledger.add(finding(9, "old", None, old, true));
        scene.ledger.add(finding(10, "told", Some("BTC-USD@coinbase"), Nanos(0), true));
        scene.ledger.add(finding(11, "told", Some("BTC-USD@coinbase"), Nanos(1), true));
        scene.ledger.add(finding(12, "last", None, Nanos(0), true));
        let expected = [10, 12].map(|seq| {
            let named = if seq == 10 { ("told", Some("BTC-USD@coinbase")) } else { ("last", None) };
            let Record::Output(output) = finding(seq, named.0, named.1, Nanos(0), true).record else { panic!() };
            output.id
        });
        for id in expected {
            assert_eq!(scene.attempts.recv().await.map(|(told, _)| told), Some(id));
        }
        assert!(scene.attempts.is_empty());
    }
}
