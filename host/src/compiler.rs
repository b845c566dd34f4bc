//! Compiling what was uploaded, away from everything that runs: one artefact at a time, in a child process with bounds on
//! its time and memory. What the child leaves is a file of the compiled cache; a bomb takes the child and nothing else.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use serde::{Deserialize, Serialize};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// How long one artefact may take. What it may compute is bounded in the child; Python takes 15 s of processor time, which were
/// 70 s on two cores with ten others at work.
const PATIENCE: Duration = Duration::from_secs(180);
/// One that is compiled, and one that waits for it.
const PLACES: usize = 2;

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Why the artefact is refused; absent: it is compiled, and in the cache.
    pub(crate) refused: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Compiler {
    cache: PathBuf,
    places: Semaphore,
    turn: Semaphore,
}

impl Compiler {
    /// Leaves compiled artefacts in `cache`.
    pub(crate) fn new(cache: PathBuf) -> Self {
        Compiler { cache, places: Semaphore::new(PLACES), turn: Semaphore::new(1) }
    }

    /// Checks and compiles an artefact; `begun` is told when its turn has come.
    pub(crate) async fn compile(&self, bytes: &[u8], begun: impl FnOnce()) -> Result<(), Failure> {
        let busy = |_| Failure::new(ErrorKind::Busy, "another plugin is compiled and one waits; try again in a moment");
        let _place = self.places.try_acquire().map_err(busy)?;
        let _turn = self.turn.acquire().await.map_err(|error| Failure::internal(error.to_string()))?;
        begun();
        let file = tokio::task::block_in_place(|| self.write(bytes))
            .map_err(|error| Failure::internal(format!("keeping an upload: {error}")))?;
        let verdict = self.ask(&file).await?;
        match verdict.refused {
            None => Ok(()),
            Some(reason) => Err(Failure::new(ErrorKind::Invalid, reason)),
        }
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<tempfile::TempPath> {
        std::fs::create_dir_all(&self.cache)?;
        let file = tempfile::Builder::new().prefix("upload-").suffix(".wasm").tempfile_in(&self.cache)?;
        std::fs::write(file.path(), bytes)?;
        Ok(file.into_temp_path())
    }

    async fn ask(&self, file: &std::path::Path) -> Result<Verdict, Failure> {
        let failed = |error: std::io::Error| Failure::internal(format!("starting the compiler: {error}"));
        let mut command = Command::new(std::env::current_exe().map_err(failed)?);
        command.env_clear().args(["--log", "off", "compile"]).arg(file).arg("--cache").arg(&self.cache);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().map_err(failed)?;
        let refuse = |message: String| Failure::new(ErrorKind::Invalid, message);
        let output = match tokio::time::timeout(PATIENCE, child.wait_with_output()).await {
            Ok(output) => output.map_err(failed)?,
            // The child is killed with the future.
            Err(_) => return Err(refuse(format!("compiling took longer than {} s", PATIENCE.as_secs()))),
        };
        serde_json::from_slice(&output.stdout).map_err(|_| {
            refuse(format!(
                "compiling broke off ({}): it asks for more time or memory than a plugin is given",
                output.status
            ))
        })
    }
}
