//! All tests of the tree: plugins and host are built first, then every test runs, then what was skipped is said.
//! How a test says that it skips is in `docs/testing.md`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::report::Report;
use crate::tree::Tree;
use crate::{command, kit_tools, machine, onnxruntime, plugins};

/// Runs everything, or with `args` what they select. Fails when a test fails and when none ran.
pub(crate) fn all(tree: &Tree, args: &[String]) -> anyhow::Result<()> {
    machine::provide(tree);
    kit_tools::provide(tree);
    onnxruntime::provide(tree);
    plugins::build(tree, &[])?;
    // Host and tests in one build: built apart, they would share few of the libraries, whose features differ.
    command::run(&mut command::cargo(tree, &["build", "--workspace", "--lib", "--bins", "--tests"]))?;
    let mut report = Report::default();
    // Examples in documentation come first and leave the last word to the runner; a selection is about the other tests.
    let examples = !args.is_empty() || watch(doc_tests(tree), &mut report)?;
    let tests =
        if has_nextest(tree) { nextest(tree, args, &mut report)? } else { watch(libtest(tree, args), &mut report)? };
    conclude(&report, examples && tests)
}

fn doc_tests(tree: &Tree) -> Command {
    let mut cargo = prepared(tree, &["test", "--workspace", "--doc", "--no-fail-fast"]);
    cargo.stdout(Stdio::piped());
    cargo
}

fn has_nextest(tree: &Tree) -> bool {
    command::output(&mut command::cargo(tree, &["nextest", "--version"])).is_some()
}

/// nextest hides what passing tests print; its JUnit report keeps it (`.config/nextest.toml`).
fn nextest(tree: &Tree, args: &[String], report: &mut Report) -> anyhow::Result<bool> {
    // Below the checkout whatever the target directory is: nextest keeps its own store there.
    let junit = tree.root().join("target/nextest/default/junit.xml");
    if junit.exists() {
        fs::remove_file(&junit).with_context(|| format!("cannot remove the old {}", junit.display()))?;
    }
    let mut cargo = prepared(tree, &["nextest", "run", "--workspace", "--no-fail-fast"]);
    cargo.args(args).stderr(Stdio::piped());
    let passed = watch(cargo, report)?;
    if let Ok(xml) = fs::read_to_string(&junit) {
        report.junit(&xml);
    }
    Ok(passed)
}

/// The runner that comes with cargo, for machines without nextest.
fn libtest(tree: &Tree, args: &[String]) -> Command {
    println!("cargo-nextest is not installed: using cargo test");
    let mut cargo = prepared(tree, &["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    cargo.args(args);
    if !args.iter().any(|arg| arg == "--") {
        cargo.arg("--");
    }
    cargo.arg("--show-output").stdout(Stdio::piped());
    cargo
}

/// Tests are told where the built host and plugins stand.
fn prepared(tree: &Tree, args: &[&str]) -> Command {
    let mut cargo = command::cargo(tree, args);
    cargo.env("SCONCE_BIN", tree.host("debug")).env("SCONCE_PLUGINS", tree.plugins_out());
    cargo
}

/// Runs the command, echoes the stream that it pipes, and takes each of its lines into the report.
fn watch(mut command: Command, report: &mut Report) -> anyhow::Result<bool> {
    let line = command::announce(&command);
    let mut child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
    if let Some(stream) = child.stdout.take() {
        echo(stream, report);
    }
    if let Some(stream) = child.stderr.take() {
        echo(stream, report);
    }
    Ok(child.wait().with_context(|| format!("lost `{line}`"))?.success())
}

fn echo(stream: impl Read, report: &mut Report) {
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    // A test may print anything: lines are bytes here.
    while stream.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&bytes);
        println!("{}", text.trim_end_matches('\n'));
        report.line(&text);
        bytes.clear();
    }
}

fn conclude(report: &Report, passed: bool) -> anyhow::Result<()> {
    println!();
    for skip in &report.skips {
        println!("{skip}");
    }
    println!("skipped: {}", report.skips.len());
    println!("{}", report.closing.clone().unwrap_or_else(|| format!("test result: {} tests ran", report.ran)));
    if report.ran == 0 {
        bail!("no test ran: the selection matches nothing");
    }
    if !passed {
        bail!("tests failed");
    }
    Ok(())
}
