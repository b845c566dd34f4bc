//! What the judge knows, and how it outlives the process: one file beside the checkpoints, written between two items, so
//! that everything before its place is in it and nothing behind. Without it, or where it does not fit, the judge begins
//! anew on what is kept of the logs; what it finds a second time stands in the ledger already.

use sconce_domain::{Nanos, Record};
use sconce_judge::{Judge, JudgeOptions, ScoreBook};
use sconce_ledger::{Ledger, LedgerError};

use super::Assignment;
use super::merge::Place;

/// Version of the form in which it is written.
const FORMAT: u32 = 3;
/// Outcomes that are read at once.
const PAGE: u32 = 2_000;

/// Everything that outlives the process.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) place: Place,
    pub(super) judge: Judge,
    pub(super) book: ScoreBook,
    /// Sequence number of the newest outcome that is in the book.
    pub(super) folded: u64,
}

impl Known {
    /// What was written down, or else the beginning of what is kept; with every outcome of the ledger in the book.
    pub(super) fn begin(assignment: &Assignment<'_>, options: JudgeOptions) -> Result<Self, LedgerError> {
        let mut known = match read(assignment, &options)? {
            Ok(known) => known,
            Err(reason) => {
                tracing::info!("the judge begins anew: {reason}");
                Known::anew(assignment, options)?
            }
        };
        known.catch_up(assignment.ledger)?;
        known.hold(assignment.ledger)?;
        Ok(known)
    }

    /// A judge that has heard nothing. Where an input log does not reach back to its beginning, what was said before is not
    /// claimed again: the prices that answer it may be gone.
    fn anew(assignment: &Assignment<'_>, options: JudgeOptions) -> Result<Self, LedgerError> {
        let mut inputs = Vec::new();
        let mut from = Nanos::MIN;
        for worker in 0..assignment.options.workers {
            let kept_from = assignment.ledger.inputs_kept_from(worker)?;
            inputs.push(kept_from.saturating_sub(1));
            if kept_from > 1 {
                let first = assignment.ledger.read_inputs(worker, kept_from)?.next().transpose()?;
                from = from.max(first.map_or(Nanos::MIN, |event| event.ts_init));
            }
        }
        let place = Place { inputs, bars: (Nanos::MIN, 0), outputs: (from, 0) };
        Ok(Known { place, judge: Judge::new(options), book: ScoreBook::default(), folded: 0 })
    }

    /// Adds the outcomes that the ledger has and the book has not.
    fn catch_up(&mut self, ledger: &Ledger) -> Result<(), LedgerError> {
        loop {
            let page = ledger.outcomes_after(self.folded, PAGE)?;
            let Some(last) = page.last() else { return Ok(()) };
            self.folded = last.seq;
            for entry in &page {
                if let Record::Outcome(outcome) = &entry.record {
                    self.book.add(outcome);
                }
            }
        }
    }

    /// Keeps the input logs from here on.
    fn hold(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        hold(ledger, &self.place)
    }
}

fn hold(ledger: &Ledger, place: &Place) -> Result<(), LedgerError> {
    (0..).zip(&place.inputs).try_for_each(|(worker, position)| ledger.hold_inputs(worker, *position))
}

/// Writes it down; from then on the input logs are kept from `place` only.
pub(super) fn write(
    ledger: &Ledger,
    place: &Place,
    judge: &Judge,
    book: &ScoreBook,
    folded: u64,
) -> Result<(), String> {
    let bytes = postcard::to_stdvec(&(place, judge, book, folded)).map_err(|error| error.to_string())?;
    ledger.data_dir().put_judge(FORMAT, &bytes).map_err(|error| error.to_string())?;
    hold(ledger, place).map_err(|error| error.to_string())
}

/// What was written down, or why it is not gone on from.
fn read(assignment: &Assignment<'_>, options: &JudgeOptions) -> Result<Result<Known, String>, LedgerError> {
    let (format, bytes) = match assignment.ledger.data_dir().read_judge() {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(Err("nothing was written down".to_owned())),
        Err(error) => return Ok(Err(error.to_string())),
    };
    if format != FORMAT {
        return Ok(Err(format!("what it knew has the form {format} and this host reads {FORMAT}")));
    }
    let (place, judge, book, folded): (Place, Judge, ScoreBook, u64) = match postcard::from_bytes(&bytes) {
        Ok(known) => known,
        Err(error) => return Ok(Err(format!("what it knew cannot be read: {error}"))),
    };
    if judge.options() != options {
        return Ok(Err("it judged by other options".to_owned()));
    }
    if place.inputs.len() != assignment.options.workers as usize {
        return Ok(Err(format!("it read {} logs and there are {}", place.inputs.len(), assignment.options.workers)));
    }
    let recovery = assignment.recovery;
    let reaches =
        |(worker, position): (u32, &u64)| recovery.workers.get(&worker).map_or(0, |end| end.input_seq) >= *position;
    if !(0..).zip(&place.inputs).all(reaches) || folded > recovery.last_seq {
        return Ok(Err("it is of a time that the log does not reach".to_owned()));
    }
    for (worker, position) in (0..).zip(&place.inputs) {
        if assignment.ledger.inputs_kept_from(worker)? > position + 1 {
            return Ok(Err(format!("what follows on the log of worker {worker} is past its retention")));
        }
    }
    Ok(Ok(Known { place, judge, book, folded }))
}
