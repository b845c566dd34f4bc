//! `sconce dev` as an author has it open: a save is built, what it says otherwise is shown, and a running host has it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::{Setup, binary, until, until_within};
use crate::kit::{edit, told, tools};

/// The first build of its kind compiles every library.
const BUILD: Duration = Duration::from_secs(240);

/// A process that is ended when the test is over, however it ends.
struct Open {
    child: Child,
    said: std::path::PathBuf,
}

impl Open {
    fn start(args: &[&str], folder: &Path) -> Self {
        let said = folder.join("said.txt");
        let out = std::fs::File::create(&said).expect("writable");
        let err = out.try_clone().expect("one file for both");
        let mut command = Command::new(binary());
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(tools()).args(args).stdin(Stdio::null()).stdout(out).stderr(err);
        Open { child: command.spawn().expect("it starts"), said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// Waits until it has said this `times` times; gives everything.
    #[track_caller]
    fn until(&self, words: &str, times: usize) -> String {
        let look = || Some(self.said()).filter(|said| said.matches(words).count() >= times);
        until_within(BUILD, words, look, || self.said())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_save_is_built_compared_and_reloaded() {
    let home = TempDir::new().expect("a temporary folder");
    let folder = home.path().join("dusk");
    let dir = folder.to_string_lossy().into_owned();
    told(&["new", "dusk", "--dir", &dir], true);
    let server = Setup::feed("demo", &["--demo-speed", "60"]).start();
    server.get_until("/v1/signals", |body| body["signals"]["BTC"]["score"].is_u64());
    let args = ["dev", &dir, "--offline", "--host", &server.url(""), "--instruments", "BTC", "--timeframe", "1m"];
    let mut open = Open::start(&args, home.path());
    let first = open.until("after the save it runs there", 1);
    assert!(first.contains("cases: all 1 as recorded") && first.contains("made market, 2,000 bars: said"), "{first}");
    let running = || server.get("/host/v1/deployments/dev-dusk").json(200);
    let before = running();
    assert_eq!(before["stage"], "shadow");

    edit(&folder.join("src/lib.rs"), "Signal::new(\"cross_up\")", "Signal::new(\"cross_over\")");
    let second = open.until("after the save it runs there", 2);
    assert!(second.contains("beside the build before:") && second.contains("cross_over"), "{second}");
    assert!(second.contains("cases: 1 of 1 differ: crossing"), "{second}");
    let after = running();
    assert_ne!(after["plugin"]["digest"], before["plugin"]["digest"]);
    let old = before["plugin"]["digest"].as_str().expect("a digest");
    server.get_until("/host/v1/plugins", |body| !body.to_string().contains(old));

    // What does not build changes nothing, and the next save goes on.
    edit(&folder.join("src/lib.rs"), "Signal::new(\"cross_over\")", "Signal::new(cross_over)");
    open.until("error: ", 1);
    assert_eq!(running()["plugin"]["digest"], after["plugin"]["digest"]);
    edit(&folder.join("src/lib.rs"), "Signal::new(cross_over)", "Signal::new(\"cross_up\")");
    let last = open.until("after the save it runs there", 3);
    assert!(last.contains("cases: all 1 as recorded"), "{last}");

    let pid = rustix::process::Pid::from_child(&open.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let ended = until("the end", || open.child.try_wait().expect("ours"), || "it goes on".to_owned());
    assert!(ended.success() && open.said().contains("dev-dusk is retired"), "{}", open.said());
    assert_eq!(server.get("/host/v1/deployments/dev-dusk").status, 404);
}
