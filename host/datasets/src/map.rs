//! Column mappings: which column plays which role, when a header is not recognised or not to be trusted.

use std::str::FromStr;

use crate::cell::short;
use crate::times::TimeFormat;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Executions.
    Trades,
    /// Best quotes.
    Quotes,
    /// Complete bars.
    Bars,
    /// Dated numbers.
    Series,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// When; a bar's opening time.
    Time,
    /// Spelling of the market; must be the same in every row.
    Symbol,
    /// Price of a trade.
    Price,
    /// Size of a trade in base units.
    Size,
    /// Side of the taker.
    Side,
    /// Whether the buyer was the maker, which makes the taker the seller.
    BuyerMaker,
    /// Number of a trade.
    Id,
    /// Best bid.
    Bid,
    /// Size at the best bid.
    BidSize,
    /// Best ask.
    Ask,
    /// Size at the best ask.
    AskSize,
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Volume in base units.
    Volume,
    /// Volume in quote units.
    Turnover,
    /// Number of trades.
    Trades,
    /// Volume where the taker bought.
    BuyVolume,
}

impl Role {
    /// Every role with its name in a mapping and the lower-case header words that stand for it.
    pub(crate) const ALL: [(Role, &'static str, &'static [&'static str]); 19] = [
        (Role::Time, "time", &["timestamp", "time", "date", "datetime", "open_time", "ts", "ts_open", "ts_event"]),
        (Role::Symbol, "symbol", &["symbol", "market", "pair"]),
        (Role::Price, "price", &["price"]),
        (Role::Size, "size", &["size", "amount", "qty", "quantity"]),
        (Role::Side, "side", &["side", "taker_side"]),
        (Role::BuyerMaker, "buyer_maker", &["is_buyer_maker", "isbuyermaker", "buyer_maker"]),
        (Role::Id, "id", &["id", "trade_id", "agg_trade_id"]),
        (Role::Bid, "bid", &["bid", "bid_price"]),
        (Role::BidSize, "bid_size", &["bid_size", "bid_qty"]),
        (Role::Ask, "ask", &["ask", "ask_price"]),
        (Role::AskSize, "ask_size", &["ask_size", "ask_qty"]),
        (Role::Open, "open", &["open"]),
        (Role::High, "high", &["high"]),
        (Role::Low, "low", &["low"]),
        (Role::Close, "close", &["close"]),
        (Role::Volume, "volume", &["volume"]),
        (Role::Turnover, "turnover", &["turnover", "quote_volume"]),
        (Role::Trades, "trades", &["trades", "count"]),
        (Role::BuyVolume, "buy_volume", &["buy_volume", "taker_buy_base"]),
    ];
}

/// Which column plays which role. Parsed from `time=ts,price=px,size=qty,unit=ms`.
///
/// A column is a name of the header, or `#3` for the third one. `-` takes a role away from a recognised header, so
/// `id=-` counts positions instead of reading ids. `series=a+b` names columns that are series. `unit=` is `s`, `ms`,
/// `us`, `ns` or a date pattern with `%`. `header=no` says that the first line is data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap {
    /// Role and column.
    pub roles: Vec<(Role, String)>,
    /// Columns that are series; each gives its name to its points.
    pub series: Vec<String>,
    /// How times are spelled.
    pub time_format: TimeFormat,
    /// The first line of a text file is data.
    pub no_header: bool,
}

/// Why a text is no mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad column mapping: {0}")]
pub struct ParseMapError(pub String);

impl ColumnMap {
    /// The column that is named for a role.
    pub fn column(&self, role: Role) -> Option<&str> {
        self.roles.iter().rev().find(|(candidate, _)| *candidate == role).map(|(_, column)| column.as_str())
    }

    /// Whether any column is named at all.
    pub(crate) fn names_columns(&self) -> bool {
        !self.series.is_empty() || self.roles.iter().any(|(_, column)| column != "-")
    }

    fn add(&mut self, key: &str, value: &str) -> Result<(), ParseMapError> {
        match key {
            "unit" => self.time_format = value.parse().map_err(ParseMapError)?,
            "series" => self.series.extend(value.split('+').map(str::to_owned)),
            "header" => {
                self.no_header = match value {
                    "no" => true,
                    "yes" => false,
                    other => return Err(ParseMapError(format!("`header={}`: say yes or no", short(other)))),
                }
            }
            key => {
                let (role, ..) = Role::ALL.iter().find(|(_, name, _)| *name == key).ok_or_else(|| {
                    let names: Vec<&str> = Role::ALL.iter().map(|(_, name, _)| *name).collect();
                    ParseMapError(format!(
                        "unknown role `{}`; known are {}, series, unit, header",
                        short(key),
                        names.join(", ")
                    ))
                })?;
                self.roles.push((*role, value.to_owned()));
            }
        }
        Ok(())
    }
}

impl FromStr for ColumnMap {
    type Err = ParseMapError;
    fn from_str(text: &str) -> Result<Self, ParseMapError> {
        let mut map = ColumnMap::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((key, value)) if !value.trim().is_empty() => map.add(key.trim(), value.trim())?,
                _ => return Err(ParseMapError(format!("`{}` is not of the form role=column", short(part)))),
            }
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_mapping() {
        let map: ColumnMap = "time=ts, price=px,size=#3,id=-,unit=ms,header=no".parse().expect("valid");
        assert_eq!(map.column(Role::Time), Some("ts"));
        assert_eq!(map.column(Role::Size), Some("#3"));
        assert_eq!(map.column(Role::Side), None);
        assert!(map.no_header && map.names_columns());
        assert_eq!(map.time_format, TimeFormat::Epoch(1_000_000));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for bad in ["prise=x", "time", "time=", "unit=hours", "header=maybe"] {
            assert!(bad.parse::<ColumnMap>().is_err(), "{bad}");
        }
    }
}
