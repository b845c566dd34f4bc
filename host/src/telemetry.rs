//! Logs and metrics of the process. Logs go to standard error, so that standard output stays for results.

use std::io::Write;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::cli::{LogArgs, LogFormat};

/// Starts logging. A filter that does not parse falls back to `info` and says so.
pub(crate) fn init(args: &LogArgs) {
    let filter = EnvFilter::try_new(&args.log);
    let refused = filter.as_ref().err().map(ToString::to_string);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().init(),
    }
    if let Some(reason) = refused {
        tracing::warn!(filter = args.log, reason, "log filter refused; logging at info");
    }
}

/// Seconds from a tenth of a millisecond to ten seconds, for durations of requests and commits.
const SECONDS: [f64; 11] = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// Installs the recorder behind `/metrics`, with the help texts of every crate.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let durations = Matcher::Suffix("_seconds".to_owned());
    let handle = PrometheusBuilder::new().set_buckets_for_metric(durations, &SECONDS)?.install_recorder()?;
    sconce_ledger::describe_metrics();
    sconce_store::describe_metrics();
    sconce_engine::telemetry::describe_metrics();
    sconce_feeds::telemetry::describe_metrics();
    sconce_notify::describe_metrics();
    crate::forecasting::describe_metrics();
    Ok(handle)
}

/// How often what histograms gathered is folded into their buckets.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Folds what histograms gathered, until told to stop. Reading `/metrics` does the same, but nobody may read them, and
/// every request and commit adds to what waits.
pub(crate) async fn keep_metrics_small(metrics: PrometheusHandle, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(FOLD_EVERY)).await.is_some() {
        metrics.run_upkeep();
    }
}

/// Writes a line to standard error, whatever the log filter is.
pub(crate) fn complain(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

/// Writes a line to standard output. A reader that has gone away ends the process's output, not the process.
pub(crate) fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
