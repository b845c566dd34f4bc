//! Sealed files written anew with large record batches. A quiet market commits events one by one, and a batch of one
//! takes sixty times the room of its share of a large one; so only the open end of a series is ever that wasteful.
//!
//! A thread of its own reads the old file and writes the new one beside it; the committer then swaps the two in the
//! index. A new file that never made it into the index is removed when the ledger is opened next.

use sconce_domain::{InputEvent, Row};

use crate::batch::{BATCH_ITEMS, span};
use crate::codec::{Codec, INPUT, TAPE};
use crate::data_dir::DataDir;
use crate::db::read;
use crate::error::{LedgerError, Result};
use crate::log::{Placed, read_whole};
use crate::readers::Readers;
use crate::recover::ALL;
use crate::segment::{BatchMeta, SegmentKind, SegmentMeta, Tail, checksum, remove, sync_dir};

/// Ends the name of a file that was written anew.
const SUFFIX: &str = "-c.arrows";
/// A file whose batches hold at least so many items on average is left as it is.
const ENOUGH_ITEMS: u64 = 1_024;

/// A file that may take the place of another.
#[derive(Debug)]
pub(crate) struct Compacted {
    pub(crate) old: SegmentMeta,
    pub(crate) new: SegmentMeta,
    pub(crate) batches: Vec<BatchMeta>,
}

/// Whether a sealed file may still be wasteful.
pub(crate) fn is_candidate(segment: &SegmentMeta) -> bool {
    !segment.file.ends_with(SUFFIX)
}

/// Writes a sealed file anew; nothing when it is good as it is.
pub(crate) fn compact(
    dir: &DataDir,
    readers: &Readers,
    segment: &SegmentMeta,
    durable: bool,
) -> Result<Option<Compacted>> {
    let (series, number) = (segment.series, segment.number);
    let batches = readers.blocking(move |pool| async move {
        let mut connection = pool.acquire().await.map_err(LedgerError::query("read the index of batches"))?;
        read::batches(&mut connection, series, number, ALL).await
    })?;
    let items = segment.span.last_seq - segment.span.first_seq + 1;
    if items / (batches.len().max(1) as u64) >= ENOUGH_ITEMS || batches.len() < 2 {
        return Ok(None);
    }
    let written = match series.kind {
        SegmentKind::Input => rewrite::<InputEvent>(&INPUT, dir, segment, batches, durable),
        SegmentKind::Tape => rewrite::<Row>(&TAPE, dir, segment, batches, durable),
    };
    if written.is_err() {
        // A full disk is the likeliest reason, and half a file only makes it worse.
        remove(&series.kind.dir(dir).join(new_name(segment)))?;
    }
    written.map(Some)
}

fn new_name(segment: &SegmentMeta) -> String {
    segment.file.replace(".arrows", SUFFIX)
}

fn rewrite<T: Placed>(
    codec: &'static Codec<T>,
    dir: &DataDir,
    segment: &SegmentMeta,
    batches: Vec<BatchMeta>,
    durable: bool,
) -> Result<Compacted> {
    let file = new_name(segment);
    let header = codec.header().map_err(LedgerError::Encode)?;
    let mut writer = Rewriter {
        codec,
        tail: Tail::create(segment.series.kind.dir(dir).join(&file), &header)?,
        header,
        held: Vec::new(),
        batches: Vec::new(),
    };
    read_whole(&segment.path(dir), batches, codec, |items| writer.push(items))?;
    writer.write(usize::MAX)?;
    if durable {
        writer.tail.sync()?;
        sync_dir(&segment.series.kind.dir(dir))?;
    }
    let new = SegmentMeta { file, bytes: writer.tail.length(), ..segment.clone() };
    Ok(Compacted { old: segment.clone(), new, batches: writer.batches })
}

struct Rewriter<T: 'static> {
    codec: &'static Codec<T>,
    tail: Tail,
    header: Vec<u8>,
    held: Vec<T>,
    batches: Vec<BatchMeta>,
}

impl<T: Placed> Rewriter<T> {
    fn push(&mut self, items: Vec<T>) -> Result<()> {
        self.held.extend(items);
        while self.held.len() >= BATCH_ITEMS {
            self.write(BATCH_ITEMS)?;
        }
        Ok(())
    }

    /// Writes the first `count` of the held items as one batch.
    fn write(&mut self, count: usize) -> Result<()> {
        let rest = self.held.split_off(count.min(self.held.len()));
        let items = std::mem::replace(&mut self.held, rest);
        if items.is_empty() {
            return Ok(());
        }
        let bytes = self.codec.encode(&items).map_err(LedgerError::Encode)?;
        let (start, sum) = if self.batches.is_empty() {
            (0, checksum(&[self.header.as_slice(), bytes.as_slice()].concat()))
        } else {
            (self.tail.length(), checksum(&bytes))
        };
        self.tail.append(&bytes)?;
        let length = self.tail.length() - start;
        self.batches.push(BatchMeta { start, length, span: span(&items, T::place), checksum: sum });
        Ok(())
    }
}
