//! One row per field.

use sconce_domain::Scope;
use sconce_domain::deployment::Memory;

use super::*;

fn raw(change: impl FnOnce(&mut RawDescription)) -> RawDescription {
    let mut raw = RawDescription {
        id: "zones".into(),
        name: "Zones".into(),
        version: "1.2.3".into(),
        description: "Labels.".into(),
        outputs: vec!["signal".into(), "signal".into()],
        score_scale: "0-100".into(),
        config_schema: r#"{"type":"object"}"#.into(),
        scope: Scope::Instrument,
        memory: Memory::Finite(3),
    };
    change(&mut raw);
    raw
}

#[track_caller]
fn accept(change: impl FnOnce(&mut RawDescription)) -> PluginDescription {
    check(raw(change), "0.1.0".into()).expect("accepted").0
}

#[track_caller]
fn refuse(change: impl FnOnce(&mut RawDescription), part: &str) {
    let why = check(raw(change), "0.1.0".into()).expect_err("refused");
    assert!(why.contains(part), "{why}");
}

#[test]
fn fields() {
    assert_eq!(accept(|_| ()).outputs, ["signal"]);
    for version in ["0.0.0", "1.2.3-rc.1", "1.2.3+abc", "10.20.30-a+b"] {
        accept(|raw| raw.version = version.into());
    }
    for version in ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "1.2.3-", "1.2.3 ", "1.2.3-ü", "1.2.9999999999"] {
        refuse(|raw| raw.version = version.into(), "is not like 1.2.3");
    }
    for id in ["", "a b", "a/b", "..", "ü", "a_b", &"x".repeat(65)] {
        refuse(|raw| raw.id = id.into(), "must be 1 to 64 letters");
    }
    refuse(|raw| raw.name = " ".into(), "name is empty");
    refuse(|raw| raw.name = "a\u{1b}[2J".into(), "name holds a control character");
    refuse(|raw| raw.description = "x".repeat(1_025), "description is longer");
    refuse(|raw| raw.score_scale = "x".repeat(65), "score scale is longer");
    refuse(|raw| raw.outputs.clear(), "names no kind of output");
    refuse(|raw| raw.config_schema = "{".into(), "is not JSON");
}
