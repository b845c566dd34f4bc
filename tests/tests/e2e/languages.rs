//! Strategies in Python, JavaScript and TypeScript: the way of their authors and the life of what they bring, each step on
//! the built binary; and the example strategy, which says the same in every language.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, Setup, generated_trades, run, target, text};
use crate::kit::told;

/// One language, as its authors meet it.
struct Script {
    lang: &'static str,
    /// As `inspect` calls it.
    language: &'static str,
    /// The folder of the project's tools.
    tools: &'static str,
    source: &'static str,
    /// What tests a project without a host.
    tests: &'static [&'static str],
    /// A strategy that says everything, and goes wrong as its configuration says.
    everything: &'static str,
    /// Its modes, and what is said of each: an exception has its class, its words and its place, `{line}` in the source.
    modes: &'static [(&'static str, &'static str)],
}

const PYTHON: Script = Script {
    lang: "python",
    language: "python",
    tools: ".venv",
    source: "src/strategy.py",
    tests: &["python3", "-m", "unittest", "--quiet"],
    everything: include_str!("scripts/everything.py"),
    modes: &[
        ("raise", "internal error: KeyError: 'gone' (strategy.py:{line} in on_row)"),
        ("exit", "internal error: SystemExit: 3 (strategy.py:"),
        (
            "unknown",
            "internal error: LookupError: the column `open` is not among the needs: close, sma_3 (strategy.py:",
        ),
        ("file", "internal error: FileNotFoundError: "),
        ("wrong", "internal error: TypeError: `score` must be a number, not str"),
        ("nan", "bad output: score is NaN"),
        ("spin", "out of fuel"),
    ],
};

const JAVASCRIPT: Script = Script {
    lang: "js",
    language: "javascript",
    tools: "node_modules",
    source: "src/strategy.js",
    tests: &["node", "--test", "tests/"],
    everything: include_str!("scripts/everything.js"),
    modes: &[
        ("raise", "internal error: TypeError: cannot read property 'gone' of null (#goWrong (/build/strategy.mjs:"),
        ("text", "internal error: thrown: a text"),
        ("unknown", "internal error: RangeError: the column `open` is not among the needs: close, sma_3 ("),
        ("wrong", "internal error: TypeError: `score` must be a number, not string ("),
        ("strange", "internal error: TypeError: `colour` is not said: label, "),
        ("nan", "bad output: score is NaN"),
        ("spin", "out of fuel"),
    ],
};

const TYPESCRIPT: Script =
    Script { lang: "ts", source: "src/strategy.ts", tests: &["npm", "test", "--silent"], ..JAVASCRIPT };

/// A new project with the tools that `cargo xtask test` installed; nothing where it could not.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
fn project(test: &str, script: &Script, name: &str, home: &Path) -> Option<PathBuf> {
    let tools = target().join("kit-tools").join(script.tools);
    let marks = ["bin/componentize-py", "rolldown/package.json"];
    if !marks.iter().any(|mark| tools.join(mark).is_file()) {
        println!("SKIP languages::{test}: no tools in {}; `cargo xtask test` installs them", tools.display());
        return None;
    }
    let folder = home.join(name);
    told(&["new", name, "--lang", script.lang, "--dir", &folder.to_string_lossy()], true);
    std::os::unix::fs::symlink(&tools, folder.join(script.tools)).expect("linked");
    Some(folder)
}

/// Builds a project, and gives the path of its component.
#[track_caller]
fn built(folder: &Path) -> String {
    told(&["build", &folder.to_string_lossy(), "--offline"], true);
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    folder.join(format!("build/{name}.wasm")).to_string_lossy().into_owned()
}

