//! Ten thousand instances alive: resident memory of a process that holds them, ours and bare.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use sconce_domain::ports::Strategy as _;

use super::Setting;
use crate::bare::{Bare, Guards};
use crate::ours;
use crate::report::{Figure, Gate, short};
use crate::sample::median;

const COUNT: usize = 10_000;
const LIMIT_MB: f64 = 600.0;
const MB: f64 = 1e6;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let count = setting.pick(COUNT / 10, COUNT);
    let file = setting.plugin("zones");
    let rounds = setting.pick(1, 3);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(child("ours", count, &file)?);
        bare.push(child("bare", count, &file)?);
    }
    // A quick run holds a tenth and is scaled up; the engine itself is a small part of either.
    let scale = COUNT as f64 / count as f64 / MB;
    let (ours, bare) = (median(ours) * scale, median(bare) * scale);
    let gate = Gate::Holds(format!("<= 1.5x and < {LIMIT_MB} MB"), ours <= 1.5 * bare && ours < LIMIT_MB);
    let figure = Figure::published("10,000 instances of zones alive, each called once", format!("{} MB", short(ours)));
    let note = format!(
        "{} kB an instance, {} bare; the growth of resident memory from the first instance on",
        short(ours * MB / COUNT as f64 / 1e3),
        short(bare * MB / COUNT as f64 / 1e3)
    );
    Ok(vec![
        figure.beside("bare wasmtime, same settings", &format!("{} MB", short(bare)), ours / bare, gate).note(note),
    ])
}

fn child(who: &str, count: usize, file: &Path) -> anyhow::Result<f64> {
    let own = std::env::current_exe().context("the path of this program")?;
    let output = Command::new(own).arg("--hold").args([who, &count.to_string()]).arg(file).output()?;
    anyhow::ensure!(output.status.success(), "holding instances: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().context("the child answers a number of bytes")
}

/// In the child: bytes of resident memory that `count` instances take.
pub(crate) fn hold(who: &str, count: usize, file: &Path) -> anyhow::Result<u64> {
    let loaded = ours::load(file, "{}")?;
    let values = ours::rows(&loaded.columns, 0, 1).remove(0);
    match who {
        "ours" => {
            let before = resident()?;
            let mut held = Vec::with_capacity(count);
            for _ in 0..count {
                let mut instance = loaded.runtime.start_wasm(&loaded.start)?;
                instance.on_row(&ours::call(&values, 0))?;
                held.push(instance);
            }
            grown(before, &held)
        }
        "bare" => {
            let bare = Bare::new(&ours::read(file)?, Guards::ALL)?;
            let before = resident()?;
            let mut held = Vec::with_capacity(count);
            for _ in 0..count {
                let mut instance = bare.start("{}")?;
                instance.on_row(0, 1, &values)?;
                held.push(instance);
            }
            grown(before, &held)
        }
        _ => anyhow::bail!("`{who}` holds no instances"),
    }
}

/// What came on top while these were made.
fn grown<T>(before: u64, held: &[T]) -> anyhow::Result<u64> {
    let grown = resident()?.saturating_sub(before);
    anyhow::ensure!(!held.is_empty(), "nothing is held");
    Ok(grown)
}

/// Bytes of this process that are in memory.
fn resident() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status").context("resident memory is read from /proc")?;
    let line =
        text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS stands in /proc/self/status")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib << 10)
}
