//! A headless Chromium as a child process: the document that a page becomes, its picture, and what its scripts complained of.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::server::target;

/// Names under which it is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Time that passes on the page before it is looked at, in milliseconds. It stands still while the page waits for an answer.
const PAGE_TIME: u32 = 7_000;

/// The browser of this machine.
#[derive(Debug)]
pub(crate) struct Browser {
    program: PathBuf,
}

/// What a page became.
#[derive(Debug)]
pub(crate) struct Look {
    /// The document after its scripts.
    pub(crate) document: String,
    /// Everything that stood on the console: errors of scripts, files that are missing.
    pub(crate) console: Vec<String>,
}

impl Browser {
    /// The browser in the path, or where `SCONCE_CHROMIUM` says; nothing where there is none.
    #[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
    pub(crate) fn find(test: &str) -> Option<Self> {
        if let Some(program) = std::env::var_os("SCONCE_CHROMIUM") {
            return Some(Browser { program: program.into() });
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let program = found.into_iter().find(|program| program.is_file());
        if program.is_none() {
            println!("SKIP {test}: no Chromium on this machine; SCONCE_CHROMIUM names one");
        }
        program.map(|program| Browser { program })
    }

    /// Opens `url`, lets its scripts run, and reads the document.
    pub(crate) fn read(&self, url: &str) -> Look {
        let (document, errors) = self.run(url, &["--dump-dom".to_owned()]);
        let console = errors.lines().filter(|line| line.contains(":CONSOLE(") || line.contains(":CONSOLE:"));
        Look { document, console: console.map(str::to_owned).collect() }
    }

    /// Takes a picture of `url`, so many pixels wide and high, and leaves it in the target directory.
    pub(crate) fn picture(&self, url: &str, name: &str, (width, height): (u32, u32)) -> Vec<u8> {
        let folder = target().join("screenshots");
        std::fs::create_dir_all(&folder).expect("the target directory is writable");
        let file = folder.join(format!("{name}.png"));
        let shot = format!("--screenshot={}", file.display());
        let (_, errors) = self.run(url, &[shot, format!("--window-size={width},{height}")]);
        std::fs::read(&file).unwrap_or_else(|error| panic!("no picture of {url}: {error}\n{errors}"))
    }

    fn run(&self, url: &str, flags: &[String]) -> (String, String) {
        let profile = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(&self.program);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]);
        command.args(["--no-first-run", "--disable-extensions", "--disable-background-networking"]);
        command.args(["--enable-logging=stderr", &format!("--virtual-time-budget={PAGE_TIME}")]);
        command.arg(format!("--user-data-dir={}", Path::new(profile.path()).display()));
        let output = command.args(flags).arg(url).stdin(Stdio::null()).output();
        let output = output.unwrap_or_else(|error| panic!("cannot start {}: {error}", self.program.display()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }
}

/// Width and height of a PNG.
pub(crate) fn size_of(picture: &[u8]) -> (u32, u32) {
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "not a PNG");
    let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}
