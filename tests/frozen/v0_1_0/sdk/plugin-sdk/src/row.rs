//! The row: what is known at one moment, in the columns that the plugin asked for.

use crate::block::Columns;
use crate::needs::Column;
use crate::trigger::Trigger;

/// One row. Nothing in it became known after [`Row::ts`].
#[derive(Copy, Clone, Debug)]
pub struct Row<'a> {
    pub(crate) ts: i64,
    pub(crate) instrument: u32,
    pub(crate) trigger: Trigger,
    pub(crate) values: Values<'a>,
    pub(crate) names: &'a [String],
}

/// Where the numbers of a row are.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Values<'a> {
    /// On their own.
    Alone(&'a [f64]),
    /// In a block, at this position of each column.
    At(usize, Columns<'a>),
}

impl Values<'_> {
    #[inline]
    fn get(self, index: usize) -> Option<f64> {
        match self {
            Values::Alone(values) => values.get(index).copied(),
            Values::At(position, columns) => columns.number(index, position),
        }
    }
}

impl<'a> Row<'a> {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub fn ts(&self) -> i64 {
        self.ts
    }

    /// Why it is handed over.
    pub fn trigger(&self) -> Trigger {
        self.trigger
    }

    /// Position of its instrument among those given to `create`; absent in a cohort row.
    pub fn instrument(&self) -> Option<usize> {
        (self.instrument != u32::MAX).then_some(self.instrument as usize)
    }

    /// The value of a column; absent where the host has none.
    #[inline]
    pub fn get(&self, column: Column) -> Option<f64> {
        debug_assert!(
            column.name().is_empty() || self.names.get(column.index()).is_some_and(|name| name == column.name()),
            "column `{}` is not at position {} of the needs",
            column.name(),
            column.index()
        );
        self.values.get(column.index()).filter(|value| !value.is_nan())
    }

    /// The same by name: walks the names, so prefer [`Row::get`] in a loop. Also absent for a name never asked for.
    pub fn named(&self, name: &str) -> Option<f64> {
        let index = self.names.iter().position(|candidate| candidate == name)?;
        self.values.get(index).filter(|value| !value.is_nan())
    }

    /// The raw numbers in the order of the needs; NaN is absent.
    pub fn values(&self) -> impl Iterator<Item = f64> + use<'a> {
        let values = self.values;
        (0..self.names.len()).map_while(move |index| values.get(index))
    }

    /// How many of these columns are present, divided by how many they are; 1 for none.
    pub fn coverage(&self, columns: &[Column]) -> f64 {
        if columns.is_empty() {
            return 1.0;
        }
        let present = columns.iter().filter(|column| self.get(**column).is_some()).count();
        present as f64 / columns.len() as f64
    }
}
