//! The files of the checkout, and the folder of shared data beside it.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are no source: build output, history, data of a running host.
const NOT_SOURCE: [&str; 5] = ["target", ".git", "node_modules", "data", ".venv"];
/// Files that are read as text.
const TEXT: [&str; 20] = [
    "rs", "md", "toml", "wit", "sql", "sh", "yml", "yaml", "json", "jsonl", "html", "css", "js", "ts", "py", "txt",
    "wat", "csv", "service", "snap",
];

/// A text file with its path from the root, `/` between the parts.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Everything that is tracked or about to be.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Text files.
    pub(crate) files: Vec<File>,
    /// Paths of all files, text or not.
    pub(crate) paths: Vec<String>,
}

impl Tree {
    /// Reads the checkout that holds this package.
    pub(crate) fn read() -> Self {
        let mut tree = Tree::default();
        tree.walk(&root(), "");
        assert!(tree.files.len() > 20, "the checkout was not found");
        tree
    }

    /// Every text file.
    pub(crate) fn text(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// Every Rust file.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The text file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn walk(&mut self, folder: &Path, prefix: &str) {
        let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder of the checkout").flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type().expect("a kind of file");
            if kind.is_dir() && !NOT_SOURCE.contains(&name.as_str()) {
                self.walk(&entry.path(), &format!("{path}/"));
            } else if kind.is_file() {
                self.take(&entry.path(), path);
            }
        }
    }

    fn take(&mut self, file: &Path, path: String) {
        let extension = Path::new(&path).extension().unwrap_or_default().to_string_lossy().into_owned();
        if (TEXT.contains(&extension.as_str()) || extension.is_empty())
            && let Ok(text) = fs::read_to_string(file)
        {
            self.files.push(File { path: path.clone(), text });
        }
        self.paths.push(path);
    }
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the checkout").to_path_buf()
}

/// The folder of shared data, where there is one.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = || root().parent().map(|parent| parent.join("shared"));
    std::env::var_os("SCONCE_SHARED").map(PathBuf::from).or_else(beside).filter(|path| path.is_dir())
}

/// Says that a test cannot run for want of shared data.
#[expect(clippy::print_stdout, reason = "the line that counts a skipped test")]
pub(crate) fn skip(test: &str) {
    println!("SKIP {test}: ../shared is absent");
}
