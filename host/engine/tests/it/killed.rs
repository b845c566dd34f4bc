//! A real kill: the test runs itself as a child on a data directory, kills it in mid-feed, and goes on in its place.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use sconce_ledger::Ledger;

use crate::batches::{one_of_each, whole_run};
use crate::double::Double;
use crate::host::Host;
use crate::market::{Dice, Script};

/// Names the child's data directory; the child alone sees it.
const CHILD: &str = "SCONCE_ENGINE_TEST_CHILD";

fn script() -> Script {
    Script::generated(3, 900, 6, 131).cut(&mut Dice(1), 5)
}

/// Ends the child whatever becomes of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Not a test of its own: what the child does. It stays until it is killed or its parent is gone.
#[tokio::test(flavor = "multi_thread")]
async fn the_child() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let script = script();
    let host = Host::open(Path::new(&root), &Double::new(), 2);
    host.desire(&script.instruments, &one_of_each()).await;
    host.feed(&script).await;
    std::io::stdin().read_line(&mut String::new()).expect("the parent's end closes");
}

/// Starts the child and kills it once so many entries are in its ledger.
async fn killed_at(root: &Path, entries: u64) -> u64 {
    let program = std::env::current_exe().expect("the test's own program");
    let mut command = Command::new(program);
    command.args(["--exact", "killed::the_child", "--nocapture"]).env(CHILD, root);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = Running(child.expect("it starts"));
    let ledger = loop {
        assert!(child.0.try_wait().expect("it can be asked").is_none(), "the child ended by itself");
        match Ledger::open_read_only(root) {
            Ok(ledger) if ledger.last_seq().await.is_ok() => break ledger,
            _ => tokio::task::yield_now().await,
        }
    };
    while ledger.last_seq().await.expect("reads") < entries {
        tokio::task::yield_now().await;
    }
    drop(child);
    ledger.last_seq().await.expect("reads")
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_comes_twice() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let script = script();
    let reference = whole_run(&dir.path().join("reference"), &script, &one_of_each(), 2).await;
    for entries in [60, 700, 1_500] {
        let root = dir.path().join(entries.to_string());
        let acknowledged = killed_at(&root, entries).await;
        // A host loads every artefact that it keeps before it goes on.
        let plugins = Double::new();
        for wanted in one_of_each() {
            plugins.load(&wanted.recipe);
        }
        let host = Host::open(&root, &plugins, 2);
        let kept = host.ledger.last_seq().await.expect("reads");
        assert!(kept >= acknowledged, "{kept} of {acknowledged} entries are left");
        host.ledger.verify_chain(0, u64::MAX).await.expect("the chain holds");
        host.desire(&script.instruments, &one_of_each()).await;
        host.feed(&script).await;
        let differences = host.said().await.differences(&reference);
        assert!(differences.is_empty(), "killed at {entries}: {differences:#?}");
    }
}
