//! A source with a stream of trades: connects, catches up, reads frames, and begins anew when the connection is lost.

mod mend;

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use sconce_domain::ports::{BoxFuture, FeedEvent, SourceStatus};
use sconce_domain::time::{MILLISECOND, SECOND};
use sconce_domain::{Bar, Clock, Nanos, Outage, Payload, Timeframe};

use super::outbox::{Closed, Outbox};
use super::rest::RestError;
use super::sequence::{Place, Sequence};
use super::socket::{Incoming, Socket, SocketError};
use super::source::{Probe, Source, Start};
use super::tally::Tally;
use super::venue::{Listing, Message, Print, Venue};
use mend::Mended;

/// Pauses between connections grow from the first to the longest, each with jitter.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A bar that the provider calls closed is compared with ours, which is final two seconds after its end.
const COMPARE_AFTER: i64 = 3_500 * MILLISECOND;
/// An interruption that could not be mended is looked at again after this.
const MEND_AGAIN: i64 = 10 * SECOND;

/// How a connection is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOptions {
    /// To connect.
    pub(crate) patience: Duration,
    /// Silence after which the connection counts as lost.
    pub(crate) stall: Duration,
}

/// A source over a [`Venue`].
#[derive(Debug)]
pub(crate) struct Stream {
    venue: Box<dyn Venue>,
    listings: Vec<Listing>,
    tally: Tally,
    options: StreamOptions,
    clock: Arc<dyn Clock>,
}

/// State of one instrument.
#[derive(Debug)]
struct Desk {
    sequence: Sequence,
    start: Start,
    /// Time of the newest trade, or from when trades are wanted.
    last_ts: Nanos,
    interrupted: bool,
    /// Times that the past which is owed could not be fetched.
    past_failed: u32,
    /// When an interruption was looked at last.
    tried: Nanos,
}

/// Why a session ended.
#[derive(Debug)]
enum End {
    /// Nobody takes events any more.
    Closed,
    /// The connection is lost, or was not made.
    Lost(String),
}

impl From<Closed> for End {
    fn from(_: Closed) -> Self {
        End::Closed
    }
}

impl From<SocketError> for End {
    fn from(error: SocketError) -> Self {
        End::Lost(error.to_string())
    }
}

impl Stream {
    pub(crate) fn new(
        venue: Box<dyn Venue>,
        listings: Vec<Listing>,
        options: StreamOptions,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let tally = Tally::new(venue.name(), options.stall, &listings);
        Stream { venue, listings, tally, options, clock }
    }

    async fn run_on(&self, outbox: &Outbox, starts: Vec<Start>) -> Closed {
        let mut desks: Vec<Desk> = starts.into_iter().map(Desk::new).collect();
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .without_max_times()
            .with_jitter();
        let mut waits = pauses.build();
        loop {
            let mut frames = 0_u64;
            let why = match self.session(outbox, &mut desks, &mut frames).await {
                End::Closed => return Closed,
                End::Lost(why) => why,
            };
            self.tally.down(&why);
            for (at, desk) in desks.iter_mut().enumerate() {
                if self.interrupt(outbox, at, desk).await.is_err() {
                    return Closed;
                }
            }
            if frames > 0 {
                waits = pauses.build();
            }
            let wait = waits.next().unwrap_or(LONGEST_PAUSE);
            tracing::warn!(source = self.venue.name(), why, ?wait, "no stream; connecting again");
            tokio::time::sleep(wait).await;
        }
    }

