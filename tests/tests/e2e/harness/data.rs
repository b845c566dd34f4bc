//! Market data for tests: the folder beside the checkout, or a file made here by a rule.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What components are built for.
const COMPONENT_TARGET: &str = "wasm32-wasip2";

/// The folder `shared` beside the checkout, or where `SCONCE_SHARED` says; nothing where it is absent.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
pub(crate) fn shared(test: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("SCONCE_SHARED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIP {test}: ../shared is absent");
    None
}

/// A wave from -1 to 1 and back in `period` steps.
fn triangle(number: u32, period: u32) -> f64 {
    (f64::from(number % period) / f64::from(period) - 0.5).abs() * 4.0 - 1.0
}

/// A file of `count` trades three seconds apart, with waves, bursts and both sides; the same for the same count.
pub(crate) fn generated_trades(folder: &Path, count: u32) -> PathBuf {
    let mut text = String::from("timestamp,id,type,side,price,amount,cost\n");
    for number in 0..count {
        let wave = 4.0 * triangle(number, 4_400) + triangle(number, 570);
        let price = 100.0 + wave + f64::from(number * 7 % 11) / 100.0;
        let amount = if number % 500 < 20 { 40.0 } else { 1.0 + f64::from(number % 5) };
        let side = if number % 3 == 0 { "sell" } else { "buy" };
        let at = 1_700_000_000_000_u64 + u64::from(number) * 3_000;
        writeln!(text, "{at},{number},,{side},{price:.4},{amount},{:.4}", price * amount).expect("a String takes text");
    }
    let path = folder.join("trades.csv");
    std::fs::write(&path, text).expect("the folder is writable");
    path
}

/// A bundled plugin under another digest: the same component, with a custom section that says `note`.
pub(crate) fn another(plugin: &str, note: &str) -> Vec<u8> {
    let file = super::Setup::bundled_plugins().join(format!("{plugin}.wasm"));
    let mut bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let name = b"note";
    let length = u8::try_from(1 + name.len() + note.len()).ok().filter(|length| *length < 128).expect("a short note");
    bytes.extend([0, length, u8::try_from(name.len()).expect("short")]);
    bytes.extend(name);
    bytes.extend(note.as_bytes());
    bytes
}

/// The plugin that misbehaves as its configuration says; nothing, and a visible skip, without the target for components.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
pub(crate) fn misfit() -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests");
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", COMPONENT_TARGET]).output();
    if !asked.is_ok_and(|said| Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir()) {
        println!("SKIP: the target {COMPONENT_TARGET} is not installed");
        return None;
    }
    let built = super::target().join("guests");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).args(["build", "--quiet", "--profile", "plugin", "--package", "misfit"]);
    let status = cargo.args(["--target", COMPONENT_TARGET, "--target-dir"]).arg(&built).status().expect("cargo runs");
    assert!(status.success(), "building the misfit failed");
    Some(std::fs::read(built.join(COMPONENT_TARGET).join("plugin/misfit.wasm")).expect("it was built"))
}
