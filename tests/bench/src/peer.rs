//! Peers: programs that answer one line of JSON, `{"value": …}`, to each line that they are asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;

/// A running peer; it is ended when dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a program.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| format!("starting {name}"))?;
        let to = child.stdin.take().context("stdin is piped")?;
        let from = BufReader::new(child.stdout.take().context("stdout is piped")?);
        Ok(Peer { child, to, from })
    }

    /// Starts a Python script.
    pub(crate) fn python(python: &Path, script: &Path) -> anyhow::Result<Self> {
        Peer::start(Command::new(python).arg(script))
    }

    /// Asks for a figure.
    pub(crate) fn ask(&mut self, question: &str) -> anyhow::Result<f64> {
        writeln!(self.to, "{question}").context("the peer takes no questions any more")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        let answer: serde_json::Value =
            serde_json::from_str(&line).with_context(|| format!("the peer answered `{line}` to `{question}`"))?;
        answer.get("value").and_then(serde_json::Value::as_f64).context("the peer's answer has no value")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Already ended is fine here.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
