//! Builds the guests that the tests load, once for a test run, and cuts them to shape.
//!
//! They go into a folder of their own inside the target directory, so that a build here waits for no other build.
//! Without the target `wasm32-wasip2` there are no guests, and each test says that it is skipped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "wasm32-wasip2";

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory holds its tmp").join("guests")
}

fn has_target() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let asked =
            Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(tree()).output();
        asked.is_ok_and(|said| Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir())
    })
}

/// Builds `package` of the workspace in `folder`; the component's bytes.
fn build(folder: &Path, package: &str) -> Option<Vec<u8>> {
    if !has_target() {
        return None;
    }
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--profile", "plugin", "--target", TARGET, "--package", package, "--target-dir"])
        .arg(target_dir())
        .current_dir(folder)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "building {package} failed");
    let file = target_dir().join(TARGET).join("plugin").join(format!("{}.wasm", package.replace('-', "_")));
    Some(std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

macro_rules! guests {
    ($($(#[$doc:meta])* $name:ident: $folder:literal, $package:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name() -> Option<&'static [u8]> {
            static BYTES: OnceLock<Option<Vec<u8>>> = OnceLock::new();
            BYTES.get_or_init(|| build(&tree().join($folder), $package)).as_deref()
        }
    )*};
}

guests! {
    /// Misbehaves as its configuration says.
    misfit: "tests/guests", "misfit";
    /// Computes every catalogued column.
    ruler: "tests/guests", "ruler";
    /// Of the time when interface 0.1.0 was released; uses log and history.
    frozen: "tests/frozen/v0_1_0", "frozen";
    /// For interface 0.1.1, without and with what it adds.
    next_plain: "tests/frozen/next", "next-plain";
    next_eager: "tests/frozen/next", "next-eager";
    /// The shipped plugins.
    zones: ".", "sconce-plugin-zones";
    trend_score: ".", "sconce-plugin-trend-score";
    rvol_spike: ".", "sconce-plugin-rvol-spike";
    breadth: ".", "sconce-plugin-breadth";
    cvd_divergence: ".", "sconce-plugin-cvd-divergence";
    macro_watcher: ".", "sconce-plugin-macro-watcher";
    posture_guard: ".", "sconce-plugin-posture-guard";
    forecast_consensus: ".", "sconce-plugin-forecast-consensus";
    ml_forecast: ".", "sconce-plugin-ml-forecast";
}

/// The guest's bytes, or a visible skip of the calling test.
macro_rules! guest_or_skip {
    ($guest:expr) => {
        guest_or_skip!($guest, ())
    };
    ($guest:expr, $skip:expr) => {
        match $guest {
            Some(bytes) => bytes,
            None => {
                println!("SKIP {}: the target wasm32-wasip2 is not installed", module_path!());
                return $skip;
            }
        }
    };
}
pub(crate) use guest_or_skip;

/// `bytes` with every `from` overwritten by `to`, which is as long.
pub(crate) fn patched(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "a patch keeps the length");
    let mut out = bytes.to_vec();
    let places: Vec<usize> =
        (0..=bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "`{from}` is not in the artefact");
    for at in places {
        out[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    out
}

/// The misfit whose `describe` is of another mode.
pub(crate) fn describing(bytes: &[u8], mode: &str) -> Vec<u8> {
    patched(bytes, "describe-mode:plain.............", &format!("{:.<32}", format!("describe-mode:{mode}")))
}
