//! The judge: holds claims until their horizon matures, and says what then happened.
//!
//! It is a fold over one order of calls, that of the log. At equal times bars come first, then claims, then prices: what a
//! claim may know is behind it, and what answers it is ahead. Nothing that was settled is opened again by what comes late.
//! A claim that cannot be taken is refused with a name and counted for its producer; nothing is dropped in silence.
//!
//! Signals: the first price at or after `ts_init` is the entry, the first at or after entry and horizon the exit. Where
//! only imported bars are known, their opens are those prices, at open plus grace, as their rows are at close plus grace.
//! Forecasts: the first whole bar that ends at or after origin and horizon; the origin is the close of the bar on which
//! the forecast was made. Bars that are partial, filled or not complete answer nothing.

mod accounts;
mod book;
mod refusal;

use std::collections::BTreeMap;

use sconce_domain::time::{DAY, MINUTE, SECOND};
use sconce_domain::{
    Bar, BarSource, Claim, InstrumentId, ModelAnswer, Nanos, Outcome, Output, PricePoint, Producer, Statement,
};
use serde::{Deserialize, Serialize};

pub use refusal::{Refusal, Refused};

use crate::claim::{claims_of, claims_of_answer};
use accounts::Accounts;
use book::{Book, Matured, Pending};

/// What the judge waits for, and how much it holds. Durations are nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JudgeOptions {
    /// Grace of the bar policy: a row is at close plus this.
    pub grace: i64,
    /// What answers a claim may come a quarter of its horizon after it is due, but at least this …
    pub tolerance_min: i64,
    /// … and at most this.
    pub tolerance_max: i64,
    /// How far time may go beyond the tolerance while no price or bar comes at all, before a claim is given up. Imported bars
    /// tell their prices at their end only, so this is more than the longest bar.
    pub patience: i64,
    /// Longest horizon that is taken.
    pub longest: i64,
    /// Claims held in all.
    pub pending: u64,
    /// Claims held of one producer, so that none takes the room of the others.
    pub pending_per_producer: u64,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        JudgeOptions {
            grace: 2 * SECOND,
            tolerance_min: 5 * MINUTE,
            tolerance_max: DAY,
            patience: 2 * DAY,
            longest: 400 * DAY,
            // About 250 bytes each.
            pending: 1_000_000,
            pending_per_producer: 250_000,
        }
    }
}

impl JudgeOptions {
    /// How long after it is due a claim of this horizon may be answered.
    pub fn tolerance(&self, horizon: i64) -> i64 {
        (horizon / 4).min(self.tolerance_max).max(self.tolerance_min)
    }

    /// How long after it is due a claim is kept at most.
    fn kept(&self) -> i64 {
        self.tolerance_max.max(self.tolerance_min).saturating_add(self.patience)
    }

    /// The close of the bar on which the claim was made, or its `as_of` where that was no bar's close.
    fn origin(&self, claim: &Claim) -> Nanos {
        claim.step.map_or(claim.as_of, |step| step.bucket(claim.as_of - self.grace))
    }
}

/// What was handed in and could not be used.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unused {
    /// Prices that are no finite number > 0.
    pub bad_prices: u64,
    /// Prices from before one that was seen.
    pub late_prices: u64,
    /// Bars that are partial, filled, not complete or inconsistent.
    pub unsound_bars: u64,
    /// Bars from before one of their timeframe that was seen, and revisions.
    pub late_bars: u64,
}

/// Holds claims until they mature. Everything that it knows is in its serialised form: written down and read back, it goes
/// on exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    options: JudgeOptions,
    time: Nanos,
    /// Numbers the claims, so that those due at one moment mature in the order in which they were made.
    serial: u64,
    pending: u64,
    accounts: Accounts,
    books: BTreeMap<InstrumentId, Book>,
    unused: Unused,
}

impl Judge {
    /// A judge that has heard nothing.
    pub fn new(options: JudgeOptions) -> Self {
        Judge {
            options,
            time: Nanos::MIN,
            serial: 0,
            pending: 0,
            accounts: Accounts::default(),
            books: BTreeMap::new(),
            unused: Unused::default(),
        }
    }

    /// Takes every claim of an output; answers how many were taken. The others are counted under [`Judge::refused`].
    pub fn claim(&mut self, output: &Output, in_sample: bool) -> usize {
        match claims_of(output, in_sample) {
            Ok(claims) => claims.into_iter().filter_map(|claim| self.take(claim).ok()).count(),
            Err(refusal) => {
                let account = self.accounts.of(&Producer::of(output));
                self.accounts.refuse(account, refusal);
                0
            }
        }
    }

    /// Takes every claim of a model's answer, known at `known_at`; answers how many were taken.
    pub fn answer(&mut self, instrument: &InstrumentId, answer: &ModelAnswer, known_at: Nanos) -> usize {
        match claims_of_answer(instrument, answer, known_at, self.options.grace) {
            Ok(claims) => claims.into_iter().filter_map(|claim| self.take(claim).ok()).count(),
            Err(refusal) => {
                let account = self.accounts.of(&Producer::of_answer(answer));
                self.accounts.refuse(account, refusal);
                0
            }
        }
    }

    /// Takes one claim, or refuses and counts it.
    pub fn take(&mut self, claim: Claim) -> Result<(), Refusal> {
        let account = self.accounts.of(&claim.producer);
        let checked = self.check(&claim, account);
        match checked {
            Ok(()) => self.file(claim, account),
            Err(refusal) => self.accounts.refuse(account, refusal),
        }
        checked
    }

