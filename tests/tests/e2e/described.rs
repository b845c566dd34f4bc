//! The API as it describes itself, asked for everything that the description allows and for much that it forbids, by
//! schemathesis: no answer is a 5xx, no status, media type, header or body is missing from `/openapi.json`.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Server, target};

/// What every answer is held against.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,unsupported_method,\
    allow_header_conformance";

/// Where `cargo xtask test` installs it.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
fn schemathesis(test: &str) -> Option<PathBuf> {
    let program = target().join("test-venv/bin/schemathesis");
    if !program.is_file() {
        println!("SKIP {test}: no schemathesis in {}; `cargo xtask test` installs it", program.display());
        return None;
    }
    Some(program)
}

#[test]
fn no_answer_is_a_server_error_or_missing_from_the_description() {
    let Some(program) = schemathesis("described::no_answer_is_a_server_error_or_missing_from_the_description") else {
        return;
    };
    let server = Server::demo();
    server.get_until("/v1/signals", |body| body["signals"].as_object().is_some_and(|signals| !signals.is_empty()));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(program);
    command.current_dir(folder.path()).args(["run", &server.url("/openapi.json"), "--no-color"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--max-examples", "25"]);
    // Chosen once: a failure can be repeated.
    command.args(["--seed", "1", "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"]);
    let output = command.output().expect("schemathesis starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", server.logs());
    assert!(said.contains("Tested:"), "nothing was asked:\n{said}");
    // Deployments may have been changed, as was asked; the host is sound.
    server.get("/ready").expect(200);
}
