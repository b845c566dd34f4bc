//! What a language costs, told to authors: the example strategy in it beside the same strategy in Rust, as `sconce bench`
//! measures them on 20,000 rows.

use sconce_runtime::Language;

/// The example strategy in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Bytes of its component.
    pub bytes: u64,
    /// Fuel of the middle call.
    pub fuel_per_row: u64,
    /// Bytes of linear memory of an instance.
    pub memory: u64,
}

/// With line information, as the template builds it; a tenth without.
const RUST: Example = Example { bytes: 3_164_761, fuel_per_row: 527, memory: 128 << 10 };
const PYTHON: Example = Example { bytes: 19_163_373, fuel_per_row: 43_092, memory: 13 << 20 };
const JAVASCRIPT: Example = Example { bytes: 1_822_111, fuel_per_row: 69_159, memory: 1_677_721 };

/// The example in a language; nothing for one that is not known.
pub fn example(language: Language) -> Option<Example> {
    match language {
        Language::Rust => Some(RUST),
        Language::Python => Some(PYTHON),
        Language::JavaScript => Some(JAVASCRIPT),
        Language::Other => None,
    }
}

/// Bars of the long case of `sconce check`, where the author does not say: a script takes as long for these as Rust does for
/// a million.
pub fn rows_to_check(language: Language) -> u64 {
    match language {
        Language::Rust | Language::Other => 1_000_000,
        Language::Python | Language::JavaScript => 50_000,
    }
}

/// One line about a language that brings an interpreter.
pub fn advice(language: Language) -> Option<String> {
    let name = match language {
        Language::Python => "Python",
        Language::JavaScript => "JavaScript",
        Language::Rust | Language::Other => return None,
    };
    let own = example(language)?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Some(format!(
        "{name} brings an interpreter: the example strategy has {:.1} MiB and takes {} fuel a row and {:.1} MiB an instance, in \
         Rust {:.1} MiB, {} fuel and {:.1} MiB; take Rust where speed or many instances matter",
        mib(own.bytes),
        own.fuel_per_row,
        mib(own.memory),
        mib(RUST.bytes),
        RUST.fuel_per_row,
        mib(RUST.memory),
    ))
}
