//! A plugin that misbehaves in the way that its configuration names: `{"mode":"spin"}`.
//!
//! It is written against the bare interface, so that it can do what the SDK would not let it. It also exports a
//! function that no host knows. What `describe` does is chosen by a marker that tests overwrite in the artefact.

mod allocator;
mod on_row;
mod run;
mod said;

use std::cell::{Cell, RefCell};

use exports::sconce::strategy::guest::{
    Description, Guest as StrategyGuest, GuestInstance, Instance, Memory, NeedsList, OutputKind, Scope,
};
use sconce::strategy::types::{Block, Failure, Output};

wit_bindgen::generate!({
    inline: "
        package sconce:misfit;
        world misfit {
            include sconce:strategy/plugin@0.1.0;
            export unasked: func() -> u32;
        }
    ",
    path: "../../../wit/0.1.0",
    world: "sconce:misfit/misfit",
    generate_all,
});

/// Overwritten by tests, in place and with the same length.
static DESCRIBE_MODE: [u8; 32] = *b"describe-mode:plain.............";

fn describe_mode() -> String {
    // Read as if it could change, so that the compiler does not decide for the tests.
    let marker = std::hint::black_box(&DESCRIBE_MODE);
    let text = String::from_utf8_lossy(marker).into_owned();
    text.trim_start_matches("describe-mode:").trim_end_matches('.').to_owned()
}

struct Misfit;

export!(Misfit);

const SCHEMA: &str = r#"{"type":"object","properties":{"mode":{"type":"string"},"n":{"type":"integer","minimum":0}},"required":["mode"]}"#;

/// Here only to be ignored.
impl crate::Guest for Misfit {
    fn unasked() -> u32 {
        42
    }
}

impl StrategyGuest for Misfit {
    type Instance = Live;

    fn describe() -> Description {
        let mode = describe_mode();
        let mut description = Description {
            id: "misfit".into(),
            name: "Misfit".into(),
            version: "0.1.0".into(),
            description: "Misbehaves on request.".into(),
            outputs: vec![OutputKind::Signal, OutputKind::Forecast],
            score_scale: "ratio".into(),
            config_schema: SCHEMA.into(),
            scope: Scope::Instrument,
            memory: Memory::Unbounded,
        };
        match mode.as_str() {
            "spin" => on_row::spin(),
            "panic" => panic!("describe fails on purpose"),
            "hoard" => on_row::hoard_all(),
            "bad-id" => description.id = "../etc".into(),
            "bad-version" => description.version = "one".into(),
            "no-json" => description.config_schema = "{".into(),
            "no-schema" => description.config_schema = r#"{"type":"nonsense"}"#.into(),
            "far-schema" => description.config_schema = r#"{"$ref":"https://example.org/x"}"#.into(),
            "no-outputs" => description.outputs.clear(),
            "long-name" => description.name = "n".repeat(1_000_000),
            "universe" => description.scope = Scope::Universe,
            _ => {}
        }
        description
    }

    fn needs(config: String) -> Result<NeedsList, Failure> {
        let mut needs = NeedsList {
            columns: vec!["close".into(), "volume".into()],
            look_back: 10,
            every_seconds: None,
            abilities: vec![],
        };
        match mode_of(&config).as_str() {
            "needs-spin" => on_row::spin(),
            "needs-panic" => panic!("needs fails on purpose"),
            "needs-many" => needs.columns = (0..600).map(|n| format!("c{n}")).collect(),
            "needs-name" => needs.columns = vec!["no such thing".into()],
            "needs-ability" => needs.abilities = vec!["network".into()],
            "needs-history" => needs.abilities = vec!["history".into()],
            "needs-refuse" => return Err(Failure::BadConfig("mode: refused on purpose".into())),
            _ => {}
        }
        Ok(needs)
    }
}

impl GuestInstance for Live {
    fn create(config: String, instruments: Vec<String>) -> Result<Instance, Failure> {
        match mode_of(&config).as_str() {
            "create-spin" => on_row::spin(),
            "create-panic" => panic!("create fails on purpose"),
            "create-hoard" => on_row::hoard_all(),
            "create-refuse" => return Err(Failure::BadConfig("mode: refused on purpose".into())),
            _ => {}
        }
        Ok(Instance::new(Live::new(&config, instruments)))
    }

    fn warm_up(&self, rows: Block) -> Result<(), Failure> {
        match self.mode.as_str() {
            "warm-up-spin" => on_row::spin(),
            "warm-up-panic" => panic!("warm-up fails on purpose"),
            _ => {}
        }
        for row in run::rows(&rows) {
            if self.mode == "poison" {
                on_row::refuse_poison(self, &row);
            }
            self.learn(&row.values);
        }
        Ok(())
    }

    fn on_row(&self, ts: i64, instrument: u32, trigger: u32, row: Vec<f64>) -> Result<Vec<Output>, Failure> {
        on_row::on_row(self, &run::Row { ts, instrument, trigger, values: row })
    }

    fn run(&self, rows: Block) -> Result<Vec<(u32, Output)>, Failure> {
        run::run(self, &rows)
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, Failure> {
        match self.mode.as_str() {
            "snapshot-none" => Ok(None),
            "snapshot-big" => Ok(Some(vec![7; 5 << 20])),
            "snapshot-huge" => Ok(Some(vec![7; 20 << 20])),
            "snapshot-spin" => on_row::spin(),
            "snapshot-panic" => panic!("snapshot fails on purpose"),
            "snapshot-fail" => Err(Failure::Internal("cannot".into())),
            _ => {
                let mut bytes = self.count.get().to_le_bytes().to_vec();
                bytes.extend(self.total.get().to_le_bytes());
                Ok(Some(bytes))
            }
        }
    }

    fn restore(config: String, instruments: Vec<String>, state: Vec<u8>) -> Result<Instance, Failure> {
        let live = Live::new(&config, instruments);
        match live.mode.as_str() {
            "restore-spin" => on_row::spin(),
            "restore-panic" => panic!("restore fails on purpose"),
            _ => {}
        }
        if live.mode != "snapshot-lies" {
            let bad = || Failure::BadInput("snapshot of another length".into());
            let (count, total) = state.split_first_chunk::<4>().ok_or_else(bad)?;
            live.count.set(u32::from_le_bytes(*count));
            live.total.set(f64::from_le_bytes(total.try_into().map_err(|_| bad())?));
        }
        Ok(Instance::new(live))
    }
}

/// One running misfit.
struct Live {
    mode: String,
    n: u32,
    instruments: Vec<String>,
    count: Cell<u32>,
    total: Cell<f64>,
    hoard: RefCell<Vec<Vec<u8>>>,
}

impl Live {
    fn new(config: &str, instruments: Vec<String>) -> Self {
        Live {
            mode: mode_of(config),
            n: number_of(config),
            instruments,
            count: Cell::new(0),
            total: Cell::new(0.0),
            hoard: RefCell::default(),
        }
    }

    /// What an honest plugin remembers: how many rows, and the sum of what was there.
    fn learn(&self, values: &[f64]) {
        self.count.set(self.count.get() + 1);
        let sum: f64 = values.iter().filter(|value| !value.is_nan()).sum();
        self.total.set(self.total.get() + sum);
    }
}

fn mode_of(config: &str) -> String {
    let rest = config.split_once(r#""mode":""#).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn number_of(config: &str) -> u32 {
    let rest = config.split_once(r#""n":"#).map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}
