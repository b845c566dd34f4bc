//! Upload to ready: checks, compile, description and a started instance, beside a bare compile of the same bytes.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use sconce_domain::ports::Plugins as _;

use super::Setting;
use crate::bare::{self, Guards};
use crate::ours;
use crate::report::{Figure, Gate, span};
use crate::sample::{turns, wall};

/// What may come on top, in nanoseconds.
const EXTRA: f64 = 300e6;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let mut files = vec![("zones", setting.plugin("zones")), ("measured guest", setting.guest.clone())];
    for (lang, tools) in [("python", ".venv"), ("js", "node_modules")] {
        let tools = setting.kit_tools.join(tools);
        if tools.is_dir() {
            files.push((lang, example(setting, lang, &tools.canonicalize()?, home.path())?));
        }
    }
    files.iter().map(|(name, file)| one(setting, name, file)).collect()
}

/// The example strategy in a language, built as its author would build it.
fn example(setting: &Setting, lang: &str, tools: &Path, home: &Path) -> anyhow::Result<PathBuf> {
    let folder = home.join(lang);
    let sconce = |args: &[&str]| {
        let output = Command::new(&setting.host).args(args).arg(&folder).output().context("starting the host")?;
        anyhow::ensure!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        anyhow::Ok(())
    };
    sconce(&["new", "example", "--lang", lang, "--dir"])?;
    std::os::unix::fs::symlink(tools, folder.join(tools.file_name().context("a folder")?))?;
    sconce(&["build", "--offline"])?;
    Ok(folder.join("build/example.wasm"))
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
