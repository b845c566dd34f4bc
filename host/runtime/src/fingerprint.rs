//! The fingerprint of the engine: equal fingerprints promise equal bytes for equal artefact, configuration and rows.
//!
//! In it: the version of wasmtime (its compiler decides fuel and instruction selection), the target triple's processor
//! family, word size and byte order, the settings and the revision of each adapter, fuel budgets and prices (they
//! decide where a guest is stopped), and the caps that decide what it may do, log or say.
//!
//! Not in it: the processor's features (settings leave no instruction whose result depends on them), the operating
//! system, the deadline of the brake and its tick (being stopped by the brake is recorded as an event, never promised to repeat),
//! the ceilings of limits (they decide what is let in; the limits themselves are part of a deployment's recipe),
//! the allocator and the cache (they change where things lie, not what they are), log caps and backtraces (nobody hashes
//! a log).

use sconce_domain::Digest;

use crate::adapters::InterfaceVersion;
use crate::engine::SETTINGS_VERSION;
use crate::options::{FuelBudgets, OutputCaps, ResourceCaps, RuntimeOptions};

/// The version of wasmtime that `Cargo.lock` pins. A test compares it with the lock file.
pub(crate) const WASMTIME: &str = "48.0.8";

/// The fingerprint of an engine with these options.
pub(crate) fn fingerprint(options: &RuntimeOptions) -> Digest {
    let adapters: Vec<u8> = InterfaceVersion::ALL
        .iter()
        .flat_map(|version| [version.line().to_owned(), version.adapter_revision().to_string()])
        .flat_map(|text| format!("{text};").into_bytes())
        .collect();
    let target = format!(
        "{}/{}/{}",
        std::env::consts::ARCH,
        usize::BITS,
        if cfg!(target_endian = "little") { "le" } else { "be" }
    );
    Digest::of_parts(&[
        WASMTIME.as_bytes(),
        target.as_bytes(),
        &SETTINGS_VERSION.to_le_bytes(),
        &adapters,
        &words(&budgets(&options.budgets)),
        &words(&options.prices.words()),
        &words(&caps(&options.caps)),
        &words(&outputs(&options.outputs)),
    ])
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn budgets(budgets: &FuelBudgets) -> [u64; 7] {
    let FuelBudgets { on_row, describe, needs, create, snapshot, block_base, block_per_row } = *budgets;
    [on_row, describe, needs, create, snapshot, block_base, block_per_row]
}

/// The size of artefacts is left out: it decides whether a plugin is let in, not what it then says.
fn caps(caps: &ResourceCaps) -> [u64; 7] {
    let ResourceCaps { memory, table_elements, artefact: _, stack, lifted_bytes, handles, random_bytes, history_rows } =
        *caps;
    [
        memory as u64,
        table_elements as u64,
        stack as u64,
        lifted_bytes as u64,
        handles as u64,
        random_bytes,
        history_rows.into(),
    ]
}

fn outputs(caps: &OutputCaps) -> [u64; 10] {
    let OutputCaps {
        outputs,
        label_chars,
        name_chars,
        text_chars,
        levels,
        attributes,
        points,
        text_bytes,
        bytes,
        snapshot_bytes,
    } = *caps;
    [outputs, label_chars, name_chars, text_chars, levels, attributes, points, text_bytes, bytes, snapshot_bytes]
        .map(|cap| cap as u64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::options::{Allocation, Backtraces};

    #[test]
    fn names_the_version_in_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{WASMTIME}\"")), "update WASMTIME");
    }

    #[test]
    fn moves_with_what_decides_an_answer_and_with_nothing_else() {
        let base = fingerprint(&RuntimeOptions::default());
        let mut same = RuntimeOptions {
            deadline: Duration::from_secs(9),
            allocation: Allocation::Pooling { instances: 3 },
            backtraces: Backtraces::Lines,
            ..RuntimeOptions::default()
        };
        same.log.line_bytes = 1;
        same.caps.artefact = 1;
        same.ceilings.memory_mib = Some(1);
        assert_eq!(fingerprint(&same), base);
        let changes: [fn(&mut RuntimeOptions); 5] = [
            |options| options.budgets.on_row += 1,
            |options| options.prices.call += 1,
            |options| options.prices.random_byte += 1,
            |options| options.caps.memory += 1,
            |options| options.outputs.label_chars += 1,
        ];
        for change in changes {
            let mut options = RuntimeOptions::default();
            change(&mut options);
            assert_ne!(fingerprint(&options), base);
        }
    }
}
