//! Blocks: many rows in one byte list, column by column, as the interface defines them.
//!
//! `rows` words of row time, then `rows` words of `trigger | instrument << 32`, then for each column `rows` f64;
//! all little-endian. Decoding copies row by row into one scratch row, so a long block needs no second buffer.

use crate::failure::Failure;

/// Bytes of one word.
const WORD: usize = 8;

/// A checked view of a block.
#[derive(Copy, Clone, Debug)]
pub(crate) struct BlockView<'a> {
    rows: usize,
    width: usize,
    data: &'a [u8],
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
        Ok(BlockView { rows: rows as usize, width: width as usize, data })
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Time, trigger and instrument of row `row`, which must exist.
    pub(crate) fn head(&self, row: usize) -> RowHead {
        let ts = i64::from_le_bytes(self.word(0, row));
        let why = u64::from_le_bytes(self.word(1, row));
        RowHead { ts, trigger: why as u32, instrument: (why >> 32) as u32 }
    }

    /// Writes the values of row `row` over `out`, which has one place per column.
    pub(crate) fn values_into(&self, row: usize, out: &mut [f64]) {
        for (column, value) in out.iter_mut().enumerate().take(self.width) {
            *value = f64::from_le_bytes(self.word(2 + column, row));
        }
    }

    fn word(&self, column: usize, row: usize) -> [u8; WORD] {
        let at = (column * self.rows + row) * WORD;
        let mut word = [0; WORD];
        word.copy_from_slice(&self.data[at..at + WORD]);
        word
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
        for (row, head) in heads.iter().enumerate() {
            assert_eq!(view.head(row), *head);
            let mut seen = [0.0; 3];
            view.values_into(row, &mut seen);
            assert_eq!(seen.map(f64::to_bits).as_slice(), values[row].iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        }
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
