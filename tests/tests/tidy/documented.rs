//! What an operator can set or watch stands in the documentation: settings, variables, metrics.

use std::collections::BTreeSet;

use crate::source::Source;
use crate::tree::{File, Tree};
use crate::violation::Violation;

/// Settings and variables of the configuration module, its parts included, that `docs/configuration.md` does not name.
pub(crate) fn settings(tree: &Tree) -> Vec<Violation> {
    let Some(file) = tree.file("host/src/config.rs") else {
        return vec![Violation::new("host/src/config.rs", 1, "is gone; name the new place in this test")];
    };
    let parts = tree.files.iter().filter(|file| file.path.starts_with("host/src/config/"));
    std::iter::once(file).chain(parts).flat_map(|file| settings_of(tree, file)).collect()
}

fn settings_of(tree: &Tree, file: &File) -> Vec<Violation> {
    let Ok(source) = Source::lex(file) else { return Vec::new() };
    let mut names = fields(&source, "Settings");
    names.extend(literals(&source).filter(|(_, name)| is_variable(name)));
    undocumented(tree, "docs/configuration.md", &source.path, names)
}

/// Metrics of the host that `docs/metrics.md` does not name.
pub(crate) fn metrics<'a>(tree: &Tree, sources: impl Iterator<Item = &'a Source>) -> Vec<Violation> {
    let host = sources.filter(|source| source.path.starts_with("host/"));
    host.flat_map(|source| undocumented(tree, "docs/metrics.md", &source.path, metric_names(source))).collect()
}

/// Line and name, so that breaches come in the order of the file.
type Named = (usize, String);

fn undocumented(tree: &Tree, document: &str, path: &str, names: BTreeSet<Named>) -> Vec<Violation> {
    let text = tree.file(document).map_or("", |file| &file.text);
    let missing = names.into_iter().filter(|(_, name)| !text.contains(&format!("`{name}`")));
    missing.map(|(line, name)| Violation::new(path, line, format!("`{name}` is not in {document}"))).collect()
}

/// Names of the fields of a struct.
fn fields(source: &Source, name: &str) -> BTreeSet<Named> {
    let words = |at: usize| source.tokens.get(at).map_or("", |token| &token.text);
    let start = (0..source.tokens.len()).find(|&at| words(at) == "struct" && words(at + 1) == name);
    let Some(start) = start else { return BTreeSet::new() };
    let body = source.tokens[start..].iter().enumerate().take_while(|(_, token)| token.text != "}");
    let named = body.filter(|(at, _)| words(start + at + 1) == ":" && words(start + at + 2) != ":");
    let word = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase());
    let named = named.filter(|(at, token)| word(&token.text) && words(start + at - 1) != ":");
    named.map(|(_, token)| (token.line, token.text.clone())).collect()
}

/// String literals outside tests.
fn literals(source: &Source) -> impl Iterator<Item = Named> + '_ {
    let text = |token: &str| token.strip_prefix('"')?.strip_suffix('"').map(str::to_owned);
    source.tokens.iter().filter(|token| !token.test).filter_map(move |token| Some((token.line, text(&token.text)?)))
}

fn is_variable(name: &str) -> bool {
    name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Literals that are given to a metric macro, or that carry the host's prefix.
fn metric_names(source: &Source) -> BTreeSet<Named> {
    let macros = ["counter", "gauge", "histogram"];
    let given = source
        .tokens
        .windows(4)
        .filter(|window| macros.contains(&window[0].text.as_str()) && window[1].text == "!" && window[2].text == "(");
    let given: BTreeSet<usize> = given.map(|window| window[3].line).collect();
    // One underscore is the name of a crate, as in a log filter.
    let prefixed = |name: &str| name.starts_with("sconce_") && name.matches('_').count() > 1;
    let word = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let first = |(line, name): &Named| given.contains(line) && name.contains('_') && !label(source, name, *line);
    literals(source).filter(|named| word(&named.1) && (prefixed(&named.1) || first(named))).collect()
}

/// Whether a literal on a line is the name of a label: `"method" => method`.
fn label(source: &Source, name: &str, line: usize) -> bool {
    let quoted = format!("\"{name}\"");
    let label = |window: &[crate::source::Token]| {
        window[0].line == line && window[0].text == quoted && window[1].text == "=" && window[2].text == ">"
    };
    source.tokens.windows(3).any(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn settings_without_a_line_are_found() {
        let config = "const E: &[&str] = &[\"DATA_DIR\", \"LOST\"];\npub(crate) struct Settings {\n  /// a: b\n  pub(crate) port: std::num::NonZeroU16,\n  pub(crate) lost: u8,\n}";
        let part = file("host/src/config/part.rs", "fn a() {}\nconst B: [&str; 2] = [\"DATA_DIR\", \"ALSO_LOST\"];");
        let files = vec![file("host/src/config.rs", config), part, file("docs/configuration.md", "`DATA_DIR` `port`")];
        let found = settings(&Tree { files, paths: Vec::new() });
        assert_eq!(found.iter().map(|violation| violation.line).collect::<Vec<_>>(), [1, 5, 2], "{found:?}");
    }

    #[test]
    fn metrics_without_a_line_are_found() {
        let code = "const A: &str = \"sconce_lost_total\";\nfn a() {\n  counter!(\"in_flight\", \"by_kind\" => k);\n  gauge!(\"known_one\");\n  say(\"sconce_engine\");\n}";
        let source = Source::lex(&file("host/x/src/lib.rs", code)).expect("lexes");
        let tree = Tree { files: vec![file("docs/metrics.md", "`known_one`")], paths: Vec::new() };
        let found = metrics(&tree, [source].iter());
        assert_eq!(found.iter().map(|violation| violation.line).collect::<Vec<_>>(), [1, 3], "{found:?}");
    }
}