    /// One connection from its beginning to its end.
    async fn session(&self, outbox: &Outbox, desks: &mut [Desk], frames: &mut u64) -> End {
        match self.read_on(outbox, desks, frames).await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn read_on(
        &self,
        outbox: &Outbox,
        desks: &mut [Desk],
        frames: &mut u64,
    ) -> Result<std::convert::Infallible, End> {
        let codes: Vec<String> = self.listings.iter().map(|listing| listing.code.clone()).collect();
        let (url, first) = (self.venue.socket_url(&codes), self.venue.subscription(&codes));
        let mut socket = Socket::connect(&url, first, self.options.patience, self.options.stall).await?;
        self.tally.connected();
        tracing::info!(source = self.venue.name(), "connected; fetching what was missed");
        self.catch_up(outbox, desks).await?;
        self.tally.up();
        loop {
            match socket.next().await? {
                Incoming::Text(text) => self.frame(&text, outbox, desks).await?,
                Incoming::Binary => self.tally.frame(self.clock.now(), |frames| &mut frames.malformed),
                Incoming::Alive => continue,
            }
            *frames += 1;
            let now = self.clock.now();
            if desks.iter().any(|desk| desk.interrupted && now - desk.tried > MEND_AGAIN) {
                self.catch_up(outbox, desks).await?;
            }
        }
    }

    async fn frame(&self, text: &str, outbox: &Outbox, desks: &mut [Desk]) -> Result<(), End> {
        let now = self.clock.now();
        let message = match self.venue.decode(text) {
            Ok(message) => message,
            Err(error) => {
                tracing::debug!(source = self.venue.name(), %error, "a frame is not understood");
                self.tally.frame(now, |frames| &mut frames.malformed);
                return Ok(());
            }
        };
        match message {
            Message::Trade { code, print } => match self.position(&code, now) {
                Some(at) => self.trade(at, print, now, outbox, &mut desks[at]).await,
                None => Ok(()),
            },
            Message::Quote { code, ts, quote } => {
                let Some(at) = self.position(&code, now) else { return Ok(()) };
                self.tally.frame(now, |frames| &mut frames.quotes);
                self.tally.timed(at, ts, now);
                let payload = Payload::Quote(quote);
                if outbox.show(self.event(at, ts.unwrap_or(now), now, payload)) {
                    self.tally.conflated();
                }
                Ok(())
            }
            Message::Bar { code, bar } => {
                let Some(at) = self.position(&code, now) else { return Ok(()) };
                self.tally.frame(now, |frames| &mut frames.bars);
                let known = now.max(bar.ts_close() + COMPARE_AFTER);
                outbox.hold(self.event(at, bar.ts_close(), known, Payload::Bar(bar)));
                Ok(())
            }
            Message::Heartbeat { code, ts, newest } => {
                let Some(at) = self.position(&code, now) else { return Ok(()) };
                self.tally.frame(now, |frames| &mut frames.control);
                self.tally.timed(at, Some(ts), now);
                self.heartbeat(at, newest, now, outbox, &mut desks[at]).await
            }
            Message::Subscribed => {
                self.tally.frame(now, |frames| &mut frames.control);
                Ok(())
            }
            Message::Ignored => {
                self.tally.frame(now, |frames| &mut frames.ignored);
                Ok(())
            }
            Message::Refused(why) => {
                self.tally.frame(now, |frames| &mut frames.control);
                Err(End::Lost(format!("the provider refuses the subscription: {why}")))
            }
        }
    }

    /// A trade of the stream: taken, unless its id was taken before or cannot be.
    async fn trade(&self, at: usize, print: Print, now: Nanos, outbox: &Outbox, desk: &mut Desk) -> Result<(), End> {
        self.tally.frame(now, |frames| &mut frames.trades);
        self.tally.timed(at, Some(print.ts), now);
        let place = desk.sequence.place(print.trade.id);
        if place == Place::Duplicate {
            self.tally.stream(at, |stream| stream.duplicates += 1);
            return Ok(());
        }
        let ahead = matches!(place, Place::Gap { .. }) || place == Place::Next && desk.interrupted;
        if ahead && self.mend(at, Some(&print), outbox, desk).await? == Mended::Implausible {
            self.tally.stream(at, |stream| stream.implausible += 1);
            return Ok(());
        }
        self.tally.stream(at, |stream| stream.accepted += 1);
        desk.take(&print);
        Ok(outbox.pass(self.event(at, print.ts, now, Payload::Trade(print.trade))).await?)
    }

    /// The provider says which trade is its newest; one that did not come is fetched.
    async fn heartbeat(&self, at: usize, newest: u64, now: Nanos, outbox: &Outbox, desk: &mut Desk) -> Result<(), End> {
        let behind = desk.sequence.newest().is_some_and(|own| own < newest);
        if behind && !desk.interrupted && now - desk.tried > SECOND {
            self.mend(at, None, outbox, desk).await?;
        }
        Ok(())
    }

    /// Says that what trades from now on may be missing.
    async fn interrupt(&self, outbox: &Outbox, at: usize, desk: &mut Desk) -> Result<(), Closed> {
        if std::mem::replace(&mut desk.interrupted, true) {
            return Ok(());
        }
        self.tally.stream(at, |stream| stream.interrupted = true);
        let event = self.event(at, desk.last_ts, self.clock.now(), Payload::Outage(Outage::Began));
        outbox.pass(event).await
    }

    /// Where an instrument stands among the listings; a frame about another is counted and not used.
    fn position(&self, code: &str, now: Nanos) -> Option<usize> {
        let found = self.listings.iter().position(|listing| listing.code == code);
        if found.is_none() {
            self.tally.frame(now, |frames| &mut frames.ignored);
        }
        found
    }

    fn event(&self, at: usize, ts_event: Nanos, ts_init: Nanos, payload: Payload) -> FeedEvent {
        FeedEvent { instrument: self.listings[at].index, ts_event, ts_init, payload }
    }
}

impl Desk {
    fn new(start: Start) -> Self {
        let sequence = Sequence::after(start.last_trade);
        // The feed says that the stream of trades begins interrupted.
        Desk { sequence, last_ts: start.since, start, interrupted: true, past_failed: 0, tried: Nanos::MIN }
    }

    /// Takes a trade's id and time; returns how many ids it leaves out.
    fn take(&mut self, print: &Print) -> u64 {
        self.last_ts = self.last_ts.max(print.ts);
        self.sequence.take(print.trade.id)
    }
}

impl Source for Stream {
    fn listings(&self) -> &[Listing] {
        &self.listings
    }

    fn status(&self) -> SourceStatus {
        self.tally.read(self.venue.rest())
    }

    fn streams_trades(&self) -> bool {
        true
    }

    fn bars(
        &self,
        at: usize,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'_, Result<Vec<Bar>, RestError>> {
        self.venue.bars(&self.listings[at].code, timeframe, from, to)
    }

    fn run<'a>(&'a self, outbox: &'a Outbox, starts: Vec<Start>) -> BoxFuture<'a, Closed> {
        Box::pin(self.run_on(outbox, starts))
    }

    fn probe(&self) -> BoxFuture<'_, Vec<Probe>> {
        Box::pin(super::probe::of_venue(self.venue.as_ref(), &self.listings, self.options, self.clock.as_ref()))
    }
}
