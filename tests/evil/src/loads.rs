//! Loading as uploads are loaded: by the host's own binary as a child with bounds, which is given up after a while.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// As long as the host waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the child makes of an artefact within so much processor time: `taken`, or why not.
pub async fn load(host: &Path, bytes: &[u8], folder: &Path, seconds: u64) -> anyhow::Result<String> {
    let file = folder.join("upload.wasm");
    std::fs::write(&file, bytes)?;
    let mut command = Command::new(host);
    command.env_clear().args(["--log", "off", "compile"]).arg(&file).arg("--cache").arg(folder);
    command.arg("--seconds").arg(seconds.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn()?;
    let Ok(output) = tokio::time::timeout(PATIENCE, child.wait_with_output()).await else {
        return Ok(format!("compiling took longer than {} s", PATIENCE.as_secs()));
    };
    let output = output?;
    let verdict = serde_json::from_slice::<serde_json::Value>(&output.stdout);
    Ok(match verdict {
        Ok(verdict) => verdict["refused"].as_str().map_or_else(|| "taken".to_owned(), str::to_owned),
        Err(_) => format!("compiling broke off ({})", output.status),
    })
}
