//! What a dead call means: budget, brake or trap, with a message that is the same in every run.
//!
//! Frames of the guest go to the host's log only. They hold offsets and names that say nothing to the plugin's reader
//! and would differ between builds of the host.

use sconce_domain::ports::Fault;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::log_book::clean;

/// Bytes kept of a guest's own words in a fault.
pub(crate) const MESSAGE_BYTES: usize = 512;

/// What is known of a call that died.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct LastCall<'a> {
    /// The fuel that it had.
    pub(crate) budget: u64,
    /// What the guest printed to standard error.
    pub(crate) errors: &'a str,
    /// The bytes that it may have, where it wanted more.
    pub(crate) denied: Option<u64>,
}

/// Turns the error of a call into a fault.
pub(crate) fn from_error(error: &wasmtime::Error, call: &LastCall<'_>) -> Fault {
    let fault = classify(error, call);
    let frames = error.downcast_ref::<WasmBacktrace>().map(ToString::to_string);
    tracing::debug!(fault = %fault, frames = frames.as_deref().unwrap_or("none"), "a plugin call died");
    fault
}

fn classify(error: &wasmtime::Error, call: &LastCall<'_>) -> Fault {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Fault::Trap(format!("the plugin called exit({code})"));
    }
    let words = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => return Fault::OutOfFuel(call.budget),
        Some(Trap::Interrupt) => return Fault::Deadline,
        Some(trap) => last_words(call.errors).unwrap_or_else(|| plain(&trap.to_string())),
        None => plain(&error.root_cause().to_string()),
    };
    match call.denied {
        Some(most) => Fault::OutOfMemory { most, words },
        None => Fault::Trap(words),
    }
}

fn plain(text: &str) -> String {
    clean(text.strip_prefix("wasm trap: ").unwrap_or(text), MESSAGE_BYTES)
}

/// What a panicking guest printed, on one line; its beginning and end where it is long.
fn last_words(errors: &str) -> Option<String> {
    let lines = errors.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("note: run with"));
    let text = lines.collect::<Vec<_>>().join(": ");
    if text.len() <= MESSAGE_BYTES {
        return (!text.is_empty()).then(|| clean(&text, MESSAGE_BYTES));
    }
    let half = MESSAGE_BYTES / 2;
    let tail = (text.len() - half..text.len()).find(|start| text.is_char_boundary(*start)).unwrap_or(text.len());
    Some(format!("{} … {}", clean(&text, half), clean(&text[tail..], half)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: impl Into<wasmtime::Error>, errors: &str, expected: &Fault) {
        assert_eq!(from_error(&error.into(), &LastCall { budget: 7, errors, denied: None }), *expected);
    }

    #[test]
    fn each_way_to_die_has_its_fault() {
        let trap = |text: &str| Fault::Trap(text.into());
        check(Trap::OutOfFuel, "", &Fault::OutOfFuel(7));
        check(Trap::Interrupt, "", &Fault::Deadline);
        check(Trap::StackOverflow, "", &trap("call stack exhausted"));
        check(wasmtime::Error::new(I32Exit(3)), "", &trap("the plugin called exit(3)"));
        check(wasmtime::Error::msg("a plugin may not wait"), "", &trap("a plugin may not wait"));
        let printed =
            "\nthread '<unnamed>' panicked at src/lib.rs:1:2:\nno\u{7} rows\nnote: run with `RUST_BACKTRACE=1`\n";
        check(Trap::UnreachableCodeReached, printed, &trap("thread '<unnamed>' panicked at src/lib.rs:1:2:: no  rows"));
    }

    #[test]
    fn who_was_denied_memory_died_of_that_and_who_ran_out_of_fuel_of_this() {
        let of = |trap: Trap| from_error(&trap.into(), &LastCall { denied: Some(9), ..LastCall::default() });
        let words = "wasm `unreachable` instruction executed".to_owned();
        assert_eq!(of(Trap::UnreachableCodeReached), Fault::OutOfMemory { most: 9, words });
        assert_eq!((of(Trap::OutOfFuel), of(Trap::Interrupt)), (Fault::OutOfFuel(0), Fault::Deadline));
    }

    #[test]
    fn long_words_keep_both_ends() {
        let words = last_words(&format!("{}é{}", "a".repeat(900), "z".repeat(600))).expect("words");
        assert!(words.starts_with("aaa") && words.ends_with("zzz") && words.len() <= MESSAGE_BYTES + 8, "{words}");
    }
}
