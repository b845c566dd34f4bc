//! A Rust file as a flat list of tokens with their lines: comments are gone, strings are whole, and code that is compiled
//! for tests only is marked. It knows no rule.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::tree::{File, Tree};
use crate::violation::Violation;

/// One token. A group gives its delimiters and what is inside.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    /// Inside an item that only tests compile.
    pub(crate) test: bool,
}

/// A function with a body.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// A lexed file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) functions: Vec<Function>,
    /// Files, without their ending, of modules that only tests compile.
    pub(crate) test_modules: Vec<String>,
}

/// Lexes every Rust file, and marks those that another file declares for tests only.
pub(crate) fn lex_all(tree: &Tree) -> Vec<Result<Source, Violation>> {
    let mut sources: Vec<_> = tree.rust().map(Source::lex).collect();
    let declared = sources.iter().flatten().flat_map(|source| source.test_modules.iter().cloned());
    let declared: Vec<String> = declared.collect();
    for source in sources.iter_mut().flatten() {
        let inside =
            |module: &String| source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/"));
        if declared.iter().any(inside) {
            source.tokens.iter_mut().for_each(|token| token.test = true);
        }
    }
    sources
}

impl Source {
    /// Lexes a file; a file that does not lex is a breach of every rule.
    pub(crate) fn lex(file: &File) -> Result<Self, Violation> {
        let stream: TokenStream =
            file.text.parse().map_err(|error| Violation::new(&file.path, 1, format!("does not lex: {error}")))?;
        let test = is_test_path(&file.path);
        let mut source = Source {
            path: file.path.clone(),
            text: file.text.clone(),
            tokens: Vec::new(),
            functions: Vec::new(),
            test_modules: Vec::new(),
        };
        source.take(stream, test);
        Ok(source)
    }

    fn take(&mut self, stream: TokenStream, test: bool) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut attributed = false;
        for (position, tree) in trees.iter().enumerate() {
            if let Some(attribute) = attribute(&trees, position) {
                let inside = words(attribute.stream());
                attributed |= for_tests(&inside);
                if inside.first().is_some_and(|word| word == "doc") {
                    continue;
                }
            }
            self.function(&trees[position..]);
            if attributed {
                self.test_module(&trees[position..]);
            }
            self.tree(tree, test || attributed);
            let ends = match tree {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            attributed &= !ends;
        }
    }

    fn tree(&mut self, tree: &TokenTree, test: bool) {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                self.tokens.push(Token { text: open.to_owned(), line, test });
                self.take(group.stream(), test);
                self.tokens.push(Token { text: close.to_owned(), line: group.span_close().start().line, test });
            }
            other => self.tokens.push(Token { text: other.to_string(), line, test }),
        }
    }

    /// Notes a module that starts here and lies in a file of its own.
    fn test_module(&mut self, trees: &[TokenTree]) {
        if let [TokenTree::Ident(keyword), TokenTree::Ident(name), TokenTree::Punct(end), ..] = trees
            && keyword == "mod"
            && end.as_char() == ';'
        {
            let stem = self.path.trim_end_matches(".rs");
            let (folder, file) = stem.rsplit_once('/').unwrap_or(("", stem));
            let folder = if ["lib", "main", "mod"].contains(&file) { folder } else { stem };
            self.test_modules.push(format!("{folder}/{name}"));
        }
    }

    /// Notes a function that starts here and has a body.
    fn function(&mut self, trees: &[TokenTree]) {
        let [TokenTree::Ident(keyword), TokenTree::Ident(name), rest @ ..] = trees else { return };
        if keyword != "fn" {
            return;
        }
        for tree in rest {
            match tree {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let line = keyword.span().start().line;
                    let lines = group.span_close().end().line + 1 - line;
                    return self.functions.push(Function { name: name.to_string(), line, lines });
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => return,
                _ => {}
            }
        }
    }
}

/// Whether a path holds nothing but tests and benchmarks.
pub(crate) fn is_test_path(path: &str) -> bool {
    let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "examples" | "fuzz"))
        || stem == "tests"
        || stem.ends_with("_tests")
}

/// The bracket group where `#` or `#!` stands directly before `position`.
fn attribute(trees: &[TokenTree], position: usize) -> Option<&Group> {
    let punct = |at: usize, wanted: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted);
    let hash = |before: usize| position >= before && punct(position - before, '#');
    let introduced = hash(1) || (position >= 1 && punct(position - 1, '!') && hash(2));
    match &trees[position] {
        TokenTree::Group(group) if introduced && group.delimiter() == Delimiter::Bracket => Some(group),
        _ => None,
    }
}

fn for_tests(attribute: &[String]) -> bool {
    let conditional = attribute.first().is_some_and(|word| word == "cfg");
    let word = |wanted: &str| attribute.iter().any(|word| word == wanted);
    (conditional && word("test") && !word("not")) || attribute.last().is_some_and(|word| word == "test")
}

fn words(stream: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                words.push(open.to_owned());
                words.extend(self::words(group.stream()));
                words.push(close.to_owned());
            }
            other => words.push(other.to_string()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}
