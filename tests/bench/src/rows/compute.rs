//! A guest that computes: a study of many bars inside one call, beside the same code built natively in the same profile.

use std::hint::black_box;
use std::process::Command;

use sconce_domain::Trigger;
use sconce_domain::ports::{RowCall, Strategy as _};

use super::Setting;
use crate::ours;
use crate::peer::Peer;
use crate::report::{Figure, Gate, span};
use crate::sample::{often, turns};

const BARS: u64 = 5_000;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let loaded = ours::load(&setting.guest, r#"{"mode":"batch"}"#)?;
    let mut instance = loaded.runtime.start_wasm(&loaded.start)?;
    instance.warm_up(&ours::block(&loaded.columns, 0, BARS))?;
    let values = vec![f64::NAN; loaded.columns.len()];
    let rounds = setting.pick(10, 40);
    let call = RowCall { trigger: Trigger::ON_DEMAND, ..ours::call(&values, BARS) };
    let mut guest = || {
        let nanos = often(rounds, || {
            black_box(instance.on_row(&call)?);
            Ok(())
        })?;
        Ok(nanos / BARS as f64)
    };
    let mut twin = Peer::start(&mut Command::new(&setting.native))?;
    let mut native = || twin.ask(&format!("batch {BARS} {rounds}"));
    let [guest, native] = turns(setting.pick(7, 21), [&mut guest, &mut native])?;
    let what = "compute-bound guest, SMA 20 and 50, RSI, ATR of 5,000 bars in one call";
    let figure = Figure::published(what, format!("{} a bar", span(guest)));
    let native_figure = format!("{} a bar", span(native));
    Ok(vec![figure.beside("native, same crate and profile", &native_figure, guest / native, Gate::AtMost(3.2))])
}
