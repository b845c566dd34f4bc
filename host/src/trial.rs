//! Opening a model first where it harms nobody: in a child of the host's own binary, with bounds on its memory and time. A graph
//! that takes too much takes the child with it, and that is the reason which its author reads.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use sconce_inference::{Candidate, Trial};
use serde::{Deserialize, Serialize};

/// MiB of memory that may be written while a model is opened and tried; what is only reserved does not count. Graphs have 4 MiB
/// at most: what needs a hundred times that is no model that this host wants.
pub(crate) const MEMORY_MIB: u64 = 512;
/// Seconds of processor time.
pub(crate) const SECONDS: u64 = 20;
/// Real time, on a machine where ten others are at work.
const PATIENCE: Duration = Duration::from_secs(120);

/// The files that a child is handed.
pub(crate) const PARTS: [&str; 4] = ["coin", "entry.json", "graph.onnx", "golden.json"];

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Why the model is refused; absent: it was opened and met its golden window.
    pub(crate) refused: Option<String>,
}

/// See the module.
pub(crate) struct ChildTrial {
    /// Where files are laid for the child.
    scratch: PathBuf,
    /// What the host runs its models with, so that the child does as well; absent: the runtime in Rust.
    library: Option<PathBuf>,
}

impl ChildTrial {
    /// With the library that the host found, or none; files are laid into `scratch`.
    pub(crate) fn new(scratch: PathBuf, library: Option<&Path>) -> Self {
        ChildTrial { scratch, library: library.map(Path::to_owned) }
    }

    /// The child, ready to start.
    fn command(&self, folder: &Path) -> std::io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--log", "off", "try-model"]).arg(folder);
        if let Some(library) = &self.library {
            command.arg("--library").arg(library);
        }
        // A bare name is looked for by the system, and where it looks may stand in the environment.
        if self.library.as_ref().is_none_or(|library| library.is_file()) {
            command.env_clear();
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(command)
    }

    fn ask(&self, candidate: &Candidate<'_>) -> std::io::Result<Result<(), String>> {
        std::fs::create_dir_all(&self.scratch)?;
        let folder = tempfile::Builder::new().prefix("trial-").tempdir_in(&self.scratch)?;
        let Candidate { listed, graph, golden } = candidate;
        let parts: [&[u8]; 4] = [listed.coin.as_bytes(), listed.text.as_bytes(), graph, golden];
        for (name, bytes) in PARTS.iter().zip(parts) {
            std::fs::write(folder.path().join(name), bytes)?;
        }
        let mut child = self.command(folder.path())?.spawn()?;
        let said = said(&mut child, PATIENCE)?;
        if said.is_none() {
            child.kill()?;
        }
        let status = child.wait()?;
        let Some(said) = said else {
            return Ok(Err(format!("took longer than {} s to load and to try", PATIENCE.as_secs())));
        };
        Ok(match serde_json::from_slice::<Verdict>(&said) {
            Ok(verdict) => verdict.refused.map_or(Ok(()), Err),
            Err(_) => Err(end(status)),
        })
    }
}

impl Trial for ChildTrial {
    fn attempt(&self, candidate: &Candidate<'_>) -> Result<(), String> {
        self.ask(candidate).unwrap_or_else(|error| Err(format!("it could not be tried: {error}")))
    }
}

impl fmt::Debug for ChildTrial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildTrial").field("library", &self.library).finish()
    }
}

/// Everything that a child says until it ends; nothing where it goes on for longer.
fn said(child: &mut Child, patience: Duration) -> std::io::Result<Option<Vec<u8>>> {
    let Some(mut stdout) = child.stdout.take() else { return Ok(Some(Vec::new())) };
    let (tell, told) = channel();
    std::thread::Builder::new().name("model-trial".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more where it took too long.
        drop(tell.send(read));
    })?;
    match told.recv_timeout(patience) {
        Ok(read) => read.map(Some),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Ok(Some(Vec::new())),
    }
}

/// Why a child ended without a word.
fn end(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if status.signal() == Some(rustix::process::Signal::XCPU.as_raw()) {
            return format!("took more than {SECONDS} s of processor time to load and to try");
        }
    }
    too_much(&status.to_string())
}

/// The words for a model that asks for more memory than there is.
pub(crate) fn too_much(detail: &str) -> String {
    format!("took more than {MEMORY_MIB} MiB to load and to try ({detail})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().expect("a shell")
    }

    #[test]
    fn ends_in_words() {
        let check = |script: &str, words: &str| {
            let mut child = shell(script);
            assert_eq!(said(&mut child, PATIENCE).expect("read"), Some(Vec::new()));
            let reason = end(child.wait().expect("it ended"));
            assert!(reason.contains(words), "{script}: {reason}");
        };
        check("kill -XCPU $$", "took more than 20 s of processor time");
        check("kill -KILL $$", "took more than 512 MiB");
        check("kill -ABRT $$", "took more than 512 MiB");
        check("kill -SEGV $$", "took more than 512 MiB");
        check("exit 101", "took more than 512 MiB");
    }

    #[test]
    fn who_says_nothing_for_too_long_is_not_waited_for() {
        let mut child = shell("exec tail -f /dev/null");
        assert_eq!(said(&mut child, Duration::from_millis(1)).expect("read"), None);
        child.kill().expect("killed");
        child.wait().expect("it ended");
    }
}
