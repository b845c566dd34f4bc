//! What a configured plugin needs, and handles to the columns that it asked for.

/// A handle to one column of a plugin's rows. Reading through it costs an index and a NaN test.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    index: usize,
    name: &'static str,
}

impl Column {
    /// The column at `index` of the list of needs. Prefer [`crate::columns!`] and [`Needs::add`], which count for you.
    pub const fn new(index: usize, name: &'static str) -> Self {
        Column { index, name }
    }

    /// Position in the list of needs.
    pub const fn index(self) -> usize {
        self.index
    }

    /// Full name, such as `sma_20@1h`; empty for a column whose name was made at run time.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl AsRef<str> for Column {
    fn as_ref(&self) -> &str {
        self.name
    }
}

/// Names the columns of a plugin once: a constant handle for each, and a constant array of them all in order.
///
/// ```
/// sconce_sdk::columns! {
///     /// What this strategy reads.
///     INPUTS {
///         CLOSE = "close",
///         TREND = "sma_50@1h",
///     }
/// }
/// assert_eq!(INPUTS.len(), 2);
/// assert_eq!((TREND.index(), TREND.name()), (1, "sma_50@1h"));
/// ```
#[macro_export]
macro_rules! columns {
    ($(#[$meta:meta])* $all:ident { $($(#[$note:meta])* $handle:ident = $name:literal),+ $(,)? }) => {
        $crate::columns!(@each 0; $($(#[$note])* $handle = $name,)+);
        $(#[$meta])*
        const $all: &[$crate::Column] = &[$($handle),+];
    };
    (@each $index:expr; $(#[$note:meta])* $handle:ident = $name:literal, $($rest:tt)*) => {
        #[doc = concat!("The column `", $name, "`.")]
        $(#[$note])*
        const $handle: $crate::Column = $crate::Column::new($index, $name);
        $crate::columns!(@each $index + 1; $($rest)*);
    };
    (@each $index:expr;) => {};
}

/// What a configured plugin needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub(crate) columns: Vec<String>,
    pub(crate) look_back: u32,
    pub(crate) every_seconds: Option<u32>,
    pub(crate) abilities: Vec<String>,
}

impl Needs {
    /// Rows of these columns, in this order.
    pub fn of<I>(columns: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let columns = columns.into_iter().map(|column| column.as_ref().to_owned()).collect();
        Needs { columns, ..Needs::default() }
    }

    /// Asks for one more column, after the others, and gives its handle.
    pub fn add(&mut self, name: &'static str) -> Column {
        self.columns.push(name.to_owned());
        Column::new(self.columns.len() - 1, name)
    }

    /// The same for a name that is made at run time.
    pub fn add_named(&mut self, name: String) -> Column {
        self.columns.push(name);
        Column::new(self.columns.len() - 1, "")
    }

    /// Asks to be warmed up with so many rows.
    #[must_use]
    pub fn look_back(mut self, rows: u32) -> Self {
        self.look_back = rows;
        self
    }

    /// Asks to be evaluated every so many seconds of market time as well as at bar closes.
    #[must_use]
    pub fn every_seconds(mut self, seconds: u32) -> Self {
        self.every_seconds = Some(seconds);
        self
    }

    /// Asks for [`crate::history`]; the deployment must grant it.
    #[must_use]
    pub fn history(mut self) -> Self {
        self.abilities.push("history".to_owned());
        self
    }

    /// Asks to propose postures with [`crate::Signal::propose`]; the deployment must grant `posture`.
    #[must_use]
    pub fn posture(mut self) -> Self {
        self.abilities.push("posture".to_owned());
        self
    }

    /// The columns asked for, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}
