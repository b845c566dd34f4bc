//! One thing that a file told.

use sconce_domain::{Bar, Nanos, Payload, Quote, SeriesPoint, Trade};

/// One observation of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Line of a text file from 1, header included; row of a Parquet file from 1.
    pub line: u64,
    /// When it happened; the opening time of a bar.
    pub ts: Nanos,
    /// What.
    pub data: Data,
}

/// What a file can tell.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// An execution.
    Trade(Trade),
    /// A best quote.
    Quote(Quote),
    /// A complete bar.
    Bar(Bar),
    /// A point of a series.
    Series(SeriesPoint),
}

impl From<Data> for Payload {
    fn from(data: Data) -> Payload {
        match data {
            Data::Trade(trade) => Payload::Trade(trade),
            Data::Quote(quote) => Payload::Quote(quote),
            Data::Bar(bar) => Payload::Bar(bar),
            Data::Series(point) => Payload::Series(point),
        }
    }
}
