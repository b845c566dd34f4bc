//! Every rule over source text is broken once here, so that none can pass for want of teeth.

use crate::rules::{self, Rule};
use crate::source::{Source, lex_all};
use crate::tree::{File, Tree};

const PLAIN: &str = "host/market/src/x.rs";

#[track_caller]
fn check(rule: &Rule, path: &str, text: &str, lines: &[usize]) {
    let source = Source::lex(&File { path: path.to_owned(), text: text.to_owned() }).expect("the sample lexes");
    let found = (rule.check)(&source);
    assert_eq!(
        found.iter().map(|violation| violation.line).collect::<Vec<_>>(),
        lines,
        "{} on {path}: {text}",
        rule.name
    );
}

#[test]
fn clock() {
    let rule = &rules::CLOCK;
    check(rule, PLAIN, "fn a() {\n  let t = std::time::SystemTime::now();\n}", &[2]);
    check(rule, PLAIN, "fn a() { assert!(Instant::now() > x) }", &[1]);
    check(rule, PLAIN, "fn a() {}\nfn b() { Utc::now(); Local::now(); }", &[2]);
    check(rule, PLAIN, "/// Not `Instant::now`.\nfn a() {} // Instant::now()", &[]);
    check(rule, PLAIN, "const A: &str = \"Instant::now\";", &[]);
    check(rule, PLAIN, "#[cfg(test)]\nmod tests { fn a() { Instant::now(); } }", &[]);
    check(rule, PLAIN, "#[cfg(not(test))]\nfn a() { Instant::now(); }", &[2]);
    check(rule, PLAIN, "#[cfg(test)]\nmod tests;\nfn a() { Instant::now(); }", &[3]);
    check(rule, PLAIN, "#[test]\nfn a() { Instant::now(); }\nfn b() { Instant::now(); }", &[3]);
    check(rule, "host/engine/tests/x.rs", "fn a() { Instant::now(); }", &[]);
    check(rule, "host/engine/src/x/tests.rs", "fn a() { Instant::now(); }", &[]);
}

#[test]
fn a_module_for_tests_may_lie_in_a_file() {
    let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
    let files = vec![
        file("a/src/lib.rs", "#[cfg(test)]\nmod double;\nmod real;"),
        file("a/src/double.rs", "fn a() { Instant::now(); }"),
        file("a/src/double/inner.rs", "fn a() { Instant::now(); }"),
        file("a/src/real.rs", "#[cfg(test)]\nmod x;\nfn a() { Instant::now(); }"),
        file("a/src/real/x.rs", "fn a() { Instant::now(); }"),
    ];
    let sources = lex_all(&Tree { files, paths: Vec::new() });
    let found = sources.into_iter().flatten().flat_map(|source| (rules::CLOCK.check)(&source));
    assert_eq!(found.map(|violation| violation.path).collect::<Vec<_>>(), ["a/src/real.rs"]);
}

#[test]
fn environment() {
    let rule = &rules::ENVIRONMENT;
    check(rule, PLAIN, "fn a() { std::env::var(\"X\"); }", &[1]);
    check(rule, PLAIN, "use std::env;\nfn a() { env::var_os(\"X\"); env::vars(); }", &[2]);
    check(rule, PLAIN, "const A: &str = env!(\"CARGO_MANIFEST_DIR\");", &[]);
    check(rule, PLAIN, "#[cfg(test)]\nmod tests { fn a() { std::env::var(\"X\"); } }", &[]);
}

#[test]
fn sql() {
    let rule = &rules::SQL;
    check(rule, PLAIN, "fn a() { q(\"SELECT a FROM b\"); }", &[1]);
    check(rule, PLAIN, "fn a() {\n q(r#\"\n  insert into t values (1)\"#); }", &[2]);
    check(rule, PLAIN, "fn a() { format!(\"UPDATE {t} SET x = 1\"); q(\"PRAGMA wal\") }", &[1]);
    check(rule, PLAIN, "fn a() { q(\"CREATE TABLE t (a)\"); }", &[1]);
    check(
        rule,
        PLAIN,
        "/// SELECT a FROM b\nfn a() { say(\"select a plugin\"); say(\"update the clock\"); say(\"create a host\") }",
        &[],
    );
    check(rule, "host/store/src/x.rs", "fn a() { q(\"SELECT a FROM b\"); }", &[]);
}

