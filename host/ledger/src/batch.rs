//! What shares one transaction: hand-overs gathered, their events and rows encoded once, so that a try can be repeated.

use std::collections::BTreeMap;
use std::ops::Range;

use sconce_domain::{BarRecord, Entry, InputEvent, InstrumentId, InstrumentIndex, Layout, Nanos, Row};
use tokio::sync::oneshot;

use crate::codec::{Codec, INPUT, TAPE};
use crate::commit::Ticket;
use crate::error::{LedgerError, Result};
use crate::log::Placed;
use crate::prepare::Prepared;
use crate::queue::Gathered;
use crate::segment::{SegmentKind, Series, Span};

/// Items per record batch at most: bounds what a reader must hold.
pub(crate) const BATCH_ITEMS: usize = 65_536;

/// Where the entries of an appended hand-over are told to be safe.
pub(crate) type Acknowledge = oneshot::Sender<Result<Vec<Entry>>>;

/// One hand-over, checked and made ready.
#[derive(Debug, Default)]
pub(crate) struct Submission {
    pub(crate) worker: u32,
    pub(crate) inputs: Vec<InputEvent>,
    pub(crate) rows: Vec<Row>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) instruments: Vec<(InstrumentIndex, InstrumentId)>,
    pub(crate) records: Vec<Prepared>,
    pub(crate) bars: Vec<BarRecord>,
    pub(crate) recorded_at: Nanos,
    pub(crate) answer: Option<Acknowledge>,
}

/// Encoded record batches that go to the end of one series.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) series: Series,
    pub(crate) batches: Vec<(Vec<u8>, Span)>,
}

/// Hand-overs that are committed together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) encoded: Vec<Encoded>,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) instruments: Vec<(InstrumentIndex, InstrumentId)>,
    pub(crate) records: Vec<Prepared>,
    pub(crate) bars: Vec<BarRecord>,
    /// Latest `recorded_at` of the hand-overs.
    pub(crate) recorded_at: Nanos,
    /// Who waits for which of `records`.
    pub(crate) answers: Vec<(Range<usize>, Acknowledge)>,
    pub(crate) last_ticket: Option<Ticket>,
}

impl Batch {
    pub(crate) fn of(gathered: Gathered<Submission>) -> Result<Batch> {
        let mut batch = Batch { last_ticket: Some(gathered.last_ticket), recorded_at: Nanos::MIN, ..Batch::default() };
        let mut inputs: BTreeMap<u32, Vec<InputEvent>> = BTreeMap::new();
        let mut rows: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
        for submission in gathered.taken {
            batch.recorded_at = batch.recorded_at.max(submission.recorded_at);
            inputs.entry(submission.worker).or_default().extend(submission.inputs);
            rows.entry(submission.worker).or_default().extend(submission.rows);
            batch.layouts.extend(submission.layouts);
            batch.instruments.extend(submission.instruments);
            batch.bars.extend(submission.bars);
            let first = batch.records.len();
            batch.records.extend(submission.records);
            if let Some(answer) = submission.answer {
                batch.answers.push((first..batch.records.len(), answer));
            }
        }
        for (worker, events) in inputs {
            let series = Series { kind: SegmentKind::Input, worker };
            batch.push_encoded(&INPUT, series, &events)?;
        }
        for (worker, rows) in rows {
            batch.push_encoded(&TAPE, Series { kind: SegmentKind::Tape, worker }, &rows)?;
        }
        Ok(batch)
    }

    fn push_encoded<T>(&mut self, codec: &Codec<T>, series: Series, items: &[T]) -> Result<()>
    where
        T: Placed,
    {
        if items.is_empty() {
            return Ok(());
        }
        let batches = items
            .chunks(BATCH_ITEMS)
            .map(|chunk| Ok((codec.encode(chunk).map_err(LedgerError::Encode)?, span(chunk, T::place))))
            .collect::<Result<Vec<_>>>()?;
        self.encoded.push(Encoded { series, batches });
        Ok(())
    }
}

/// Where a chunk that is not empty begins and ends.
pub(crate) fn span<T>(chunk: &[T], place: impl Fn(&T) -> (u64, Nanos)) -> Span {
    let (first_seq, ts) = place(&chunk[0]);
    let start = Span { first_seq, last_seq: first_seq, first_ts: ts, last_ts: ts };
    chunk.iter().fold(start, |span, item| {
        let (seq, ts) = place(item);
        Span { last_seq: seq, first_ts: span.first_ts.min(ts), last_ts: span.last_ts.max(ts), ..span }
    })
}
