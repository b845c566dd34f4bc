//! A process that is killed in the middle of commits: everything acknowledged is there, nothing twice, nothing after a
//! hole.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use sconce_ledger::Recovery;

use crate::support::{ask, commit, inputs, open, row, rows, trade};

/// Names the directory for the child; without it the child's part is not played.
const ROOT: &str = "SCONCE_TEST_CRASH_ROOT";
const WORKERS: u32 = 2;

/// The child's part: writes for ever, and says how far each worker is acknowledged.
#[test]
fn the_child_that_is_killed() {
    let Some(root) = std::env::var_os(ROOT).map(PathBuf::from) else { return };
    let (ledger, recovery) = open(&root);
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let ledger = ledger.clone();
            let mut next = recovery.workers.get(&worker).map_or(0, |position| position.input_seq) + 1;
            scope.spawn(move || {
                loop {
                    ledger.submit(commit(worker, next..=next + 6)).expect("taken");
                    next += 7;
                    if next % 3 == 0 {
                        ledger.flush_blocking().expect("committed");
                        let line = format!("acked {worker} {}\n", next - 1);
                        std::io::stdout().write_all(line.as_bytes()).expect("the parent listens");
                    }
                }
            });
        }
    });
}

fn spawn(root: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "crash::the_child_that_is_killed", "--nocapture"])
        .env(ROOT, root)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the test starts itself")
}

/// Lets a child write until it has acknowledged so many times, kills it, and answers what it acknowledged.
fn run_and_kill(root: &std::path::Path, lines: usize) -> [u64; WORKERS as usize] {
    let mut child = spawn(root);
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut acked = [0; WORKERS as usize];
    let mut note = |line: &str| {
        let mut words = line.split_ascii_whitespace().skip_while(|word| *word != "acked").skip(1);
        let worker: usize = words.next()?.parse().ok()?;
        acked[worker] = words.next()?.parse().ok()?;
        Some(())
    };
    let mut seen = 0;
    for line in stdout.lines() {
        seen += usize::from(note(&line.expect("text")).is_some());
        if seen == lines {
            child.kill().expect("alive");
        }
    }
    child.wait().expect("dead");
    assert!(seen >= lines, "the child ended by itself after {seen} acknowledgements");
    acked
}

fn check(root: &std::path::Path, acked: [u64; WORKERS as usize]) -> Recovery {
    let (ledger, recovery) = open(root);
    assert_eq!(recovery.lost_batches, 0);
    let mut outputs = 0;
    for (worker, acked) in (0..).zip(acked) {
        let position = recovery.workers.get(&worker).copied().unwrap_or_default();
        assert!(position.input_seq >= acked, "worker {worker} was told {acked} and has {}", position.input_seq);
        assert_eq!(position.input_seq % 7, 0, "a hand-over is whole or absent");
        assert_eq!(position.input_seq, position.row_seq);
        assert_eq!(inputs(&ledger, worker), (1..=position.input_seq).map(trade).collect::<Vec<_>>());
        let tape: Vec<f64> = rows(&ledger, worker).iter().map(|row| row.values[0]).collect();
        assert_eq!(tape, (1..=position.row_seq).map(|seq| row(seq).values[0]).collect::<Vec<_>>());
        outputs += position.input_seq;
    }
    assert_eq!(recovery.last_seq, outputs, "one output for each event, none twice");
    assert_eq!(ask(ledger.verify_chain(0, u64::MAX)).expect("whole"), outputs);
    recovery
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    let root = tempfile::tempdir().expect("temporary directory");
    for lines in [1, 2, 5, 3, 8, 4, 13] {
        let acked = run_and_kill(root.path(), lines);
        check(root.path(), acked);
    }
}
