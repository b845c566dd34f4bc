//! The rules of the tree, each a test that names file, line and rule. A rule is data where it can be; the exceptions stand
//! in `allow.rs` with their reasons. What clippy and rustfmt can see is not repeated here.

mod allow;
mod documented;
mod edges;
mod licences;
mod manifests;
mod rules;
mod samples;
mod source;
mod tree;
mod violation;

use std::sync::LazyLock;

use rules::Rule;
use source::Source;
use tree::Tree;
use violation::Violation;

/// Every Rust file, lexed once for all tests of a process.
static SOURCES: LazyLock<Vec<Result<Source, Violation>>> = LazyLock::new(|| source::lex_all(&Tree::read()));

/// Runs one rule over every Rust file and takes out what is allowed.
#[track_caller]
fn hold(rule: &Rule) {
    let check = |source: &Result<Source, Violation>| match source {
        Ok(source) => (rule.check)(source),
        Err(broken) => vec![broken.clone()],
    };
    Violation::none(&allow::settle(rule.name, SOURCES.iter().flat_map(check).collect()));
}

#[test]
fn the_clock_is_read_in_one_place() {
    hold(&rules::CLOCK);
}

#[test]
fn the_environment_is_read_in_one_place() {
    hold(&rules::ENVIRONMENT);
}

#[test]
fn sql_stands_in_two_crates() {
    hold(&rules::SQL);
}

#[test]
fn mathematics_is_the_same_on_every_machine() {
    hold(&rules::FLOATS);
}

#[test]
fn every_file_opens_with_what_it_owns() {
    hold(&rules::OPENING);
}

#[test]
fn files_are_short() {
    hold(&rules::FILE_LENGTH);
}

#[test]
fn functions_are_short() {
    hold(&rules::FUNCTION_LENGTH);
}

#[test]
fn nothing_is_left_behind() {
    hold(&rules::LEFTOVERS);
}

#[test]
fn tests_wait_for_conditions() {
    hold(&rules::SLEEPS);
}

#[test]
fn words_that_do_not_belong_here() {
    let tree = Tree::read();
    Violation::none(&allow::settle("words", tree.text().flat_map(rules::words).collect()));
}

#[test]
fn sql_files_stand_with_their_crates() {
    Violation::none(&rules::sql_files(&Tree::read()));
}

#[test]
fn crates_know_only_what_they_may() {
    Violation::none(&edges::check(&edges::TABLE, &edges::Graph::of_the_workspace()));
}

#[test]
fn every_package_inherits_the_lints() {
    Violation::none(&allow::settle("lints", manifests::lints(&Tree::read())));
}

#[test]
fn no_shared_data_is_copied() {
    match tree::shared() {
        Some(shared) => Violation::none(&manifests::copies(&Tree::read(), &shared)),
        None => tree::skip("tidy::no_shared_data_is_copied"),
    }
}

#[test]
fn every_setting_is_documented() {
    Violation::none(&documented::settings(&Tree::read()));
}

#[test]
fn every_metric_is_documented() {
    Violation::none(&documented::metrics(&Tree::read(), SOURCES.iter().flatten()));
}

#[test]
fn every_licence_is_allowed() {
    Violation::none(&licences::check());
}
