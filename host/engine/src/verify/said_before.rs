//! What models said, read back from the input logs: which of them stood in a row is not on the tape.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::time::DAY;
use sconce_domain::{GenerationStart, InstrumentIndex, Nanos, Payload};
use sconce_ledger::{Ledger, LedgerError};
use sconce_market::AnswerBook;

use crate::row_models::forecasts;

/// No answer stands for longer after it was said: two of the longest bars, and what it takes to be asked.
const STANDS: i64 = 3 * DAY;

/// Every answer that is kept, by instrument.
#[derive(Debug, Default)]
pub(crate) struct SaidBefore {
    books: BTreeMap<InstrumentIndex, AnswerBook>,
    none: AnswerBook,
    /// Rows before this may have held answers that are past retention.
    whole_from: Option<Nanos>,
}

impl SaidBefore {
    /// Reads the logs of those workers whose deployments asked for what models say; no other holds anything of use.
    pub(super) fn load<'a>(
        ledger: &Ledger,
        starts: impl Iterator<Item = &'a GenerationStart>,
    ) -> Result<Self, LedgerError> {
        let asked = starts.filter(|start| start.instrument.is_some());
        let asked = asked.filter(|start| !forecasts(&start.deployed.needs.columns).is_empty());
        let workers: BTreeSet<u32> = asked.map(|start| start.worker).collect();
        let mut said = SaidBefore::default();
        for worker in workers {
            let from = ledger.inputs_kept_from(worker)?;
            let mut events = ledger.read_inputs(worker, from)?.peekable();
            if let (true, Some(Ok(first))) = (from > 1, events.peek()) {
                said.whole_from = said.whole_from.max(Some(first.ts_init + STANDS));
            }
            for event in events {
                let event = event?;
                if let Payload::Answer(answer) = &event.payload {
                    let book = said.books.entry(event.instrument).or_insert_with(AnswerBook::of_everything);
                    book.push(event.ts_init, answer);
                }
            }
        }
        Ok(said)
    }

    /// What was said about an instrument.
    pub(crate) fn about(&self, index: InstrumentIndex) -> &AnswerBook {
        self.books.get(&index).unwrap_or(&self.none)
    }

    /// Whether every answer that may have stood in a row of `ts` is kept.
    pub(super) fn is_whole_at(&self, ts: Nanos) -> bool {
        self.whole_from.is_none_or(|from| ts >= from)
    }
}
