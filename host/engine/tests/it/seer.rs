//! Models as a test wants them: what they say depends on the bar that closed and on nothing else, and they can misbehave.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use sconce_domain::ports::{Answers, BoxFuture};
use sconce_domain::time::SECOND;
use sconce_domain::{
    AnswerInterval, AnswerPoint, Digest, InputEvent, InstrumentId, ModelAnswer, Nanos, Payload, Timeframe, TimeframeSet,
};
use sconce_engine::Asked;
use sconce_ledger::Ledger;
use tokio::sync::Notify;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    /// At once.
    Prompt,
    /// After others had their turn a few times, and in another order.
    Slow,
    /// Never, about closes from here on.
    HangsFrom(Nanos),
    /// Not before it is released.
    Waits,
    /// It panics.
    Panics,
    /// It panics when it is asked what there is to ask.
    PanicsBefore,
    /// With everything that cannot stand on a log, besides.
    Nonsense,
}

/// Two models that speak of every instrument whose minute or five-minute bar closed.
#[derive(Debug)]
pub(crate) struct Seer {
    manner: Manner,
    timeframes: TimeframeSet,
    ledger: OnceLock<Ledger>,
    pub(crate) asked: Mutex<Vec<(Timeframe, Nanos)>>,
    pub(crate) begun: Notify,
    pub(crate) release: Notify,
    under_way: AtomicUsize,
    pub(crate) most_under_way: AtomicUsize,
}

impl Seer {
    pub(crate) fn new(manner: Manner) -> Arc<Self> {
        Seer::at(manner, &[Timeframe::M1])
    }

    pub(crate) fn at(manner: Manner, timeframes: &[Timeframe]) -> Arc<Self> {
        Arc::new(Seer {
            manner,
            timeframes: timeframes.iter().copied().collect(),
            ledger: OnceLock::new(),
            asked: Mutex::default(),
            begun: Notify::new(),
            release: Notify::new(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
        })
    }

    /// Where it finds bars.
    pub(crate) fn look_into(self: &Arc<Self>, ledger: &Ledger, wall_clock: bool) -> Asked {
        assert!(self.ledger.set(ledger.clone()).is_ok(), "it looks into one ledger");
        Asked { answers: Arc::clone(self) as Arc<dyn Answers>, wall_clock }
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.asked.lock().expect("no test panicked").len()
    }

    /// Bars of the timeframe that ended there, as the ledger has them.
    fn bars(&self, timeframe: Timeframe, close: Nanos) -> Vec<(InstrumentId, f64)> {
        let ledger = self.ledger.get().expect("it was given a ledger");
        let bars = ledger.bars_known_after((close, 0), close + 2 * SECOND, 10_000).expect("reads");
        let own = bars.into_iter().filter(|(_, record)| {
            record.bar.timeframe == timeframe && record.bar.ts_close() == close && record.bar.revision == 0
        });
        own.map(|(_, record)| (record.instrument, record.bar.close)).collect()
    }

    fn say(&self, timeframe: Timeframe, close: Nanos) -> Vec<(InstrumentId, ModelAnswer)> {
        let mut said = Vec::new();
        for (instrument, price) in self.bars(timeframe, close) {
            for model in ["lstm", "arima"] {
                said.push((instrument.clone(), answer(model, &instrument, timeframe, close, price)));
            }
        }
        match self.manner {
            Manner::Slow => said.reverse(),
            Manner::Nonsense => nonsense(&mut said),
            _ => {}
        }
        said
    }
}

/// What `model` says of a bar: two bars ahead, within intervals; in sample in every seventh minute.
pub(crate) fn answer(model: &str, about: &InstrumentId, timeframe: Timeframe, close: Nanos, price: f64) -> ModelAnswer {
    let point = |ahead: u32| {
        let log_return = expected(model, about, close, ahead);
        let middle = price * (1.0 + log_return);
        let range = |level: f64| AnswerInterval { level, lower: middle * (1.0 - level / 50.0), upper: middle * 1.02 };
        let in_sample = close.0 / timeframe.nanos() % 7 == 0;
        AnswerPoint { ahead, log_return, intervals: vec![range(0.8), range(0.95)], in_sample }
    };
    let points = vec![point(1), point(2)];
    ModelAnswer { model: model.to_owned(), version: version(model), timeframe, as_of: close, close: price, points }
}

pub(crate) fn version(model: &str) -> Digest {
    Digest::of(format!("version of {model}").as_bytes())
}

/// A number in (-0.01, 0.01) that nothing else shares.
pub(crate) fn expected(model: &str, about: &InstrumentId, close: Nanos, ahead: u32) -> f64 {
    let parts = [model.as_bytes(), about.as_str().as_bytes(), &close.0.to_le_bytes(), &ahead.to_le_bytes()];
    let bytes = Digest::of_parts(&parts).0;
    f64::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 3_300_000.0
}

/// What must not come onto a log, around what may.
fn nonsense(said: &mut Vec<(InstrumentId, ModelAnswer)>) {
    let Some((instrument, sound)) = said.first().cloned() else { return };
    let point = &sound.points[0];
    let broken = [
        ModelAnswer { as_of: sound.as_of + 1, ..sound.clone() },
        ModelAnswer { as_of: sound.as_of - sound.timeframe.nanos(), ..sound.clone() },
        ModelAnswer { timeframe: Timeframe::D1, ..sound.clone() },
        ModelAnswer { model: "x".repeat(100_000), ..sound.clone() },
        ModelAnswer { close: f64::NAN, ..sound.clone() },
        ModelAnswer { points: vec![AnswerPoint { log_return: f64::INFINITY, ..point.clone() }], ..sound.clone() },
        ModelAnswer { points: vec![point.clone(); 100_000], ..sound.clone() },
        sound.clone(),
    ];
    said.extend(broken.map(|answer| (instrument.clone(), answer)));
    said.insert(0, ("NOBODY-KNOWS@me".parse().expect("valid"), sound));
}

impl Answers for Seer {
    fn timeframes(&self) -> TimeframeSet {
        assert_ne!(self.manner, Manner::PanicsBefore, "as it was told to");
        self.timeframes
    }

