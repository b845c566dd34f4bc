//! The rules over source text, as data and small functions.

use std::collections::BTreeMap;

use crate::source::{Source, Token};
use crate::tree::{File, Tree};
use crate::violation::Violation;

/// A rule over one Rust file.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The key of its exceptions.
    pub(crate) name: &'static str,
    /// Finds its breaches, exceptions not yet taken out.
    pub(crate) check: fn(&Source) -> Vec<Violation>,
}

/// Longest file, in lines.
const FILE_LINES: usize = 600;
/// Longest function, in lines.
const FUNCTION_LINES: usize = 60;

pub(crate) const CLOCK: Rule = Rule {
    name: "clock",
    check: |source| {
        let reads = ["SystemTime::now", "Instant::now", "Utc::now", "Local::now", "UNIX_EPOCH.elapsed"];
        patterns(source, &reads, production, "reads the clock; take a `sconce_domain::Clock` or the time of an event")
    },
};

pub(crate) const ENVIRONMENT: Rule = Rule {
    name: "environment",
    check: |source| {
        let reads = ["env::var", "env::var_os", "env::vars", "env::vars_os", "env::set_var", "env::remove_var"];
        patterns(source, &reads, production, "reads the environment; take it from the host's configuration")
    },
};

pub(crate) const SQL: Rule = Rule {
    name: "sql",
    check: |source| {
        if SQL_CRATES.iter().any(|home| source.path.starts_with(home)) {
            return Vec::new();
        }
        let says = "SQL text; it belongs in host/store, host/ledger or migrations";
        breaches(source, source.tokens.iter().filter(|token| is_sql(&token.text)), says)
    },
};

pub(crate) const FLOATS: Rule = Rule {
    name: "floats",
    check: |source| {
        if !SAME_BITS.iter().any(|home| source.path.starts_with(home)) {
            return Vec::new();
        }
        let says = "a function of std whose last bits differ between machines; use `libm`";
        let calls = FLOAT_FUNCTIONS.iter().filter(|name| **name != "log").map(|name| format!(".{name}("));
        let paths = FLOAT_FUNCTIONS.iter().map(|name| format!("f64::{name}"));
        let found = calls.chain(paths).flat_map(|pattern| find_open(source, &pattern));
        breaches(source, found.filter(|token| production(token)), says)
    },
};

pub(crate) const OPENING: Rule = Rule {
    name: "opening",
    check: |source| match source.text.starts_with("//!") {
        true => Vec::new(),
        false => vec![Violation::new(&source.path, 1, "must open with `//!`: what it owns, what it leaves alone")],
    },
};

pub(crate) const FILE_LENGTH: Rule = Rule {
    name: "file-length",
    check: |source| match source.text.lines().count() {
        lines if lines > FILE_LINES => {
            vec![Violation::new(&source.path, lines, format!("over {FILE_LINES} lines; split it by purpose"))]
        }
        _ => Vec::new(),
    },
};

pub(crate) const FUNCTION_LENGTH: Rule = Rule {
    name: "function-length",
    check: |source| {
        let long = source.functions.iter().filter(|function| function.lines > FUNCTION_LINES);
        let says = |name: &str, lines: usize| format!("`{name}` has {lines} lines, over {FUNCTION_LINES}; split it");
        long.map(|function| Violation::new(&source.path, function.line, says(&function.name, function.lines))).collect()
    },
};

pub(crate) const LEFTOVERS: Rule = Rule {
    name: "leftovers",
    check: |source| {
        let marks = ["todo!", "unimplemented!", "dbg!", "#[ignore", "#[allow("];
        let mut found = patterns(source, &marks, |_| true, "left behind; finish it, or `#[expect(…, reason)]` it");
        let notes = source.text.lines().enumerate().filter(|(_, line)| {
            line.contains("//") && ["TO\u{44}O", "FIX\u{4d}E", "XX\u{58}"].iter().any(|mark| line.contains(mark))
        });
        found.extend(notes.map(|(at, _)| Violation::new(&source.path, at + 1, "a note to self; do it or drop it")));
        found
    },
};

pub(crate) const SLEEPS: Rule = Rule {
    name: "sleeps",
    check: |source| {
        // Under paused time a sleep takes none: it orders events.
        let paused = !find_open(source, "start_paused").is_empty();
        let sleeps: &[&str] = if paused { &["thread::sleep"] } else { &["thread::sleep", "time::sleep"] };
        patterns(source, sleeps, |token| token.test, "a sleep in a test; wait for a condition with a deadline")
    },
};

