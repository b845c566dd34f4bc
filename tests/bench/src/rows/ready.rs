//! Upload to ready: checks, compile, description and a started instance, beside a bare compile of the same bytes.

use std::hint::black_box;
use std::path::Path;

use sconce_domain::ports::Plugins as _;

use super::Setting;
use crate::bare::{self, Guards};
use crate::ours;
use crate::report::{Figure, Gate, span};
use crate::sample::{turns, wall};

/// What may come on top, in nanoseconds.
const EXTRA: f64 = 300e6;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let files = [("zones", setting.plugin("zones")), ("measured guest", setting.guest.clone())];
    files.iter().map(|(name, file)| one(setting, name, file)).collect()
}

fn one(setting: &Setting, name: &str, file: &Path) -> anyhow::Result<Figure> {
    let bytes = ours::read(file)?;
    let mut ours = || {
        let runtime = ours::runtime()?;
        wall(|| {
            let digest = runtime.add(&bytes)?.digest;
            let width = runtime.needs(digest, "{}")?.columns.len();
            black_box(runtime.start(ours::recipe(digest, "{}", width)?)?);
            Ok(())
        })
    };
    let engine = bare::engine(Guards::ALL)?;
    let mut compile = || {
        wall(|| {
            black_box(bare::compile(&engine, &bytes)?);
            Ok(())
        })
    };
    let [ours, bare] = turns(setting.pick(3, 7), [&mut ours, &mut compile])?;
    let holds = ours <= 1.5 * bare + EXTRA;
    let gate = Gate::Holds("<= 1.5x + 0.3 s".to_owned(), holds);
    let figure = Figure::published(&format!("upload to ready, {name}, {} kB", bytes.len() / 1_000), span(ours));
    Ok(figure.beside("bare compile of the same bytes", &span(bare), ours / bare, gate))
}
