//! Runs a tool in a strategy's folder and keeps what it says for when it fails.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::CompileError;

/// Most that is shown of a tool's words.
const SAID_BYTES: usize = 6_000;

/// A command in `folder` that asks nothing and writes without colours.
pub(super) fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    command.env("NO_COLOR", "1").env("RUST_BACKTRACE", "0").env("npm_config_update_notifier", "false");
    command
}

/// Runs it to its end; `what` says what it does, `readable` takes out what only the tool's own authors can use.
pub(super) fn run(
    mut command: Command,
    (tool, advice): (&'static str, &'static str),
    what: &str,
    readable: fn(&str) -> String,
) -> Result<Output, CompileError> {
    let output = command.output().map_err(|source| CompileError::Start { tool, source, advice })?;
    if output.status.success() {
        return Ok(output);
    }
    let all = [output.stdout, output.stderr].map(|bytes| plain(&String::from_utf8_lossy(&bytes))).join("\n");
    let said = shortened(readable(&all).trim());
    let said = if said.is_empty() { format!("it said nothing ({})", output.status) } else { said };
    Err(CompileError::Refused { what: what.to_owned(), said })
}

/// Without what a terminal would obey.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect()
}

/// The beginning and the end of a long text.
fn shortened(text: &str) -> String {
    if text.len() <= SAID_BYTES {
        return text.to_owned();
    }
    let half = SAID_BYTES / 2;
    let head = (0..=half).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let tail = (text.len() - half..text.len()).find(|start| text.is_char_boundary(*start)).unwrap_or(text.len());
    format!("{}\n…\n{}", &text[..head], &text[tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_keep_both_ends() {
        let long = format!("{}é{}", "a".repeat(SAID_BYTES), "z".repeat(SAID_BYTES));
        let short = shortened(&long);
        assert!(short.starts_with("aaa") && short.ends_with("zzz") && short.len() < SAID_BYTES + 16);
        assert_eq!(shortened("é"), "é");
        assert_eq!(plain("a\u{1b}[31mb\r\nc"), "a[31mb\nc");
    }
}
