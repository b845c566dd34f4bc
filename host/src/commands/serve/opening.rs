//! The first question to deployments that were put into force on a market with a past: they speak at once, not only at
//! their next bar. They are asked once the feed has said something about each of their instruments, so that the first
//! answer carries a live price and not the close of the past.
//!
//! The questions are control events on the log like any other, so a rebuilt log has them where they were.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sconce_domain::ports::{BoxFuture, Feed, FeedBatch, FeedEnd, FeedError, FeedInfo, FeedSink, History, Resume};
use sconce_domain::time::MINUTE;
use sconce_domain::{Control, Deployed, Instrument, Nanos};
use sconce_engine::Engine;

/// An instrument that is silent for so long of market time is not waited for: minute bars have spoken by then.
const PATIENCE: i64 = MINUTE;

/// Questions that are still to be asked.
#[derive(Debug, Default)]
pub(super) struct Questions {
    open: Vec<Question>,
    since: Option<Nanos>,
}

#[derive(Debug)]
struct Question {
    control: Control,
    /// Places among the feed's instruments that nothing was heard of.
    unheard: BTreeSet<u32>,
}

impl Questions {
    /// One for each deployment that `controls` put into force.
    pub(super) fn of(controls: &[Control], instruments: &[Instrument]) -> Self {
        let question = |deployed: &Deployed| Question {
            control: Control::RunNow { deployment: deployed.spec.id.clone(), instrument: None },
            unheard: (0_u32..)
                .zip(instruments)
                .filter(|(_, one)| deployed.instruments.contains(&one.id()))
                .map(|(n, _)| n)
                .collect(),
        };
        let deployed = controls.iter().filter_map(|control| match control {
            Control::Deploy(deployed) => Some(question(deployed)),
            _ => None,
        });
        Questions { open: deployed.collect(), since: None }
    }

    /// Takes note of what a feed says with `batch`; gives what is to be asked after it.
    fn heard(&mut self, batch: &FeedBatch) -> Vec<Control> {
        let newest = batch.events.last().map(|event| event.ts_init);
        let Some(reached) = batch.watermark.or(newest) else { return Vec::new() };
        let late = reached - *self.since.get_or_insert(reached) >= PATIENCE;
        let said: BTreeSet<u32> = batch.events.iter().map(|event| event.instrument).collect();
        let is_due = |question: &mut Question| {
            question.unheard.retain(|instrument| !said.contains(instrument));
            late || question.unheard.is_empty()
        };
        self.open.extract_if(.., is_due).map(|question| question.control).collect()
    }

    /// All that was not asked yet.
    fn rest(&mut self) -> Vec<Control> {
        self.open.drain(..).map(|question| question.control).collect()
    }
}

/// A feed whose first events are followed by the questions.
pub(super) struct Opening {
    feed: Arc<dyn Feed>,
    engine: Arc<Engine>,
    questions: Mutex<Questions>,
}

impl Opening {
    pub(super) fn new(feed: Arc<dyn Feed>, engine: Arc<Engine>, questions: Questions) -> Self {
        Opening { feed, engine, questions: Mutex::new(questions) }
    }

    async fn ask(&self, controls: Vec<Control>) {
        if controls.is_empty() {
            return;
        }
        let engine = Arc::clone(&self.engine);
        // In a task of its own: who waits here may be told to stop, and a control event goes to every worker or to none.
        match tokio::spawn(async move { engine.apply(controls).await }).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "new deployments could not be asked for a first answer"),
            Err(error) => tracing::error!(%error, "asking new deployments for a first answer broke off"),
        }
    }

    fn questions(&self) -> MutexGuard<'_, Questions> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").field("feed", &self.feed).finish_non_exhaustive()
    }
}

impl Feed for Opening {
    fn info(&self) -> FeedInfo {
        self.feed.info()
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.feed.instruments()
    }

    fn history(&self) -> Option<&dyn History> {
        self.feed.history()
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, resume: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(async move {
            let end = self.feed.run(&Listening { opening: self, sink }, resume).await?;
            if end == FeedEnd::Exhausted {
                let rest = self.questions().rest();
                self.ask(rest).await;
            }
            Ok(end)
        })
    }
}

/// The sink, with an ear on what goes into it.
struct Listening<'a> {
    opening: &'a Opening,
    sink: &'a dyn FeedSink,
}

impl FeedSink for Listening<'_> {
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>> {
        let due = self.opening.questions().heard(&batch);
        Box::pin(async move {
            self.sink.send(batch).await?;
            self.opening.ask(due).await;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::Payload;
    use sconce_domain::ports::FeedEvent;
    use sconce_domain::time::SECOND;

    use super::*;

    fn questions() -> Questions {
        let control = |name: &str| Control::RunNow { deployment: name.parse().expect("letters"), instrument: None };
        let question = |name: &str, unheard: &[u32]| Question {
            control: control(name),
            unheard: unheard.iter().copied().collect(),
        };
        Questions { open: vec![question("both", &[0, 1]), question("first", &[0])], since: None }
    }

    /// A batch at a second of market time, with an event about each of these instruments.
    fn batch(second: i64, about: &[u32]) -> FeedBatch {
        let at = Nanos(second * SECOND);
        let event =
            |instrument: &u32| FeedEvent { instrument: *instrument, ts_event: at, ts_init: at, payload: Payload::Tick };
        FeedBatch { events: about.iter().map(event).collect(), watermark: Some(at) }
    }

    #[track_caller]
    fn check(batches: &[(i64, &[u32])], expected: &[&str]) {
        let mut questions = questions();
        let asked = batches.iter().map(|(second, about)| {
            let due = questions.heard(&batch(*second, about));
            let names = due.iter().map(|control| match control {
                Control::RunNow { deployment, .. } => deployment.to_string(),
                other => panic!("{other:?}"),
            });
            names.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(asked.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn each_is_asked_once_when_all_its_instruments_were_heard_of() {
        check(&[(0, &[]), (1, &[0]), (2, &[0]), (3, &[1]), (4, &[0, 1])], &["", "first", "", "both", ""]);
        check(&[(0, &[1, 0])], &["both first"]);
    }

    #[test]
    fn a_silent_instrument_is_not_waited_for_longer_than_a_minute() {
        check(&[(100, &[0]), (159, &[]), (160, &[]), (300, &[1])], &["first", "", "both", ""]);
    }

    #[test]
    fn nothing_is_heard_in_a_batch_of_nothing() {
        let mut questions = questions();
        assert!(questions.heard(&FeedBatch::default()).is_empty());
        assert_eq!(questions.rest().len(), 2);
        assert!(questions.rest().is_empty());
    }
}