    /// A trade or quote of an instrument. Answers what matured by it, in order of due time.
    pub fn observe(&mut self, instrument: &InstrumentId, seen: PricePoint) -> Vec<Outcome> {
        if !seen.is_sound() {
            self.unused.bad_prices += 1;
            return Vec::new();
        }
        let Some(book) = book_of(&mut self.books, instrument) else { return Vec::new() };
        if seen.ts < book.newest_price() {
            self.unused.late_prices += 1;
            return Vec::new();
        }
        let matured = book.price(seen, &self.options);
        self.settle(instrument, matured)
    }

    /// A bar of an instrument, shorter ones first where several end together; `known_at` is its `ts_init`. Answers what
    /// matured by it.
    pub fn close(&mut self, instrument: &InstrumentId, bar: &Bar, known_at: Nanos) -> Vec<Outcome> {
        let whole = bar.complete && !bar.partial && bar.source != BarSource::Fill;
        if !(whole && bar.is_consistent() && bar.low > 0.0) {
            self.unused.unsound_bars += 1;
            return Vec::new();
        }
        let Some(book) = book_of(&mut self.books, instrument) else { return Vec::new() };
        if bar.ts_close() <= book.newest_close(bar.timeframe) {
            self.unused.late_bars += 1;
            return Vec::new();
        }
        let mut matured = Vec::new();
        let opened = PricePoint { ts: bar.ts_open + self.options.grace, price: bar.open };
        if bar.source == BarSource::History && opened.ts > book.newest_price() {
            matured = book.price(opened, &self.options);
        }
        matured.extend(book.close(bar, known_at, &self.options));
        self.settle(instrument, matured)
    }

    /// Time has come this far. Answers the claims that are given up because nothing came to answer them.
    pub fn tick(&mut self, now: Nanos) -> Vec<Outcome> {
        self.time = self.time.max(now);
        let before = self.time - self.options.kept();
        let mut given_up = Vec::new();
        for (instrument, book) in &mut self.books {
            let matured = book.give_up(before);
            if !matured.is_empty() {
                given_up.push((instrument.clone(), matured));
            }
        }
        given_up.into_iter().flat_map(|(instrument, matured)| self.settle(&instrument, matured)).collect()
    }

    /// Claims that wait.
    pub fn pending(&self) -> u64 {
        self.pending
    }

    /// What was refused, of all producers together.
    pub fn refused(&self) -> &Refused {
        self.accounts.refused()
    }

    /// What was refused, by producer; of producers that wait for nothing it may be forgotten.
    pub fn refused_by_producer(&self) -> impl Iterator<Item = (&Producer, &Refused)> {
        self.accounts.refused_by_producer()
    }

    /// Prices and bars that could not be used.
    pub fn unused(&self) -> Unused {
        self.unused
    }

    /// What it works by.
    pub fn options(&self) -> &JudgeOptions {
        &self.options
    }

    fn check(&self, claim: &Claim, account: usize) -> Result<(), Refusal> {
        if !claim.is_sound() {
            return Err(Refusal::Malformed);
        }
        if claim.horizon > self.options.longest {
            return Err(Refusal::TooFar);
        }
        let due = self.due(claim);
        if let Some(book) = self.books.get(&claim.instrument) {
            if book.holds(claim) {
                return Err(Refusal::Duplicate);
            }
            if book.has_passed(claim, due) {
                return Err(Refusal::Late);
            }
        }
        if due < self.time - self.options.kept() {
            return Err(Refusal::Late);
        }
        if self.accounts.at(account).pending >= self.options.pending_per_producer {
            return Err(Refusal::ProducerFull);
        }
        if self.pending >= self.options.pending { Err(Refusal::Full) } else { Ok(()) }
    }

    /// What the claim waits for first: a signal for its entry.
    fn due(&self, claim: &Claim) -> Nanos {
        match claim.statement {
            Statement::Signal { .. } => claim.ts_init,
            Statement::Forecast { .. } => self.options.origin(claim) + claim.horizon,
        }
    }

    fn file(&mut self, claim: Claim, account: usize) {
        let due = self.due(&claim);
        self.serial += 1;
        self.pending += 1;
        self.accounts.at_mut(account).pending += 1;
        let (pending, instrument) = Pending::of(claim, account);
        self.books.entry(instrument).or_default().file((due, self.serial), pending);
    }

    fn settle(&mut self, instrument: &InstrumentId, matured: Vec<Matured>) -> Vec<Outcome> {
        let finish = |matured: Matured| {
            let account = self.accounts.at_mut(matured.pending.account());
            account.pending -= 1;
            self.pending -= 1;
            Outcome {
                claim: matured.pending.into_claim(account.producer.clone(), instrument.clone()),
                due: matured.due,
                verdict: matured.verdict,
            }
        };
        matured.into_iter().map(finish).collect()
    }
}

/// The book of an instrument, made where it is new. A name is copied for a new one only: most prices are of known ones.
fn book_of<'a>(books: &'a mut BTreeMap<InstrumentId, Book>, instrument: &InstrumentId) -> Option<&'a mut Book> {
    if !books.contains_key(instrument) {
        books.insert(instrument.clone(), Book::default());
    }
    books.get_mut(instrument)
}
