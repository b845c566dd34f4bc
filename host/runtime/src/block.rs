//! Row blocks as they cross the interface: little-endian words, column by column, in one byte string.
//!
//! Layout: `rows` times (s64), then `rows` words `trigger | instrument << 32`, then for each column `rows` numbers.
//! The length is exactly `8 * rows * (2 + width)` bytes; anything else is refused on both sides.

use sconce_domain::{Nanos, RowBlock, Trigger};

use crate::numbers::canonical;

/// Times and trigger words before the columns.
const HEADER_WORDS: usize = 2;
const WORD: usize = 8;

/// A block that crosses. Its bytes are a buffer that is used again for the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct WireBlock {
    pub(crate) rows: u32,
    pub(crate) width: u32,
    pub(crate) data: Vec<u8>,
}

/// Why a block cannot cross.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The vectors of the block have different lengths.
    #[error("block is ragged: {0} has another length than the times")]
    Ragged(&'static str),
    /// The instance was started for another number of columns.
    #[error("block has {found} columns where {expected} were agreed")]
    Width {
        /// Columns of the instance.
        expected: usize,
        /// Columns of the block.
        found: usize,
    },
    /// More than fits the interface.
    #[error("block of {rows} rows and {width} columns is too large")]
    TooLarge {
        /// Its rows.
        rows: usize,
        /// Its columns.
        width: usize,
    },
    /// The bytes do not have the length that rows and width ask for.
    #[error("block of {rows} rows and {width} columns must have {expected} bytes, not {found}")]
    Length {
        /// Rows declared.
        rows: u32,
        /// Columns declared.
        width: u32,
        /// Bytes that they ask for.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
}

/// Bytes of a block of `rows` rows and `width` columns.
pub(crate) fn byte_len(rows: u64, width: u64) -> Option<u64> {
    rows.checked_mul(width.checked_add(HEADER_WORDS as u64)?)?.checked_mul(WORD as u64)
}

/// Writes `block` over `wire`; every NaN becomes the one NaN.
pub(crate) fn encode(block: &RowBlock, width: usize, wire: &mut WireBlock) -> Result<(), BlockError> {
    check_shape(block, width)?;
    let rows = block.len();
    let too_large = || BlockError::TooLarge { rows, width };
    wire.rows = u32::try_from(rows).map_err(|_| too_large())?;
    wire.width = u32::try_from(width).map_err(|_| too_large())?;
    let bytes = byte_len(rows as u64, width as u64).and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.filter(|bytes| *bytes <= i32::MAX as usize).ok_or_else(too_large)?;
    wire.data.resize(bytes, 0);
    // Column by column over slices of one length, so that the compiler makes wide copies of it.
    let (times, rest) = wire.data.as_chunks_mut().0.split_at_mut(rows);
    let (reasons, numbers) = rest.split_at_mut(rows);
    put(times, block.ts.iter().map(|ts| ts.0.cast_unsigned()));
    let words = block.trigger.iter().zip(&block.instrument);
    put(reasons, words.map(|(trigger, instrument)| u64::from(trigger.0) | u64::from(*instrument) << 32));
    // Without rows there is nothing to divide into columns.
    for (slots, column) in numbers.chunks_exact_mut(rows.max(1)).zip(&block.columns) {
        put(slots, column.iter().map(|value| canonical(*value).to_bits()));
    }
    Ok(())
}

/// Writes words into slots.
fn put(slots: &mut [[u8; WORD]], words: impl Iterator<Item = u64>) {
    slots.iter_mut().zip(words).for_each(|(slot, word)| *slot = word.to_le_bytes());
}

/// Whether all parts of `block` have one length and there are `width` columns.
pub(crate) fn check_shape(block: &RowBlock, width: usize) -> Result<(), BlockError> {
    let rows = block.len();
    if block.columns.len() != width {
        return Err(BlockError::Width { expected: width, found: block.columns.len() });
    }
    let ragged = if block.trigger.len() != rows {
        Some("the triggers")
    } else if block.instrument.len() != rows {
        Some("the instruments")
    } else if block.columns.iter().any(|column| column.len() != rows) {
        Some("a column")
    } else {
        None
    };
    ragged.map_or(Ok(()), |what| Err(BlockError::Ragged(what)))
}

/// Reads a block back; used to prove the layout and by tools that look at recorded calls.
pub fn decode(rows: u32, width: u32, data: &[u8]) -> Result<RowBlock, BlockError> {
    let expected = byte_len(u64::from(rows), u64::from(width));
    if expected != Some(data.len() as u64) {
        let expected = expected.unwrap_or(u64::MAX);
        return Err(BlockError::Length { rows, width, expected, found: data.len() as u64 });
    }
    let rows = rows as usize;
    let mut words =
        data.chunks_exact(WORD).map(|word| u64::from_le_bytes(word.try_into().expect("chunks of one word")));
    let mut take = |count: usize| words.by_ref().take(count).collect::<Vec<u64>>();
    let ts = take(rows).into_iter().map(|word| Nanos(word.cast_signed())).collect();
    let marks = take(rows);
    let columns = (0..width).map(|_| take(rows).into_iter().map(f64::from_bits).collect()).collect();
    Ok(RowBlock {
        ts,
        trigger: marks.iter().map(|word| Trigger((word & 0xffff_ffff) as u32)).collect(),
        instrument: marks.iter().map(|word| (word >> 32) as u32).collect(),
        columns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(rows: usize, width: usize) -> RowBlock {
        let mut block = RowBlock::with_width(width);
        for row in 0..rows {
            let values: Vec<f64> = (0..width).map(|column| (row * 10 + column) as f64).collect();
            block.push(Nanos(row as i64 - 1), Trigger(1 << 9 | 1), row as u32, &values);
        }
        block
    }

    #[test]
    fn a_ragged_or_misfit_block_does_not_cross() {
        let mut ragged = sample(2, 2);
        ragged.columns[1].pop();
        let mut out = WireBlock::default();
        assert_eq!(encode(&ragged, 2, &mut out), Err(BlockError::Ragged("a column")));
        assert!(matches!(encode(&sample(2, 2), 3, &mut out), Err(BlockError::Width { expected: 3, found: 2 })));
    }

    #[test]
    fn any_nan_becomes_the_one_nan() {
        let mut block = RowBlock::with_width(1);
        block.push(Nanos(0), Trigger(0), 0, &[f64::from_bits(0xfff8_dead_beef_0001)]);
        let mut wire = WireBlock::default();
        encode(&block, 1, &mut wire).expect("encodes");
        assert_eq!(wire.data[16..24], 0x7ff8_0000_0000_0000_u64.to_le_bytes());
    }

    #[test]
    fn hostile_lengths_are_refused() {
        for (rows, width, bytes) in [(1, 1, 23), (1, 1, 25), (u32::MAX, u32::MAX, 8), (u32::MAX, 0, 0), (0, 1, 8)] {
            assert!(
                matches!(decode(rows, width, &vec![0; bytes]), Err(BlockError::Length { .. })),
                "{rows} {width} {bytes}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(rows in 0_usize..40, width in 0_usize..6) {
            let block = sample(rows, width);
            let mut wire = WireBlock::default();
            encode(&block, width, &mut wire).expect("encodes");
            prop_assert_eq!(decode(wire.rows, wire.width, &wire.data).expect("decodes"), block);
        }

        #[test]
        fn any_bytes_decode_or_err(rows: u32, width: u32, data in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = decode(rows, width, &data);
        }
    }
}
