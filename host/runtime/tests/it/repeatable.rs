//! Two engines, two allocators, a cold and a warm cache: one answer and one count of fuel.

use std::fs;
use std::path::{Path, PathBuf};

use sconce_domain::Said;
use sconce_domain::ports::{Fault, Plugins};
use sconce_runtime::{Allocation, Backtraces, FuelPrices, RuntimeOptions, WasmPlugins};

use crate::guests::{guest_or_skip, misfit};
use crate::support::{ask, block, mode, start};

fn engine(options: RuntimeOptions) -> WasmPlugins {
    WasmPlugins::new(options).expect("the engine starts")
}

type Transcript = Vec<(Result<Vec<Said>, Fault>, u64)>;

/// Everything said and burnt over a warm-up and 50 rows.
fn transcript(plugins: &WasmPlugins, bytes: &[u8], name: &str) -> Transcript {
    let plugin = plugins.add(bytes).expect("loads");
    let mut instance = start(plugins, &plugin, &mode(name, 5));
    instance.warm_up(&block(0, 30)).expect("warms up");
    (30..80).map(|row| (ask(instance.as_mut(), row), instance.last_fuel())).collect()
}

#[test]
fn engines_agree_on_answers_and_fuel() {
    let bytes = guest_or_skip!(misfit());
    let pooled = RuntimeOptions { allocation: Allocation::Pooling { instances: 8 }, ..RuntimeOptions::default() };
    let (one, two, pool) = (engine(RuntimeOptions::default()), engine(RuntimeOptions::default()), engine(pooled));
    assert_eq!(one.fingerprint(), two.fingerprint());
    assert_eq!(one.fingerprint(), pool.fingerprint());
    for name in ["honest", "log", "print", "random", "clock", "reach"] {
        let expected = transcript(&one, bytes, name);
        assert_eq!(transcript(&two, bytes, name), expected, "{name}");
        assert_eq!(transcript(&one, bytes, name), expected, "{name} again");
        assert_eq!(transcript(&pool, bytes, name), expected, "{name} pooled");
    }
}

#[test]
fn prices_are_paid_and_are_part_of_the_fingerprint() {
    let bytes = guest_or_skip!(misfit());
    let dear = FuelPrices { log_write: 5_000, ..FuelPrices::default() };
    let plain = engine(RuntimeOptions::default());
    let dear = engine(RuntimeOptions { prices: dear, ..RuntimeOptions::default() });
    assert_ne!(plain.fingerprint(), dear.fingerprint());
    let fuel = |plugins: &WasmPlugins| transcript(plugins, bytes, "log").iter().map(|(_, fuel)| *fuel).sum::<u64>();
    assert_eq!(fuel(&dear) - fuel(&plain), 50 * 5 * 4_000, "five lines a row, 4,000 more each");
}

fn files(directory: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("exists").map(|entry| entry.expect("readable").path());
    entries.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
}

#[test]
fn the_cache_is_used_checked_and_mended() {
    let bytes = guest_or_skip!(misfit());
    let directory = tempfile::tempdir().expect("a directory");
    let cached =
        || engine(RuntimeOptions { cache: Some(directory.path().join("compiled")), ..RuntimeOptions::default() });
    let expected = transcript(&engine(RuntimeOptions::default()), bytes, "honest");
    assert_eq!(transcript(&cached(), bytes, "honest"), expected);
    let [compiled] = files(&directory.path().join("compiled"), "cwasm").try_into().expect("one artefact");
    let good = fs::read(&compiled).expect("readable");

    type Harm = fn(&Path, &[u8]);
    let harms: [(&str, Harm); 5] = [
        ("nothing", |_, _| ()),
        ("a flipped byte", |file, good| {
            let mut bad = good.to_vec();
            bad[good.len() / 2] ^= 1;
            fs::write(file, bad).expect("writes");
        }),
        ("cut short", |file, good| fs::write(file, &good[..good.len() / 2]).expect("writes")),
        ("emptied", |file, _| fs::write(file, b"").expect("writes")),
        ("without its digest", |file, _| fs::remove_file(file.with_extension("blake3")).expect("removes")),
    ];
    for (name, harm) in harms {
        harm(&compiled, &good);
        assert_eq!(transcript(&cached(), bytes, "honest"), expected, "{name}");
        assert_eq!(fs::read(&compiled).expect("readable").len(), good.len(), "{name}: mended");
        assert_eq!(files(compiled.parent().expect("has one"), "blake3").len(), 1, "{name}");
    }
}

#[test]
fn engines_with_and_without_lines_share_a_cache() {
    let bytes = guest_or_skip!(misfit());
    let directory = tempfile::tempdir().expect("a directory");
    let with = |backtraces| {
        let cache = Some(directory.path().to_owned());
        engine(RuntimeOptions { cache, backtraces, ..RuntimeOptions::default() })
    };
    let expected = transcript(&with(Backtraces::Names), bytes, "honest");
    // Each finds its own file, whichever came first.
    for (backtraces, compiled) in [(Backtraces::Lines, 2), (Backtraces::Names, 2)] {
        let engine = with(backtraces);
        assert_eq!(transcript(&engine, bytes, "honest"), expected, "{backtraces:?}");
        assert_eq!(files(directory.path(), "cwasm").len(), compiled, "{backtraces:?}");
        assert_eq!(engine.fingerprint(), with(Backtraces::Names).fingerprint());
    }
}

#[test]
fn a_cache_that_cannot_be_written_costs_only_time() {
    let bytes = guest_or_skip!(misfit());
    let directory = tempfile::tempdir().expect("a directory");
    let in_the_way = directory.path().join("file");
    fs::write(&in_the_way, b"").expect("writes");
    let plugins = engine(RuntimeOptions { cache: Some(in_the_way), ..RuntimeOptions::default() });
    assert!(plugins.add(bytes).is_ok());
}
