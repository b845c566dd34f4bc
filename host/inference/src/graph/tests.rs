//! Graphs as they are exported, as they must not be, and as nobody exports them.

use proptest::prelude::*;

use super::*;
use crate::testing::{fixtures, hostile};

fn linear() -> Vec<u8> {
    std::fs::read(fixtures().join("set/BTC/linear.onnx")).expect("a fixture")
}

#[test]
fn operators_are_named() {
    let survey = Survey::of(&linear()).expect("a graph");
    assert_eq!(survey.operators.iter().map(String::as_str).collect::<Vec<_>>(), ["Flatten", "Gemm"]);
    assert_eq!((survey.nodes, survey.loops()), (2, None));
    let survey = Survey::of(&hostile("endless")).expect("a graph");
    // Those of the body count as well.
    assert_eq!((survey.nodes, survey.loops()), (5, Some("Loop")));
}

/// A field that holds bytes.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = varint((number << 3) | 2);
    out.extend(varint(bytes.len() as u64));
    out.extend(bytes);
    out
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn number(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// A graph of one operator whose attribute holds a graph, and so on.
fn nested(depth: usize) -> Vec<u8> {
    let inner = if depth == 0 { Vec::new() } else { field(5, &field(6, &nested(depth - 1))) };
    field(1, &[field(4, b"If"), inner].concat())
}

#[test]
fn refusals() {
    let check = |bytes: &[u8], words: &str| {
        let error = Survey::of(bytes).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    };
    check(&hostile("custom"), "operator `Mystery` of `com.example` is no standard operator");
    check(&hostile("external"), "a weight lies in another file");
    check(b"", "it holds no graph");
    check(b"#!/bin/sh\nexit 0\n", "no whole ONNX graph");
    check(&field(7, b""), "it holds no graph");
    check(&[linear(), linear()].concat(), "it holds no graph");
    check(&field(7, &nested(9)), "nested deeper than 8");
    assert!(Survey::of(&field(7, &nested(8))).is_ok());
    check(&[number(1, 11), linear()].concat(), "IR version 11 is newer than 10");
    check(&[field(8, &number(2, 22)), linear()].concat(), "opset 22 is newer than 21");
    // A function of the file itself counts as well.
    let function = field(25, &field(7, &[field(4, b"Spy"), field(7, b"com.evil")].concat()));
    check(&[linear(), function].concat(), "`Spy` of `com.evil`");
    let many = field(7, &field(1, &field(4, b"Add")).repeat(100_001));
    check(&many, "more than 100000 operators");
    // An external weight as an attribute of an operator.
    let constant = field(1, &[field(4, b"Constant"), field(5, &field(5, &number(14, 1)))].concat());
    check(&field(7, &constant), "another file");
}

#[test]
fn a_file_that_is_cut_off_is_no_graph() {
    let whole = linear();
    for length in 0..whole.len() {
        // A cut between two fields at the end loses no operator; anything else is noticed.
        if let Ok(survey) = Survey::of(&whole[..length]) {
            assert_eq!(survey.nodes, 2, "{length}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0.0..1.0_f64, byte in any::<u8>()) {
        drop(Survey::of(&bytes));
        let mut spoilt = linear();
        let at = (spoilt.len() as f64 * at) as usize;
        spoilt[at] = byte;
        drop(Survey::of(&spoilt));
    }
}
