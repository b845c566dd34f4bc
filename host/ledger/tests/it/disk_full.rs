//! A full disk stalls the ledger: it says so, keeps what it has, and goes on by itself when there is room again.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::{commit, inputs, open_with, options, trade};

/// A small file system in memory, unmounted at the end.
struct SmallDisk {
    mount: tempfile::TempDir,
}

impl SmallDisk {
    /// Absent where mounting is not permitted.
    fn new() -> Option<Self> {
        let mount = tempfile::tempdir().expect("temporary directory");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(mount.path())
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(SmallDisk { mount })
    }

    fn path(&self) -> &Path {
        self.mount.path()
    }

    /// Fills it to the last byte; deleting the file makes room again.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("ballast");
        let mut file = File::create(&path).expect("room for a name");
        for size in [65_536, 4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays mounted", self.path().display());
    }
}

#[test]
fn it_stalls_and_recovers() {
    let Some(disk) = SmallDisk::new() else {
        std::io::stderr().write_all(b"SKIP it_stalls_and_recovers: mounting is not permitted\n").expect("stderr");
        return;
    };
    let root = disk.path().join("data");
    let (ledger, _) = open_with(&root, options());
    ledger.submit(commit(0, 1..=50)).expect("taken");
    ledger.flush_blocking().expect("committed");

    let ballast = disk.fill();
    let ticket = ledger.submit(commit(0, 51..=900)).expect("taken");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    while ledger.status().stalled.is_none() {
        std::thread::yield_now();
    }
    let unacknowledged = runtime.block_on(async {
        let waiting = tokio::time::timeout(Duration::from_millis(50), ledger.append(vec![]));
        waiting.await
    });
    assert!(unacknowledged.is_err(), "nothing is acknowledged meanwhile");
    assert_eq!(inputs(&ledger, 0).len(), 50, "readers go on with what is committed");

    fs::remove_file(&ballast).expect("there");
    runtime.block_on(ledger.wait(ticket)).expect("it went on by itself");
    assert_eq!(ledger.status().stalled, None);
    assert_eq!(inputs(&ledger, 0), (1..=900).map(trade).collect::<Vec<_>>());

    let ballast = disk.fill();
    ledger.submit(commit(0, 901..=5_000)).expect("taken");
    while ledger.status().stalled.is_none() {
        std::thread::yield_now();
    }
    drop(ledger);
    fs::remove_file(&ballast).expect("there");
    let (ledger, recovery) = open_with(&root, options());
    assert_eq!((recovery.workers[&0].input_seq, recovery.lost_batches), (900, 0), "closing a stalled ledger ends");
    assert_eq!(inputs(&ledger, 0).len(), 900);
}