fn goes_the_authors_way(test: &str, script: &Script) {
    let home = TempDir::new().expect("a temporary folder");
    let Some(folder) = project(test, script, "dusk", home.path()) else { return };
    let dir = folder.to_string_lossy().into_owned();
    let (out, _) = told(&["build", &dir, "--offline"], true);
    assert!(out.contains("dusk 0.1.0") && out.contains("brings an interpreter"), "{out}");
    let file = folder.join("build/dusk.wasm").to_string_lossy().into_owned();
    let mut native = Command::new(script.tests[0]);
    let output =
        native.current_dir(&folder).args(&script.tests[1..]).output().expect("the tool of the language starts");
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && (words.contains("Ran 4 tests") || words.contains("pass 4")), "{words}");

    let (out, _) = told(&["inspect", &file], true);
    assert!(out.contains(&format!("language      {}", script.language)) && out.contains("sma_30"), "{out}");
    let (out, _) = told(&["inspect", &file, "--config", r#"{"fast":50}"#], false);
    assert!(out.contains("fast must be above 0 and below slow"), "{out}");
    let (out, _) = told(&["test", &dir, "--offline"], true);
    assert!(out.contains("ok   crossing (5 rows)"), "{out}");
    let (out, _) = told(&["check", &file, "--rows", "300"], true);
    assert!(out.contains("ok   chunks") && out.contains("20 cases, 0 failed"), "{out}");

    lives_in_a_host(&file);
}

/// What goes wrong is a failure with its words and its place, never a trap; what can be said arrives; and a source that is none
/// fails the build in the words of the language. Gives what was said.
fn says_everything(test: &str, script: &Script) -> Option<Vec<(Value, Value)>> {
    let home = TempDir::new().expect("a temporary folder");
    let folder = project(test, script, "dusk", home.path())?;
    let source = folder.join(script.source);
    std::fs::write(&source, script.everything).expect("writable");
    let line = script.everything.lines().position(|line| line.contains("[\"gone\"]")).map_or(0, |line| line + 1);
    let file = built(&folder);
    let trades = generated_trades(home.path(), 2_000).to_string_lossy().into_owned();
    let market = ["--data", &trades, "--instrument", "BTC-USDT", "--timeframe", "15m"];
    for (mode, said) in script.modes {
        let config = json!({ "mode": mode }).to_string();
        let (_, err) = told(&[&["run", &file, "--config", &config][..], &market].concat(), false);
        let said = said.replace("{line}", &line.to_string());
        assert!(err.contains(&said) && !err.contains("trap"), "{mode}: `{said}` in {err}");
    }
    let (_, err) = told(&[&["run", &file, "--config", r#"{"mode":"half"}"#][..], &market].concat(), true);
    assert!(err.contains("said "), "half a letter is replaced: {err}");
    let (_, err) = told(&[&["run", &file, "--config", r#"{"mode":"history"}"#][..], &market].concat(), true);
    assert!(err.contains("log: BTC: 3 rows back, the newest of "), "{err}");

    let said = words_of(&file, &trades, "15m");
    std::fs::write(&source, "class Broken [\n").expect("writable");
    let (_, err) = told(&["build", &folder.to_string_lossy(), "--offline"], false);
    assert!(err.contains(script.source) && (err.contains("SyntaxError") || err.contains("PARSE_ERROR")), "{err}");
    assert!(!Path::new(&file).exists(), "what stood there is not taken for new");

    Some(said)
}

/// Published beside another plugin, promoted, served, and rolled back; every word can be made again.
fn lives_in_a_host(file: &str) {
    let setup = Setup::feed("demo", &["--demo-speed", "60"]);
    let server = setup.start();
    let plugin = || {
        let status = server.get("/host/v1/deployments/mine").json(200);
        text(&status["plugin"], "digest").to_owned()
    };
    let spec = json!({"plugin": "zones", "instruments": ["BTC"], "timeframes": ["1m"]});
    let json = [("content-type", "application/json")];
    let ask = |method, path: &str, body: Vec<u8>| {
        server.change(method, &format!("/host/v1/deployments/{path}"), &json, body).json(200)
    };
    ask(Method::PUT, "mine", spec.to_string().into_bytes());
    let old = plugin();

    let place = ["--deploy", "next", "--shadow-of", "mine", "--instruments", "BTC", "--timeframes", "1m"];
    let settings = ["--config", r#"{"fast":1,"slow":2}"#];
    let url = server.url("");
    let args = [&["publish", file, "--host", &url][..], &place, &settings].concat();
    let output = run(&args);
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("next is shadow on [\"BTC-USDT@demo\"]"), "{said}");
    let shadow = server.get_until("/host/v1/deployments/next", |body| body["outputs"].as_u64() > Some(1));
    let new = text(&shadow["plugin"], "digest").to_owned();

    let made = ask(Method::POST, "next/promote", Vec::new());
    assert_eq!((text(&made, "id"), plugin().as_str()), ("mine", new.as_str()));
    served(&server, "cross_");
    ask(Method::POST, "mine/rollback", Vec::new());
    assert_eq!(plugin(), old);
    assert!(server.terminate().success());
    setup.is_verified();
}

/// Waits until the deployment's own words are served.
fn served(server: &Server, label: &str) {
    server.get_until("/host/v1/outputs?deployment=mine&limit=1000", |body| {
        body["items"].as_array().is_some_and(|items| items.iter().any(|item| item.to_string().contains(label)))
    });
}

#[test]
fn python_goes_the_authors_way() {
    goes_the_authors_way("python_goes_the_authors_way", &PYTHON);
}

#[test]
fn scripts_say_everything_and_go_wrong_readably() {
    let test = "scripts_say_everything_and_go_wrong_readably";
    let (python, javascript) = (says_everything(test, &PYTHON), says_everything(test, &JAVASCRIPT));
    let (Some(python), Some(javascript)) = (python, javascript) else { return };
    assert!(python.len() > 8 && python == javascript, "{python:?}\n{javascript:?}");
    let [(_, signal), (_, forecast)] = &python[..2] else { panic!("{python:?}") };
    let attributes =
        json!([["whole", 7], ["number", 7.0], ["flag", true], ["text", "\u{e9}"], ["rows", 1], ["posture", "long"]]);
    assert_eq!(
        (&signal["signal"]["attributes"], &signal["signal"]["horizon"]),
        (&attributes, &json!(60_000_000_000_u64))
    );
    assert_eq!(forecast["forecast"]["points"].as_array().map(Vec::len), Some(2), "{forecast}");
}

#[test]
fn javascript_goes_the_authors_way() {
    goes_the_authors_way("javascript_goes_the_authors_way", &JAVASCRIPT);
}

#[test]
fn typescript_goes_the_authors_way() {
    goes_the_authors_way("typescript_goes_the_authors_way", &TYPESCRIPT);
}

/// What a component says of the trades: when, and its words to the last bit.
#[track_caller]
fn words_of(file: &str, trades: &str, timeframe: &str) -> Vec<(Value, Value)> {
    let market = ["--instrument", "BTC-USDT", "--timeframe", timeframe, "--format", "json"];
    let (out, _) = told(&[&["run", file, "--data", trades][..], &market].concat(), true);
    let lines = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.map(|mut output| (output["as_of"].take(), output["body"].take())).collect()
}

#[test]
fn the_example_says_the_same_in_every_language() {
    let test = "the_example_says_the_same_in_every_language";
    let home = TempDir::new().expect("a temporary folder");
    let scripts = [PYTHON, JAVASCRIPT, TYPESCRIPT];
    let folders: Option<Vec<PathBuf>> =
        scripts.iter().map(|script| project(test, script, &format!("same-{}", script.lang), home.path())).collect();
    let Some(folders) = folders else { return };
    let trades = generated_trades(home.path(), 20_000).to_string_lossy().into_owned();

    let rust = home.path().join("same-rust");
    let dir = rust.to_string_lossy().into_owned();
    told(&["new", "same-rust", "--dir", &dir], true);
    told(&["build", &dir, "--offline"], true);
    let file = target().join("kit/wasm32-wasip2/release/same_rust.wasm").to_string_lossy().into_owned();
    let (out, _) = told(&["inspect", &file], true);
    assert!(out.contains("language      rust") && !out.contains("brings an interpreter"), "{out}");
    let expected = words_of(&file, &trades, "1m");
    assert!(expected.len() > 10, "{} outputs", expected.len());
    for folder in &folders {
        assert_eq!(words_of(&built(folder), &trades, "1m"), expected, "{}", folder.display());
        let case = |folder: &Path| std::fs::read(folder.join("cases/crossing.json")).expect("readable");
        assert_eq!(case(folder), case(&rust));
    }
}

#[test]
fn tools_that_are_missing_are_named_where_nothing_may_be_fetched() {
    let home = TempDir::new().expect("a temporary folder");
    for (lang, words) in [
        ("python", "pip install componentize-py=="),
        ("js", "npm install --no-save componentize-qjs@"),
        ("ts", "rolldown@"),
    ] {
        let folder = home.path().join(lang);
        let dir = folder.to_string_lossy().into_owned();
        told(&["new", "dusk", "--lang", lang, "--dir", &dir], true);
        for command in ["build", "test"] {
            let (_, err) = told(&[command, &dir, "--offline"], false);
            assert!(err.contains(words), "{err}");
        }
        assert!(!folder.join(".venv").exists() && !folder.join("node_modules").exists());
    }
    let dir = home.path().join("cobol").to_string_lossy().into_owned();
    let (_, err) = told(&["new", "dusk", "--lang", "cobol", "--dir", &dir], false);
    assert!(err.contains("rust, python, js, ts"), "{err}");
}
