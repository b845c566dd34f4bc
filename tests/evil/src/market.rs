//! A made-up market: a few instruments, two trades a minute each, handed over minute by minute.

use sconce_domain::ports::{
    BoxFuture, Feed, FeedBatch, FeedEnd, FeedError, FeedEvent, FeedInfo, FeedSink, History, Resume,
};
use sconce_domain::time::{MINUTE, SECOND};
use sconce_domain::{Instrument, Nanos, Payload, TakerSide, Trade};
use tokio::sync::{Mutex, mpsc};

/// How many instruments there are.
pub const INSTRUMENTS: u32 = 4;
/// The first moment.
const BEGIN: i64 = 1_700_000_040 * SECOND;

/// When minute `number` begins.
pub fn minute(number: u64) -> Nanos {
    Nanos(BEGIN + number as i64 * MINUTE)
}

/// Which minute a moment lies in.
pub fn number_of(at: Nanos) -> u64 {
    u64::try_from((at.0 - BEGIN) / MINUTE).unwrap_or(0)
}

/// The instruments.
pub fn instruments() -> Vec<Instrument> {
    (0..INSTRUMENTS).map(|number| Instrument::spot(&format!("E{number}"), "USDT", "made")).collect()
}

/// Everything that happens in a minute.
pub fn events(number: u64) -> FeedBatch {
    let one = |turn: u64, instrument: u32| {
        let at = minute(number) + (10 + 30 * turn as i64) * SECOND + i64::from(instrument);
        let wave = (number * 2 + turn) * 7 % 23 + u64::from(instrument);
        let trade =
            Trade { price: 100.0 + wave as f64 / 10.0, size: 1.0, side: TakerSide::Buy, id: number * 2 + turn + 1 };
        FeedEvent { instrument, ts_event: at, ts_init: at, payload: Payload::Trade(trade) }
    };
    let events: Vec<FeedEvent> =
        (0..2).flat_map(|turn| (0..INSTRUMENTS).map(move |instrument| one(turn, instrument))).collect();
    let watermark = events.last().map(|event| event.ts_init);
    FeedBatch { events, watermark }
}

/// A feed that hands on what it is given.
#[derive(Debug)]
pub struct HandFed(Mutex<mpsc::Receiver<FeedBatch>>);

impl HandFed {
    /// The feed, and its hand.
    pub fn new() -> (Self, mpsc::Sender<FeedBatch>) {
        let (hand, mouth) = mpsc::channel(1);
        (HandFed(Mutex::new(mouth)), hand)
    }

    async fn play(&self, sink: &dyn FeedSink) -> Result<FeedEnd, FeedError> {
        let mut mouth = self.0.lock().await;
        while let Some(batch) = mouth.recv().await {
            sink.send(batch).await?;
        }
        Ok(FeedEnd::Exhausted)
    }
}

impl Feed for HandFed {
    fn info(&self) -> FeedInfo {
        FeedInfo { name: "made".to_owned(), synthetic: true, speed: None, note: "made up for a test".to_owned() }
    }

    fn instruments(&self) -> Vec<Instrument> {
        instruments()
    }

    fn history(&self) -> Option<&dyn History> {
        None
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, _: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(self.play(sink))
    }
}
