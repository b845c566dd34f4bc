//! Chunked replay: columns into `run`, what is said out, beside the native loop over the same columns.

use std::hint::black_box;
use std::process::Command;

use sconce_domain::ports::Strategy as _;

use super::Setting;
use crate::ours;
use crate::peer::Peer;
use crate::report::{Figure, Gate, rate, span};
use crate::sample::{often, turns};

/// Rows of a chunk.
const ROWS: u64 = 4_096;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let loaded = ours::load(&setting.guest, r#"{"mode":"cross"}"#)?;
    let mut instance = loaded.runtime.start_wasm(&loaded.start)?;
    let block = ours::block(&loaded.columns, 0, ROWS);
    let rounds = setting.pick(20, 50);
    let mut guest = || {
        let nanos = often(rounds, || {
            black_box(instance.run(&block)?);
            Ok(())
        })?;
        Ok(nanos / ROWS as f64)
    };
    let mut twin = Peer::start(&mut Command::new(&setting.native))?;
    let mut native = || twin.ask(&format!("rows {ROWS} {rounds}"));
    let [guest, native] = turns(setting.pick(7, 21), [&mut guest, &mut native])?;
    let figure = Figure::published("chunked replay, 4,096 rows a chunk", rate(1e9 / guest, "rows"));
    let figure = figure.beside("native loop", &rate(1e9 / native, "rows"), guest / native, Gate::AtMost(4.0));
    let note =
        format!("{} a row in the guest, {} natively; encoding the chunk is in the figure", span(guest), span(native));
    Ok(vec![figure.note(note)])
}
