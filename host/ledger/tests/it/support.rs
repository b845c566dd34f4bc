//! Things to write, and a ledger in a directory of its own.

use std::path::Path;
use std::time::Duration;

use sconce_domain::output::OutputId;
use sconce_domain::{
    Body, ColumnName, Digest, Direction, InputEvent, InstrumentId, InstrumentIndex, Layout, Nanos, Output, Payload,
    Provenance, Record, Row, Signal, StrategyLogLine, TakerSide, Trade, Trigger,
};
use sconce_ledger::{Commit, DataDir, FsyncPolicy, Ledger, LedgerOptions, Recovery};

/// Options for tests: no waiting for company, quick retries.
pub(crate) fn options() -> LedgerOptions {
    LedgerOptions {
        fsync: FsyncPolicy::Off,
        gather: Duration::ZERO,
        retry_min: Duration::from_millis(5),
        retry_max: Duration::from_millis(20),
        ..LedgerOptions::default()
    }
}

pub(crate) fn open_with(root: &Path, options: LedgerOptions) -> (Ledger, Recovery) {
    let dir = DataDir::open(root).expect("nobody else holds the directory");
    Ledger::open(&dir, options).expect("opens")
}

pub(crate) fn open(root: &Path) -> (Ledger, Recovery) {
    open_with(root, options())
}

pub(crate) fn trade(seq: u64) -> InputEvent {
    let trade = Trade { price: 100.0 + seq as f64, size: 0.5, side: TakerSide::Buy, id: seq };
    InputEvent {
        seq,
        ts_event: Nanos(seq.cast_signed()),
        ts_init: Nanos(seq.cast_signed() * 10),
        instrument: InstrumentIndex(0),
        payload: Payload::Trade(trade),
    }
}

pub(crate) fn layout() -> Layout {
    Layout { id: 1, columns: vec![ColumnName("close@1m".into()), ColumnName("bid".into())] }
}

pub(crate) fn row(seq: u64) -> Row {
    Row {
        seq,
        ts: Nanos(seq.cast_signed() * 10),
        instrument: InstrumentIndex((seq % 3) as u32),
        trigger: Trigger(1),
        layout: 1,
        values: vec![seq as f64, f64::NAN],
    }
}

pub(crate) fn output(as_of: i64, score: f64) -> Output {
    let deployment = "scalp-perp-15m".parse().expect("valid");
    let instrument: InstrumentId = "BTC-USDT@demo".parse().expect("valid");
    Output {
        id: OutputId::new(&deployment, 1, Some(&instrument), Nanos(as_of), 0),
        deployment,
        instrument: Some(instrument),
        as_of: Nanos(as_of),
        ordinal: 0,
        provenance: Provenance {
            plugin: Digest::of(b"plugin"),
            config: Digest::of(b"config"),
            models: vec![],
            in_sample: false,
            engine: Digest::of(b"engine"),
            generation: 1,
            input: Digest::of(&as_of.to_le_bytes()),
            trigger: Trigger(1),
        },
        body: Body::Signal(Signal {
            label: "Accumulation".into(),
            direction: Direction::Long,
            score,
            probability: None,
            horizon: None,
            levels: vec![],
            attributes: vec![],
            finding: false,
        }),
    }
}

pub(crate) fn said(as_of: i64, score: f64) -> Record {
    Record::Output(Box::new(output(as_of, score)))
}

pub(crate) fn log_line(note: &str) -> Record {
    Record::StrategyLog(StrategyLogLine {
        ts: Nanos(1),
        strategy: "scalp-perp-15m".parse().expect("valid"),
        event: "strategy_tick".into(),
        market: None,
        note: Some(note.to_owned()),
        score: Some(0.1 + 0.2),
        details: None,
    })
}

/// Events, rows and one output for each number of the range.
pub(crate) fn commit(worker: u32, seqs: std::ops::RangeInclusive<u64>) -> Commit {
    Commit {
        worker,
        inputs: seqs.clone().map(trade).collect(),
        rows: seqs.clone().map(row).collect(),
        layouts: vec![layout()],
        records: seqs.clone().map(|seq| said(i64::from(worker) * 1_000_000 + seq.cast_signed(), 1.0)).collect(),
        bars: vec![],
        recorded_at: Nanos(seqs.end().cast_signed()),
    }
}

pub(crate) fn inputs(ledger: &Ledger, worker: u32) -> Vec<InputEvent> {
    ledger.read_inputs(worker, 1).expect("readable").collect::<Result<_, _>>().expect("intact")
}

pub(crate) fn rows(ledger: &Ledger, worker: u32) -> Vec<Row> {
    ledger.read_rows(worker, 1, u64::MAX).expect("readable").collect::<Result<_, _>>().expect("intact")
}

/// Blocks on a question to the ledger; works on any thread.
pub(crate) fn ask<T>(question: impl Future<Output = T>) -> T {
    futures::executor::block_on(question)
}
