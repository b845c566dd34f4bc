//! Reading back what is committed. The `async` questions may be asked from any executor; the logs and the tape are read
//! by plain iterators that block on files, so an executor reads them on a blocking thread.

use sconce_domain::{
    BarRecord, DeploymentId, Entry, InputEvent, InstrumentId, InstrumentIndex, Layout, Nanos, OutputId, Row, Timeframe,
};

use crate::codec::{Codec, INPUT, TAPE};
use crate::db::read::{self, RawEntry};
use crate::error::{LedgerError, Result};
use crate::ledger::Ledger;
use crate::log::{LogReader, Placed};
use crate::recover::ALL;
use crate::segment::{SegmentKind, Series, Span};

impl Ledger {
    /// Entries after `after` (exclusive) in order, at most `limit`.
    pub async fn entries(&self, after: u64, limit: u32) -> Result<Vec<Entry>> {
        let ask = move |pool| async move { read::entries(&pool, after, u64::MAX, limit).await };
        self.inner.readers.ask(ask).await?.iter().map(RawEntry::entry).collect()
    }

    /// The newest committed sequence number, from the table.
    pub async fn last_seq(&self) -> Result<u64> {
        self.inner.readers.ask(|pool| async move { read::last_seq(&pool).await }).await
    }

    /// One output with its place.
    pub async fn output(&self, id: OutputId) -> Result<Option<Entry>> {
        let raw = self.inner.readers.ask(move |pool| async move { read::output(&pool, id).await }).await?;
        raw.as_ref().map(RawEntry::entry).transpose()
    }

    /// Outputs with `from <= as_of < to`, of one deployment or of all, in order of `as_of`.
    pub async fn outputs_between(
        &self,
        from: Nanos,
        to: Nanos,
        deployment: Option<DeploymentId>,
    ) -> Result<Vec<Entry>> {
        let ask = move |pool| async move { read::outputs_between(&pool, from, to, deployment.as_ref()).await };
        self.inner.readers.ask(ask).await?.iter().map(RawEntry::entry).collect()
    }

