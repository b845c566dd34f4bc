//! Recognises a layout from a header, or applies a mapping to it.

use crate::map::{ColumnMap, Kind, Role};

/// The layouts that are recognised, in words, for messages.
pub const LAYOUTS: &[&str] = &[
    "trades: time, price, size [side, id]",
    "quotes: time, bid, ask [bid_size, ask_size]",
    "bars: time, open, high, low, close [volume, quote_volume, trades, taker_buy_base]",
    "series: a time and one number",
];

/// Header words that only order-book files have.
const DEPTH_WORDS: [&str; 6] = ["first_update_id", "last_update_id", "update_type", "bids", "asks", "level"];

/// Where the columns of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) kind: Kind,
    at: [Option<usize>; Role::ALL.len()],
    /// Position and name of the series columns.
    pub(crate) series: Vec<(usize, String)>,
}

/// Why no layout comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderError {
    Unknown,
    Depth,
    Missing(String),
}

impl Columns {
    /// Where the column of a role is.
    pub(crate) fn get(&self, role: Role) -> Option<usize> {
        self.at[role as usize]
    }

    /// Finds the columns by their names and by the mapping, which goes first.
    pub(crate) fn find(names: &[String], map: &ColumnMap) -> Result<Columns, HeaderError> {
        let lower: Vec<String> = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        if !map.names_columns() && lower.iter().any(|name| DEPTH_WORDS.contains(&name.as_str())) {
            return Err(HeaderError::Depth);
        }
        let mut at = [None; Role::ALL.len()];
        for (slot, (role, _, words)) in at.iter_mut().zip(Role::ALL) {
            *slot = match map.column(role) {
                Some("-") => None,
                Some(column) => Some(position(&lower, column)?),
                None if map.no_header => None,
                None => words.iter().find_map(|word| lower.iter().position(|name| name == word)),
            };
        }
        let mut columns = Columns { kind: Kind::Series, at, series: Vec::new() };
        if columns.get(Role::Time).is_none() {
            return Err(HeaderError::Unknown);
        }
        for column in &map.series {
            let index = position(&lower, column)?;
            columns.series.push((index, series_name(&names[index])));
        }
        columns.kind = columns.tell_kind(&lower, names).ok_or(HeaderError::Unknown)?;
        Ok(columns)
    }

    fn has(&self, roles: &[Role]) -> bool {
        roles.iter().all(|role| self.get(*role).is_some())
    }

    fn tell_kind(&mut self, lower: &[String], names: &[String]) -> Option<Kind> {
        if !self.series.is_empty() {
            return Some(Kind::Series);
        }
        if self.has(&[Role::Open, Role::High, Role::Low, Role::Close]) {
            return Some(Kind::Bars);
        }
        if self.has(&[Role::Bid, Role::Ask]) {
            return Some(Kind::Quotes);
        }
        if self.has(&[Role::Price, Role::Size]) {
            return Some(Kind::Trades);
        }
        let time = self.get(Role::Time)?;
        if lower.len() == 2 && self.at.iter().flatten().all(|column| *column == time) {
            let other = 1 - time;
            self.series.push((other, series_name(&names[other])));
            return Some(Kind::Series);
        }
        None
    }
}

/// The index of a column that is given by name or as `#n`.
fn position(lower: &[String], column: &str) -> Result<usize, HeaderError> {
    let missing = || HeaderError::Missing(column.to_owned());
    if let Some(number) = column.strip_prefix('#') {
        let number: usize = number.parse().map_err(|_| missing())?;
        return number.checked_sub(1).filter(|index| *index < lower.len()).ok_or_else(missing);
    }
    let wanted = column.to_ascii_lowercase();
    lower.iter().position(|name| *name == wanted).ok_or_else(missing)
}

/// A header word as the snake-case name of a series.
fn series_name(header: &str) -> String {
    let snake: String =
        header.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, map: &str, expected: &Result<Kind, HeaderError>) {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        let map = map.parse().expect("valid mapping");
        assert_eq!(&Columns::find(&names, &map).map(|columns| columns.kind), expected, "{header}");
    }

    #[test]
    fn recognises_layouts() {
        check("timestamp,id,type,side,price,amount,cost", "", &Ok(Kind::Trades));
        check("time,price,size,side", "", &Ok(Kind::Trades));
        check("date,open,high,low,close,volume", "", &Ok(Kind::Bars));
        check("Date,Open,High,Low,Close,Tickvol,Volume,Spread", "", &Ok(Kind::Bars));
        check("timestamp,symbol,ask_size,ask,bid_size,bid", "", &Ok(Kind::Quotes));
        check("date,funding_rate", "", &Ok(Kind::Series));
        check("date,oi,longs", "", &Err(HeaderError::Unknown));
        check("date,oi,longs", "series=oi+longs", &Ok(Kind::Series));
        check("when,px,q", "time=when,price=px,size=q", &Ok(Kind::Trades));
        check("1,2,3", "time=#1,price=#2,size=#3,header=no", &Ok(Kind::Trades));
        check("when,px,q", "time=when,price=px,size=#4", &Err(HeaderError::Missing("#4".to_owned())));
        check(
            "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu",
            "",
            &Err(HeaderError::Depth),
        );
        check("price,size", "", &Err(HeaderError::Unknown));
        check("date", "", &Err(HeaderError::Unknown));
        check("", "", &Err(HeaderError::Unknown));
    }

    #[test]
    fn role_order_matches_its_table() {
        for (index, (role, ..)) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, index);
        }
    }
}
