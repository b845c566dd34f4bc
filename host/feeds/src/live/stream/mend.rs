//! Mending an interruption: what was missed is fetched by id, and where that cannot be, a hole stays and is told.

use sconce_domain::{Bar, Nanos, Outage, Payload, Timeframe};

use super::{Desk, End, Stream};
use crate::live::outbox::{Closed, Outbox};
use crate::live::sequence::{Place, Sequence};
use crate::live::venue::{Missed, Print, Reach, Since};

/// Answers may be behind the stream by so many trades; an id further ahead of what the provider knows is garbled.
const LAG: u64 = 100;

/// Sessions that end because the past is not given, before the stream goes on without it.
const MOST_PAST_FAILURES: u32 = 5;

/// What became of an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mended {
    /// It is over; a hole may have stayed.
    Over,
    /// It goes on; the next trade, or the next look, decides.
    GoesOn,
    /// The trade that showed it cannot be: the provider knows of no such id.
    Implausible,
}

impl Stream {
    /// Looks at every interrupted instrument.
    pub(super) async fn catch_up(&self, outbox: &Outbox, desks: &mut [Desk]) -> Result<(), End> {
        for (at, desk) in desks.iter_mut().enumerate().filter(|(_, desk)| desk.interrupted) {
            self.owed_bars(at, outbox, desk).await?;
            self.mend(at, None, outbox, desk).await?;
        }
        Ok(())
    }

    /// Fetches what is missing up to `next`, the trade that showed it, or to the present.
    pub(super) async fn mend(
        &self,
        at: usize,
        next: Option<&Print>,
        outbox: &Outbox,
        desk: &mut Desk,
    ) -> Result<Mended, End> {
        self.interrupt(outbox, at, desk).await?;
        desk.tried = self.clock.now();
        let since = desk.sequence.newest().map_or(Since::Time(desk.start.since), Since::Id);
        let code = &self.listings[at].code;
        let missed = match self.venue.missed(code, since, next.map(|print| print.trade.id)).await {
            Ok(missed) => missed,
            Err(error) => {
                tracing::warn!(source = self.venue.name(), code, %error, "missed trades cannot be fetched");
                self.tally.trouble(&error.to_string());
                let Some(next) = next else { return Ok(Mended::GoesOn) };
                let lost = lost_before(&desk.sequence, next);
                self.end(at, Some((next.ts, lost)), outbox, desk).await?;
                return Ok(Mended::Over);
            }
        };
        if self.began_anew(&missed, since) {
            desk.sequence = Sequence::default();
        }
        let lost = self.deliver(at, &missed, outbox, desk).await?;
        self.settle(at, &missed, lost, next, outbox, desk).await
    }

    /// Passes what was fetched; returns how many ids between are missing.
    async fn deliver(&self, at: usize, missed: &Missed, outbox: &Outbox, desk: &mut Desk) -> Result<u64, Closed> {
        let mut lost = 0;
        for print in &missed.prints {
            if desk.sequence.place(print.trade.id) == Place::Duplicate {
                continue;
            }
            lost += desk.take(print);
            self.tally.stream(at, |stream| stream.filled += 1);
            outbox.pass(self.event(at, print.ts, self.clock.now(), Payload::Trade(print.trade))).await?;
        }
        Ok(lost)
    }

    /// Says what became of the interruption.
    async fn settle(
        &self,
        at: usize,
        missed: &Missed,
        mut lost: u64,
        next: Option<&Print>,
        outbox: &Outbox,
        desk: &mut Desk,
    ) -> Result<Mended, End> {
        let implausible = next.is_some_and(|print| is_implausible(missed, print));
        let next = next.filter(|_| !implausible);
        if let Some(print) = next {
            lost += lost_before(&desk.sequence, print);
        } else if missed.reach == Reach::Beginning {
            return Ok(if implausible { Mended::Implausible } else { Mended::GoesOn });
        }
        let whole = lost == 0 && missed.reach == Reach::Whole;
        let oldest = missed.prints.first().filter(|_| missed.reach == Reach::End);
        let until = next.or(oldest).map_or_else(|| self.clock.now(), |print| print.ts);
        self.end(at, (!whole).then_some((until, lost)), outbox, desk).await?;
        Ok(if implausible { Mended::Implausible } else { Mended::Over })
    }

    /// The interruption is over; a hole is given with its end and the number of ids in it.
    async fn end(&self, at: usize, hole: Option<(Nanos, u64)>, outbox: &Outbox, desk: &mut Desk) -> Result<(), Closed> {
        desk.interrupted = false;
        self.tally.stream(at, |stream| {
            stream.interrupted = false;
            if let Some((_, lost)) = hole {
                stream.holes += 1;
                stream.missing += lost;
            }
        });
        let now = self.clock.now();
        let (until, outage) = hole.map_or((now, Outage::Filled), |(until, _)| (until, Outage::Holed));
        if let Some((until, lost)) = hole {
            let (source, code) = (self.venue.name(), &self.listings[at].code);
            tracing::warn!(source, code, %until, lost, "trades stay missing; the bars around are partial");
        }
        outbox.pass(self.event(at, until, now, Payload::Outage(outage))).await
    }

    /// The provider's ids begin again below those that were taken.
    fn began_anew(&self, missed: &Missed, since: Since) -> bool {
        matches!((since, missed.newest), (Since::Id(own), Some(newest)) if newest.saturating_add(LAG) < own)
    }

    /// Passes bars that could not be given when the host started; trades are wanted from where they end, and come only
    /// after them. A past that is refused again and again is done without.
    async fn owed_bars(&self, at: usize, outbox: &Outbox, desk: &mut Desk) -> Result<(), End> {
        if desk.start.owed.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut bars = Vec::new();
        for (timeframe, from) in &desk.start.owed {
            match self.venue.bars(&self.listings[at].code, *timeframe, *from, now).await {
                Ok(found) => bars.extend(found),
                Err(error) if desk.past_failed < MOST_PAST_FAILURES => {
                    desk.past_failed += 1;
                    return Err(End::Lost(format!("the past of {} is not given: {error}", self.listings[at].code)));
                }
                Err(error) => {
                    tracing::warn!(source = self.venue.name(), code = self.listings[at].code, %error, "goes on without a past");
                    bars.clear();
                    break;
                }
            }
        }
        desk.start.owed.clear();
        bars.sort_by_key(|bar| (bar.ts_close(), bar.timeframe));
        let minutes = bars.iter().filter(|bar| bar.timeframe == Timeframe::M1);
        if let Some(end) = minutes.map(Bar::ts_close).max() {
            desk.start.since = end;
        }
        for bar in bars {
            outbox.pass(self.event(at, bar.ts_close(), now, Payload::Bar(bar))).await?;
        }
        // The interruption reaches back to where the past ends.
        outbox.pass(self.event(at, desk.start.since, now, Payload::Outage(Outage::Began))).await?;
        Ok(())
    }
}

/// Ids between the newest that was taken and `next`.
fn lost_before(sequence: &Sequence, next: &Print) -> u64 {
    match sequence.place(next.trade.id) {
        Place::Gap { first } => next.trade.id - first,
        _ => 0,
    }
}

/// Whether the provider, asked for what came before a trade, knows of nothing near it.
fn is_implausible(missed: &Missed, print: &Print) -> bool {
    let known = missed.newest.filter(|_| missed.reach == Reach::Whole);
    known.is_some_and(|newest| newest.saturating_add(LAG) < print.trade.id)
}
