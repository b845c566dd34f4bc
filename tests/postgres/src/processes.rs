//! A process and its children, by what `/proc` says; and signals to them.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// The process and its children. A server's children are direct ones.
///
/// The parent is stopped first: one that went on would have children that nobody counted.
pub(crate) fn family(parent: u32) -> Vec<u32> {
    signal(&[parent], Signal::STOP);
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = numbers.filter(|number| parent_of(*number) == Some(parent));
    std::iter::once(parent).chain(children).collect()
}

/// Sends to each; one that is gone already is passed over.
pub(crate) fn signal(processes: &[u32], signal: Signal) {
    for process in processes {
        if let Some(process) = i32::try_from(*process).ok().and_then(Pid::from_raw) {
            let _ = kill_process(process, signal);
        }
    }
}

/// Whether one of them is still there and is no zombie.
pub(crate) fn any_alive(processes: &[u32]) -> bool {
    let state = |process: &u32| fields(*process).and_then(|fields| fields.first().cloned());
    processes.iter().filter_map(state).any(|state| state != "Z")
}

fn parent_of(process: u32) -> Option<u32> {
    fields(process)?.get(1)?.parse().ok()
}

/// What follows the name in `stat`: state, parent, …
fn fields(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