#[test]
fn floats() {
    let rule = &rules::FLOATS;
    check(rule, PLAIN, "fn a(x: f64) -> f64 { x.sin() }", &[1]);
    check(rule, PLAIN, "fn a(x: f64) {\n assert!(x.powi(2) > 0.0);\n f64::ln(x);\n}", &[2, 3]);
    check(rule, PLAIN, "fn a(x: f64) -> f64 { libm::sin(x) + x.sqrt() + x.abs() + x.floor() }", &[]);
    check(rule, "plugins/zones/src/lib.rs", "fn a(x: f64) -> f64 { x.tanh() }", &[1]);
    check(rule, "host/api/src/x.rs", "fn a(x: f64) -> f64 { x.tanh() }", &[]);
}

#[test]
fn opening() {
    check(&rules::OPENING, PLAIN, "//! Owns a.\nfn a() {}", &[]);
    check(&rules::OPENING, PLAIN, "fn a() {}", &[1]);
    check(&rules::OPENING, PLAIN, "// a\n//! b", &[1]);
}

#[test]
fn lengths() {
    check(&rules::FILE_LENGTH, PLAIN, &"\n".repeat(600), &[]);
    check(&rules::FILE_LENGTH, PLAIN, &"\n".repeat(601), &[601]);
    let function =
        |lines: usize| format!("fn short() {{}}\nfn a(f: fn(u8) -> u8)\nwhere\n{{{}}}", "\n".repeat(lines - 3));
    check(&rules::FUNCTION_LENGTH, PLAIN, &function(60), &[]);
    check(&rules::FUNCTION_LENGTH, PLAIN, &function(61), &[2]);
    check(&rules::FUNCTION_LENGTH, PLAIN, &format!("trait T {{ fn a(); }}\nimpl X {{ {} }}", function(61)), &[3]);
}

#[test]
fn leftovers() {
    let rule = &rules::LEFTOVERS;
    check(rule, PLAIN, "fn a() { todo!() }\nfn b() { dbg!(1); }", &[1, 2]);
    check(rule, PLAIN, "#[test]\n#[ignore]\nfn a() {}", &[2]);
    check(rule, PLAIN, "#[allow(dead_code)]\nfn a() {}", &[1]);
    check(rule, PLAIN, "#[expect(dead_code, reason = \"x\")]\nfn a() {}", &[]);
    check(rule, PLAIN, "fn a() {} // TO\u{44}O: b", &[1]);
}

#[test]
fn sleeps() {
    let rule = &rules::SLEEPS;
    check(rule, "host/engine/tests/x.rs", "fn a() { std::thread::sleep(d); }", &[1]);
    check(rule, PLAIN, "#[cfg(test)]\nmod tests { async fn a() { tokio::time::sleep(d).await; } }", &[2]);
    check(rule, PLAIN, "async fn a() { tokio::time::sleep(d).await; }", &[]);
    let paused =
        "#[tokio::test(start_paused = true)]\nasync fn a() { tokio::time::sleep(d).await;\n std::thread::sleep(d); }";
    check(rule, "host/x/tests/x.rs", paused, &[3]);
}

#[test]
fn words() {
    let lines = |text: &str| {
        let file = File { path: "docs/x.md".to_owned(), text: text.to_owned() };
        rules::words(&file).iter().map(|violation| violation.line).collect::<Vec<_>>()
    };
    assert_eq!(lines("a\nSee\u{64} 003 says\nsee\u{64}-rows\n/wor\u{6b}/main"), [2, 3, 4]);
    assert_eq!(lines("the random seed is 7\nfoo/wor\u{6b}/bar"), [0_usize; 0]);
}

#[test]
fn sql_files() {
    let tree = Tree { paths: vec!["host/x.sql".to_owned(), "migrations/a.sql".to_owned()], ..Tree::default() };
    assert_eq!(rules::sql_files(&tree).iter().map(|v| v.path.as_str()).collect::<Vec<_>>(), ["host/x.sql"]);
}

#[test]
fn a_file_that_does_not_lex_is_a_breach() {
    assert!(Source::lex(&File { path: PLAIN.to_owned(), text: "fn a() {".to_owned() }).is_err());
}
