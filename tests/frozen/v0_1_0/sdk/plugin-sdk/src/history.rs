//! More rows back. Asked for with [`crate::Needs::history`] and granted by the deployment, else every call fails.
//! Works only while the host feeds row by row: it fails during warm-up, and a plugin that uses it is not replayed in
//! chunks. Update your state before you call it.

use crate::block::BlockView;
use crate::failure::Failure;
use crate::needs::Column;

/// Rows before the present one, oldest first, in the columns of the needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    ts: Vec<i64>,
    width: usize,
    /// Column by column.
    values: Vec<f64>,
}

/// The newest `count` rows before the present one; fewer where the host has fewer.
///
/// # Errors
/// What the host answers: [`Failure::Other`] where the ability was not granted.
pub fn rows(count: u32) -> Result<History, Failure> {
    crate::host::history(count)
}

impl History {
    pub(crate) fn from_block(block: &BlockView<'_>) -> Self {
        History {
            ts: block.heads().map(|head| head.ts).collect(),
            width: block.width(),
            values: block.columns().numbers().collect(),
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ts.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ts.is_empty()
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z of each row, oldest first.
    pub fn ts(&self) -> &[i64] {
        &self.ts
    }

    /// The raw values of a column, oldest first; NaN is absent. Empty for a column that was not asked for.
    pub fn column(&self, column: Column) -> &[f64] {
        if column.index() >= self.width {
            return &[];
        }
        let start = column.index() * self.len();
        &self.values[start..start + self.len()]
    }

    /// One value; `row` 0 is the oldest.
    pub fn get(&self, row: usize, column: Column) -> Option<f64> {
        self.column(column).get(row).copied().filter(|value| !value.is_nan())
    }
}
