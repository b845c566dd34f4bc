//! The guest, built once for a test run into the folder that the runtime's tests build theirs into.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use sconce_kit::Artefact;
use sconce_runtime::RuntimeOptions;

const TARGET: &str = "wasm32-wasip2";

fn build(profile: &str) -> Option<Artefact> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target directory holds its tmp").join("guests");
    let asked =
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(&guests).output();
    if !asked.is_ok_and(|said| Path::new(String::from_utf8_lossy(&said.stdout).trim()).is_dir()) {
        return None;
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--profile", profile, "--target", TARGET, "--package", "misfit", "--target-dir"]);
    let status = cargo.arg(&target).current_dir(&guests).status().expect("cargo runs");
    assert!(status.success(), "building the guest failed");
    // Fuel must stop what these tests run, however busy the machine is.
    let options = RuntimeOptions { deadline: Duration::from_secs(120), ..RuntimeOptions::default() };
    let file = target.join(TARGET).join(profile).join("misfit.wasm");
    Some(Artefact::open_with(&file, options).expect("a host takes it"))
}

/// The guest, or a visible skip of the calling test.
pub(crate) fn misfit(test: &str) -> Option<&'static Artefact> {
    static MISFIT: OnceLock<Option<Artefact>> = OnceLock::new();
    or_skip(MISFIT.get_or_init(|| build("plugin")).as_ref(), test)
}

/// The same with its lines.
pub(crate) fn misfit_with_lines(test: &str) -> Option<&'static Artefact> {
    static MISFIT: OnceLock<Option<Artefact>> = OnceLock::new();
    or_skip(MISFIT.get_or_init(|| build("lines")).as_ref(), test)
}

#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
fn or_skip(misfit: Option<&'static Artefact>, test: &str) -> Option<&'static Artefact> {
    if misfit.is_none() {
        println!("SKIP {test}: the target {TARGET} is not installed");
    }
    misfit
}
