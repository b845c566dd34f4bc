//! The thread of the judge: waits for time to be over, takes in what is committed up to there, records what matured.

use std::time::Duration;

use sconce_domain::time::HOUR;
use sconce_domain::{Nanos, Outcome, Record};
use sconce_judge::Judge;
use sconce_ledger::{Ledger, LedgerError};
use tokio::sync::watch;

use super::kept::{self, Known};
use super::marks::Marks;
use super::merge::{Item, Merge, Names, Place};
use super::{Assignment, Scores};
use crate::telemetry;

/// Outcomes that are handed to the ledger at once.
const BATCH: usize = 1_000;
/// Between two looks at the ledger, so that a busy market is read in pages and not event by event.
const PACE: Duration = Duration::from_millis(50);
/// Before what failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Job {
    ledger: Ledger,
    marks: Marks,
    judged: watch::Sender<Nanos>,
    scores: Scores,
    names: Names,
    place: Place,
    judge: Judge,
    /// Sequence number of the newest outcome in the book.
    folded: u64,
    /// Matured and not yet in the ledger.
    matured: Vec<Outcome>,
    /// When claims that nothing answers were last given up.
    ticked: Nanos,
    /// Items between two notes of what is known; 0 makes one at an ordered end only.
    note_every: u64,
    /// Items since the newest note.
    since_note: u64,
}

impl Job {
    pub(super) fn new(
        assignment: &Assignment<'_>,
        known: Known,
        scores: Scores,
        marks: Marks,
        judged: watch::Sender<Nanos>,
    ) -> Self {
        let Known { place, judge, book, folded } = known;
        scores.change(|shown| *shown = book);
        Job {
            ledger: assignment.ledger.clone(),
            marks,
            judged,
            scores,
            names: Names::default(),
            place,
            judge,
            folded,
            matured: Vec::new(),
            ticked: Nanos::MIN,
            note_every: assignment.options.checkpoint_events,
            since_note: 0,
        }
    }

    /// Runs until the universe worker has ended and everything up to there is judged, or the ledger is closed.
    pub(super) fn run(mut self) {
        let mut reached = Nanos::MIN;
        loop {
            let mark = self.marks.beyond(reached);
            match self.go_to(mark.at) {
                Ok(()) => reached = mark.at,
                Err(LedgerError::Closed) => return,
                Err(error) => {
                    tracing::warn!(%error, "the judge could not go on and tries again: {error}");
                    if mark.over {
                        return;
                    }
                    self.marks.pause(RETRY);
                    continue;
                }
            }
            telemetry::judged(&self.judge, reached);
            self.judged.send_replace(reached);
            if mark.over {
                return self.note();
            }
            if self.note_every > 0 && self.since_note >= self.note_every {
                self.note();
            }
            self.marks.pause(PACE);
        }
    }

    /// Takes in everything up to `to`. When it fails, what was taken in stays so, and the next try goes on from there.
    fn go_to(&mut self, to: Nanos) -> Result<(), LedgerError> {
        self.record()?;
        // What was handed over before time was over is committed with it.
        self.ledger.flush_blocking()?;
        let ledger = self.ledger.clone();
        let mut names = std::mem::take(&mut self.names);
        let taken = self.take_in(&mut Merge::open(&ledger, &mut names, &self.place, to)?);
        self.names = names;
        taken?;
        self.tick(to);
        self.record()
    }

    fn take_in(&mut self, merge: &mut Merge<'_>) -> Result<(), LedgerError> {
        while let Some((time, item)) = merge.next(&mut self.place)? {
            self.since_note += 1;
            match item {
                Item::Bar(bar) => self.matured.extend(self.judge.close(&bar.instrument, &bar.bar, bar.ts_init)),
                Item::Said(output) => {
                    self.judge.claim(&output, output.provenance.in_sample);
                }
                Item::Answered(instrument, answer) => {
                    self.judge.answer(&instrument, &answer, time);
                }
                Item::Price(instrument, price) => self.matured.extend(self.judge.observe(&instrument, price)),
                Item::Other => {}
            }
            if time.0.saturating_sub(self.ticked.0) >= HOUR {
                self.tick(time);
            }
            if self.matured.len() >= BATCH {
                self.record()?;
            }
        }
        Ok(())
    }

    fn tick(&mut self, now: Nanos) {
        self.ticked = now;
        if now > Nanos::MIN {
            self.matured.extend(self.judge.tick(now));
        }
    }

    /// Puts what matured into the ledger. What stands there already is in the book already.
    fn record(&mut self) -> Result<(), LedgerError> {
        while !self.matured.is_empty() {
            let count = self.matured.len().min(BATCH);
            let records = || self.matured[..count].iter().map(|one| Record::Outcome(Box::new(one.clone())));
            let entries = match self.ledger.append_blocking(records().collect()) {
                Err(LedgerError::Unrecordable { .. }) => self.record_singly(count)?,
                other => other?,
            };
            self.matured.drain(..count);
            for entry in entries {
                let Record::Outcome(outcome) = entry.record else { continue };
                if entry.seq > self.folded {
                    self.folded = entry.seq;
                    self.scores.change(|book| book.add(&outcome));
                    telemetry::matured(&outcome);
                }
            }
        }
        Ok(())
    }

    /// Leaves out what the ledger can never take, and says so.
    fn record_singly(&self, count: usize) -> Result<Vec<sconce_domain::Entry>, LedgerError> {
        let mut entries = Vec::new();
        for outcome in &self.matured[..count] {
            match self.ledger.append_blocking(vec![Record::Outcome(Box::new(outcome.clone()))]) {
                Err(error @ LedgerError::Unrecordable { .. }) => {
                    tracing::error!(output = %outcome.claim.id, %error, "an outcome is lost: {error}");
                }
                other => entries.extend(other?),
            }
        }
        Ok(entries)
    }

    /// Writes down what is known.
    fn note(&mut self) {
        self.since_note = 0;
        let written = self.scores.read(|book| kept::write(&self.ledger, &self.place, &self.judge, book, self.folded));
        if let Err(error) = written {
            telemetry::note_failed();
            tracing::warn!("what the judge knows is not written down: {error}");
        }
    }
}
