//! A cell of a row, whatever the file format, and what a row source must offer.

use sconce_domain::Nanos;

use crate::error::RowError;

/// One cell. Text files give text; Parquet files give what they hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Empty, or null.
    Missing,
    /// Text, trimmed, not empty.
    Text(&'a str),
    /// A float.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
    /// A point in time whose unit the file knows.
    Time(Nanos),
    /// Something that is none of these; the word says what.
    Unreadable(&'static str),
}

impl Cell<'_> {
    /// The number in it, finite or not; `None` where the cell is missing.
    pub(crate) fn number(self) -> Result<Option<f64>, String> {
        match self {
            Cell::Missing => Ok(None),
            Cell::Float(value) => Ok(Some(value)),
            Cell::Int(value) => Ok(Some(value as f64)),
            Cell::Text(text) => match text.parse::<f64>() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(format!("`{}` is not a number", short(text))),
            },
            Cell::Flag(_) => Err("a flag is not a number".to_owned()),
            Cell::Time(_) => Err("a time is not a number".to_owned()),
            Cell::Unreadable(what) => Err(format!("{what} is not a number")),
        }
    }
}

/// The first characters of a text of any length, for error messages.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Rows, one after another; cells are looked at in place.
pub(crate) trait RowSource: Send {
    /// Names of the columns.
    fn names(&self) -> &[String];
    /// Whether a column may hold numbers, as far as the file says; a text may be one.
    fn is_numeric(&self, column: usize) -> bool;
    /// Moves to the next row and answers its line; `None` at the end; an error ends the reading.
    fn advance(&mut self) -> Result<Option<u64>, RowError>;
    /// What is wrong with the present row as a whole.
    fn fault(&self) -> Option<String>;
    /// A cell of the present row.
    fn cell(&self, column: usize) -> Cell<'_>;
}