/// Words that stay outside the tree: names of its sources, and places of one machine.
pub(crate) fn words(file: &File) -> Vec<Violation> {
    let banned: [(&str, &str); 8] = [
        ("see\u{64}0", "name it after what it holds"),
        ("see\u{64} 0", "name it after what it holds"),
        ("see\u{64}-rows", "name the rule by what it says"),
        ("see\u{64}_rows", "name the rule by what it says"),
        ("/wor\u{6b}/", "a path of one machine"),
        ("/far\u{6d}/", "a path of one machine"),
        ("index.crat\u{65}s", "the host of a registry"),
        ("static.crat\u{65}s", "the host of a registry"),
    ];
    let mut found = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let line = line.to_lowercase();
        let hits = banned.iter().filter(|(word, _)| stands_alone(&line, word));
        found.extend(hits.map(|(word, why)| Violation::new(&file.path, at + 1, format!("`{word}`: {why}"))));
    }
    found
}

/// `.sql` files outside the crates that own SQL.
pub(crate) fn sql_files(tree: &Tree) -> Vec<Violation> {
    let strays = tree.paths.iter().filter(|path| path.ends_with(".sql"));
    let strays = strays.filter(|path| !SQL_CRATES.iter().any(|home| path.starts_with(home)));
    strays
        .map(|path| Violation::new(path, 1, "a SQL file; it belongs in migrations, host/store or host/ledger"))
        .collect()
}

/// Where SQL may stand.
const SQL_CRATES: [&str; 3] = ["host/store/", "host/ledger/", "migrations/"];
/// Code that runs natively and as a guest, or feeds rows, and must give the same bits everywhere.
const SAME_BITS: [&str; 5] = ["plugin-sdk/", "plugins/", "host/market/", "host/judge/", "host/forecasters/"];
/// Float functions that Rust leaves to the platform's mathematics.
const FLOAT_FUNCTIONS: [&str; 26] = [
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sin_cos",
    "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "powi", "cbrt", "hypot",
];

fn production(token: &Token) -> bool {
    !token.test
}

fn patterns(source: &Source, patterns: &[&str], keep: fn(&Token) -> bool, says: &str) -> Vec<Violation> {
    let found = patterns.iter().flat_map(|pattern| find_open(source, pattern)).filter(|token| keep(token));
    breaches(source, found, says)
}

/// Finds a pattern whose last group may be left open: `.sin(` or `#[ignore`.
fn find_open<'a>(source: &'a Source, pattern: &str) -> Vec<&'a Token> {
    let words = open_words(pattern);
    let fits = |window: &&[Token]| window.iter().zip(&words).all(|(token, word)| token.text == *word);
    source.tokens.windows(words.len()).filter(fits).map(|window| &window[0]).collect()
}

/// Splits a pattern into tokens: identifiers whole, everything else character by character.
fn open_words(pattern: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    for c in pattern.chars() {
        let word = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(last) if word && inside => last.push(c),
            _ => words.push(c.to_string()),
        }
        inside = word;
    }
    words
}

/// One breach for each line, in order.
fn breaches<'a>(source: &Source, tokens: impl Iterator<Item = &'a Token>, says: &str) -> Vec<Violation> {
    let lines: BTreeMap<usize, String> = tokens.map(|token| (token.line, says.to_owned())).collect();
    lines.into_iter().map(|(line, says)| Violation::new(&source.path, line, says)).collect()
}

/// A string literal that starts like a statement.
fn is_sql(token: &str) -> bool {
    let Some((_, text)) =
        token.split_once('"').filter(|(before, _)| before.chars().all(|c| matches!(c, 'b' | 'c' | 'r' | '#')))
    else {
        return false;
    };
    let text = text.replace("\\n", " ").replace('\\', " ").to_uppercase();
    let words: Vec<&str> = text.split_whitespace().take(40).collect();
    let then = |wanted: &str| words.contains(&wanted);
    match words.as_slice() {
        ["SELECT", ..] => then("FROM"),
        ["WITH", ..] => then("SELECT"),
        ["INSERT", "INTO" | "OR", ..] | ["REPLACE", "INTO", ..] | ["DELETE", "FROM", ..] => true,
        ["UPDATE", _, "SET", ..] => true,
        ["CREATE" | "DROP" | "ALTER", next, ..] => {
            matches!(*next, "TABLE" | "INDEX" | "UNIQUE" | "VIEW" | "TRIGGER" | "TEMP" | "VIRTUAL")
        }
        ["PRAGMA" | "VACUUM", _, ..] => true,
        _ => false,
    }
}

/// Whether `word` occurs without a letter directly before it.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric()))
}
