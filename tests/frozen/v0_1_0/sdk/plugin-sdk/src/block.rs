//! Blocks: many rows in one byte list, column by column, as the interface defines them.
//!
//! `rows` words of row time, then `rows` words of `trigger | instrument << 32`, then for each column `rows` f64;
//! all little-endian. Values are read where they lie, so a long block is never copied.

use crate::failure::Failure;

/// Bytes of one word.
const WORD: usize = 8;

/// Words of a row before its values.
const HEAD_WORDS: usize = 2;

/// A word as it lies in a block: nothing is promised about its alignment.
type Word = [u8; WORD];

/// A checked view of a block.
#[derive(Copy, Clone, Debug)]
pub(crate) struct BlockView<'a> {
    rows: usize,
    width: usize,
    words: &'a [Word],
}

/// What stands beside the values of a row.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowHead {
    pub(crate) ts: i64,
    pub(crate) trigger: u32,
    pub(crate) instrument: u32,
}

impl<'a> BlockView<'a> {
    /// Checks that `data` has the length that `rows` and `width` ask for.
    pub(crate) fn new(rows: u32, width: u32, data: &'a [u8]) -> Result<Self, Failure> {
        let expected =
            u64::from(rows).checked_mul(u64::from(width) + 2).and_then(|words| words.checked_mul(WORD as u64));
        if expected != Some(data.len() as u64) {
            return Err(Failure::bad_input(format_args!(
                "a block of {rows} rows by {width} columns cannot have {} bytes",
                data.len()
            )));
        }
        Ok(BlockView { rows: rows as usize, width: width as usize, words: data.as_chunks().0 })
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Time, trigger and instrument of each row.
    pub(crate) fn heads(&self) -> impl Iterator<Item = RowHead> + use<'a> {
        let (times, rest) = self.words.split_at(self.rows);
        times.iter().zip(rest).map(|(ts, why)| {
            let why = u64::from_le_bytes(*why);
            RowHead { ts: i64::from_le_bytes(*ts), trigger: why as u32, instrument: (why >> 32) as u32 }
        })
    }

    /// The values.
    pub(crate) fn columns(&self) -> Columns<'a> {
        Columns { rows: self.rows, width: self.width, words: &self.words[HEAD_WORDS * self.rows..] }
    }
}

/// The values of a block, read where they lie.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Columns<'a> {
    rows: usize,
    width: usize,
    words: &'a [Word],
}

impl Columns<'_> {
    /// One value, for a row that exists; `None` for a column that does not.
    #[inline]
    pub(crate) fn number(self, column: usize, row: usize) -> Option<f64> {
        debug_assert!(row < self.rows, "row {row} of {}", self.rows);
        if column >= self.width {
            return None;
        }
        self.words.get(column * self.rows + row).map(|word| f64::from_le_bytes(*word))
    }

    /// All values, column by column.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> {
        self.words.iter().map(|word| f64::from_le_bytes(*word))
    }
}

/// Encodes rows of `width` values each; the inverse of [`BlockView`].
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn encode(heads: &[RowHead], width: usize, values: &[Vec<f64>]) -> Vec<u8> {
    let mut data = Vec::with_capacity(heads.len() * (2 + width) * WORD);
    heads.iter().for_each(|head| data.extend(head.ts.to_le_bytes()));
    heads.iter().for_each(|head| {
        data.extend((u64::from(head.trigger) | u64::from(head.instrument) << 32).to_le_bytes());
    });
    for column in 0..width {
        values.iter().for_each(|row| data.extend(row[column].to_le_bytes()));
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_read_back() {
        let heads = [
            RowHead { ts: -5, trigger: 0x3f, instrument: 0 },
            RowHead { ts: i64::MAX, trigger: 1 << 10, instrument: u32::MAX },
        ];
        let values = [vec![1.5, f64::NAN, -0.0], vec![f64::INFINITY, 2.0, 3.0]];
        let data = encode(&heads, 3, &values);
        let view = BlockView::new(2, 3, &data).expect("fits");
        assert_eq!(view.heads().collect::<Vec<_>>(), heads);
        let columns = view.columns();
        for (row, values) in values.iter().enumerate() {
            let seen = (0..3).map(|column| columns.number(column, row).map(f64::to_bits));
            assert!(seen.eq(values.iter().map(|value| Some(value.to_bits()))), "{row}");
            assert_eq!((columns.number(3, row), columns.number(usize::MAX, row)), (None, None));
        }
        let bits: Vec<u64> = columns.numbers().map(f64::to_bits).collect();
        assert_eq!(bits, [1.5, f64::INFINITY, f64::NAN, 2.0, -0.0, 3.0].map(f64::to_bits));
    }

    #[test]
    fn rows_without_columns_have_heads() {
        let heads = [RowHead { ts: 7, trigger: 1, instrument: 2 }; 2];
        let data = encode(&heads, 0, &[vec![], vec![]]);
        let view = BlockView::new(2, 0, &data).expect("fits");
        assert_eq!(view.heads().collect::<Vec<_>>(), heads);
        assert_eq!(view.columns().number(0, 1), None);
    }

    #[test]
    fn only_the_exact_length_fits() {
        let check = |rows: u32, width: u32, bytes: usize, fits: bool| {
            let data = vec![0; bytes];
            assert_eq!(BlockView::new(rows, width, &data).is_ok(), fits, "{rows} x {width} in {bytes}");
        };
        check(0, 0, 0, true);
        check(0, u32::MAX, 0, true);
        check(1, 0, 16, true);
        check(1, 1, 24, true);
        check(2, 3, 80, true);
        check(2, 3, 79, false);
        check(2, 3, 81, false);
        check(1, 1, 0, false);
        check(u32::MAX, u32::MAX, 8, false);
        check(u32::MAX, u32::MAX - 1, 0, false);
    }
}
