//! A plugin that computes the example of every catalogued column over the bars that it was warmed up with.
//!
//! It hands the columns over as its snapshot: little-endian numbers, column after column, in the catalogue's order.
//! Columns of its rows: open, high, low, close, volume, turnover, trades, buy volume, sell volume.

use std::cell::RefCell;

use exports::sconce::strategy::guest::{
    Description, Guest, GuestInstance, Instance, Memory, NeedsList, OutputKind, Scope,
};
use sconce::strategy::types::{Block, Failure, Output};
use sconce_indicators::{BarInput, ColumnSpec, catalogue, column};

wit_bindgen::generate!({ path: "../../../wit/0.1.0", world: "plugin" });

const BAR_SECONDS: u32 = 3_600;
const COLUMNS: [&str; 9] =
    ["open", "high", "low", "close", "volume", "turnover", "trades", "buy_volume", "sell_volume"];

struct Ruler;

export!(Ruler);

impl Guest for Ruler {
    type Instance = Bars;

    fn describe() -> Description {
        Description {
            id: "ruler".into(),
            name: "Ruler".into(),
            version: "0.1.0".into(),
            description: "Measures; says nothing.".into(),
            outputs: vec![OutputKind::Signal],
            score_scale: "ratio".into(),
            config_schema: r#"{"type":"object"}"#.into(),
            scope: Scope::Instrument,
            memory: Memory::Unbounded,
        }
    }

    fn needs(_: String) -> Result<NeedsList, Failure> {
        let columns = COLUMNS.map(str::to_owned).to_vec();
        Ok(NeedsList { columns, look_back: 0, every_seconds: None, abilities: vec![] })
    }
}

/// The bars so far.
struct Bars(RefCell<Vec<BarInput>>);

impl Bars {
    fn learn(&self, rows: &Block) {
        let count = rows.rows as usize;
        let word = |at: usize| -> [u8; 8] { rows.data[at * 8..at * 8 + 8].try_into().expect("eight bytes") };
        let number = |row: usize, column: usize| f64::from_le_bytes(word((2 + column) * count + row));
        let bar = |row: usize| BarInput {
            ts_open: i64::from_le_bytes(word(row)),
            open: number(row, 0),
            high: number(row, 1),
            low: number(row, 2),
            close: number(row, 3),
            volume: number(row, 4),
            turnover: number(row, 5),
            trades: number(row, 6),
            buy_volume: number(row, 7),
            sell_volume: number(row, 8),
        };
        self.0.borrow_mut().extend((0..count).map(bar));
    }
}

impl GuestInstance for Bars {
    fn create(_: String, _: Vec<String>) -> Result<Instance, Failure> {
        Ok(Instance::new(Bars(RefCell::default())))
    }

    fn warm_up(&self, rows: Block) -> Result<(), Failure> {
        self.learn(&rows);
        Ok(())
    }

    fn on_row(&self, _: i64, _: u32, _: u32, _: Vec<f64>) -> Result<Vec<Output>, Failure> {
        Ok(vec![])
    }

    fn run(&self, rows: Block) -> Result<Vec<(u32, Output)>, Failure> {
        self.learn(&rows);
        Ok(vec![])
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        let bars = self.0.borrow();
        let mut bytes = Vec::new();
        for entry in catalogue() {
            let spec = ColumnSpec::parse(entry.example).map_err(|error| Failure::Internal(error.to_string()))?;
            bytes.extend(column(&spec, &bars, BAR_SECONDS).into_iter().flat_map(f64::to_le_bytes));
        }
        Ok(Some(bytes))
    }

    fn restore(_: String, _: Vec<String>, _: Vec<u8>) -> Result<Instance, Failure> {
        Err(Failure::BadInput("a ruler measures anew".into()))
    }
}