    /// Entries of a kind other than `output` and `outcome` ([`sconce_domain::Record::kind`]) after `after`, in order, at most `limit`.
    pub async fn entries_of_kind(
        &self,
        kind: &'static str,
        deployment: Option<DeploymentId>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>> {
        let ask = move |pool| async move { read::of_kind(&pool, kind, deployment.as_ref(), after, limit).await };
        self.inner.readers.ask(ask).await?.iter().map(RawEntry::entry).collect()
    }

    /// Bars after a position (0 for the start), at most `limit`, each with its own position.
    pub async fn bars_after(&self, position: u64, limit: u32) -> Result<Vec<(u64, BarRecord)>> {
        self.inner.readers.ask(move |pool| async move { read::bars_after(&pool, position, limit).await }).await
    }

    /// Versions of bars of one series with `from <= ts_open < to`, the newest `limit` of them, in order of `ts_open` and of
    /// becoming known.
    pub async fn bars_of(
        &self,
        instrument: InstrumentId,
        timeframe: Timeframe,
        from: Option<Nanos>,
        to: Option<Nanos>,
        limit: u32,
    ) -> Result<Vec<BarRecord>> {
        let span = (from.unwrap_or(Nanos::MIN), to.unwrap_or(Nanos::MAX));
        let ask = move |pool| async move { read::bars_of(&pool, &instrument, timeframe, span, limit).await };
        self.inner.readers.ask(ask).await
    }

    /// Every layout, by number.
    pub async fn layouts(&self) -> Result<Vec<Layout>> {
        self.inner.readers.ask(|pool| async move { read::layouts(&pool).await }).await
    }

    /// Every instrument, by index.
    pub async fn instruments(&self) -> Result<Vec<(InstrumentIndex, InstrumentId)>> {
        self.inner.readers.ask(|pool| async move { read::instruments(&pool).await }).await
    }

    /// A worker's committed input events from position `from_seq` on. Blocks.
    pub fn read_inputs(&self, worker: u32, from_seq: u64) -> Result<LogReader<InputEvent>> {
        self.log(&INPUT, SegmentKind::Input, worker, Span { first_seq: from_seq, ..ALL })
    }

    /// The position from which on a worker's input log is kept: 1 where nothing is past its retention. Blocks.
    pub fn inputs_kept_from(&self, worker: u32) -> Result<u64> {
        match self.read_inputs(worker, 1) {
            Err(LedgerError::Expired { kept_from, .. }) => Ok(kept_from),
            other => other.map(|_| 1),
        }
    }

    /// The position from which on a worker's rows are kept: 1 where nothing is past its retention. Blocks.
    pub fn rows_kept_from(&self, worker: u32) -> Result<u64> {
        match self.read_rows(worker, 1, u64::MAX) {
            Err(LedgerError::Expired { kept_from, .. }) => Ok(kept_from),
            other => other.map(|_| 1),
        }
    }

    /// [`Ledger::layouts`] for plain threads.
    pub fn layouts_blocking(&self) -> Result<Vec<Layout>> {
        self.inner.readers.blocking(|pool| async move { read::layouts(&pool).await })
    }

    /// [`Ledger::entries_of_kind`] for plain threads.
    pub fn entries_of_kind_blocking(&self, kind: &'static str, after: u64, limit: u32) -> Result<Vec<Entry>> {
        let ask = move |pool| async move { read::of_kind(&pool, kind, None, after, limit).await };
        self.inner.readers.blocking(ask)?.iter().map(RawEntry::entry).collect()
    }

    /// Outputs behind a place in the order of (`as_of`, `seq`) with `as_of <= to`, at most `limit`. Blocks.
    pub fn said_after(&self, after: (Nanos, u64), to: Nanos, limit: u32) -> Result<Vec<Entry>> {
        let ask = move |pool| async move { read::said_after(&pool, after, to, limit).await };
        self.inner.readers.blocking(ask)?.iter().map(RawEntry::entry).collect()
    }

    /// Bars behind a place in the order of (`ts_init`, position) with `ts_init <= to`, at most `limit`, each with its
    /// position. Blocks.
    pub fn bars_known_after(&self, after: (Nanos, u64), to: Nanos, limit: u32) -> Result<Vec<(u64, BarRecord)>> {
        self.inner.readers.blocking(move |pool| async move { read::bars_known_after(&pool, after, to, limit).await })
    }

    /// Entries of outcomes after `after`, in order, at most `limit`. Blocks.
    pub fn outcomes_after(&self, after: u64, limit: u32) -> Result<Vec<Entry>> {
        let ask = move |pool| async move { read::outcomes_after(&pool, after, limit).await };
        self.inner.readers.blocking(ask)?.iter().map(RawEntry::entry).collect()
    }

    /// [`Ledger::instruments`] for plain threads.
    pub fn instruments_blocking(&self) -> Result<Vec<(InstrumentIndex, InstrumentId)>> {
        self.inner.readers.blocking(|pool| async move { read::instruments(&pool).await })
    }

    /// A worker's committed rows, both ends included. Blocks.
    pub fn read_rows(&self, worker: u32, from_row_seq: u64, to_row_seq: u64) -> Result<LogReader<Row>> {
        self.log(&TAPE, SegmentKind::Tape, worker, Span { first_seq: from_row_seq, last_seq: to_row_seq, ..ALL })
    }

    /// One row. Blocks.
    pub fn find_row(&self, worker: u32, row_seq: u64) -> Result<Option<Row>> {
        self.read_rows(worker, row_seq, row_seq)?.next().transpose()
    }

    /// An instrument's committed rows with `from <= ts < to`. Blocks.
    pub fn rows_of(
        &self,
        worker: u32,
        instrument: InstrumentIndex,
        from: Nanos,
        to: Nanos,
    ) -> Result<impl Iterator<Item = Result<Row>> + use<>> {
        let wanted = Span { first_ts: from, last_ts: to - 1, ..ALL };
        let rows = self.log(&TAPE, SegmentKind::Tape, worker, wanted)?;
        Ok(rows.filter(move |row| row.as_ref().map_or(true, |row| row.instrument == instrument)))
    }

    /// Walks the chain from entry `from` to entry `to`, both included (0 and `u64::MAX` for all). Answers how many
    /// entries were walked, or the first one that does not fit.
    pub async fn verify_chain(&self, from: u64, to: u64) -> Result<u64> {
        self.inner.readers.ask(move |pool| async move { crate::chain::verify(&pool, from, to).await }).await
    }

    fn log<T: Placed>(
        &self,
        codec: &'static Codec<T>,
        kind: SegmentKind,
        worker: u32,
        wanted: Span,
    ) -> Result<LogReader<T>> {
        LogReader::new(self.inner.readers.clone(), self.inner.dir.clone(), codec, Series { kind, worker }, wanted)
    }
}