    fn at_close(&self, timeframe: Timeframe, close: Nanos) -> BoxFuture<'_, Vec<(InstrumentId, ModelAnswer)>> {
        Box::pin(async move {
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_under_way.fetch_max(now, Ordering::SeqCst);
            self.asked.lock().expect("no test panicked").push((timeframe, close));
            self.begun.notify_one();
            match self.manner {
                Manner::Slow => {
                    for _ in 0..5 {
                        tokio::task::yield_now().await;
                    }
                }
                Manner::HangsFrom(from) if close >= from => std::future::pending().await,
                Manner::Waits => self.release.notified().await,
                Manner::Panics => panic!("as it was told to"),
                _ => {}
            }
            let said = self.say(timeframe, close);
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            said
        })
    }
}

/// Every answer on the logs, with the instrument's index and the time at which it was known.
pub(crate) fn on_the_logs(ledger: &Ledger, workers: u32) -> Vec<(u32, Nanos, ModelAnswer)> {
    let mut found = Vec::new();
    for worker in 0..workers {
        for event in ledger.read_inputs(worker, 1).expect("whole") {
            let InputEvent { instrument, ts_init, payload, .. } = event.expect("readable");
            if let Payload::Answer(answer) = payload {
                found.push((instrument.0, ts_init, *answer));
            }
        }
    }
    let key = |(index, at, answer): &(u32, Nanos, ModelAnswer)| (*at, *index, answer.model.clone(), answer.timeframe);
    let distinct: BTreeSet<_> =
        found.iter().map(|(index, _, a)| (*index, a.id(&"A-B@c".parse().expect("valid")))).collect();
    assert_eq!(distinct.len(), found.len(), "nothing is there twice");
    found.sort_by_key(key);
    found
}
