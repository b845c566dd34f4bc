//! The progress bar of a replay, for people at a terminal.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sconce_feeds::ReplayFeed;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Steps of the bar: thousandths.
const STEPS: u64 = 1_000;

/// Shows how far a replay is; nothing for other feeds, or where nobody looks.
pub(super) fn show(
    replay: Option<Arc<ReplayFeed>>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Option<ProgressBar> {
    let replay = replay.filter(|_| std::io::stderr().is_terminal())?;
    let bar = ProgressBar::new(STEPS);
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% eta {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let (shown, stop) = (bar.clone(), stop.clone());
    tasks.spawn(async move {
        while !shown.is_finished() && !stop.is_cancelled() {
            let progress = replay.progress();
            shown.set_position((progress.fraction * STEPS as f64) as u64);
            shown.set_message(format!("replay: {} rows, {} bad", progress.rows, progress.bad_rows));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    Some(bar)
}
