//! `sconce serve`: recover, take in a market, run the deployments, serve, and end in order.

mod boot;
mod opening;
mod progress;
mod upkeep;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sconce_api::ApiState;
use sconce_domain::ports::{FeedError, Store};
use sconce_domain::{Clock, SystemClock};
use sconce_engine::{Asked, Engine};
use sconce_ledger::{DataDir, Ledger};
use sconce_store::Projector;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cli::ServeArgs;
use crate::config::Settings;
use crate::service::{FeedRun, HostService};
use crate::telemetry::say;
use crate::wiring::WiredFeed;
use crate::{telemetry, watch, wiring};
use opening::{Opening, Questions};

/// How long the end may take before the process leaves what is left to the next start.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) use boot::Shape;

pub(super) async fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::for_serve(args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = telemetry::metrics()?;
    let dir = DataDir::open(&settings.data_dir)?;
    let wired = wiring::feed(&settings, args, Arc::clone(&clock))?;
    let host = boot::boot(&settings, dir, &wired, &clock).await?;

    let address = format!("{}:{}", settings.host, settings.port);
    let listener = tokio::net::TcpListener::bind(&address).await.with_context(|| format!("listening on {address}"))?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let board = host.engine.board().clone();
    tasks.spawn(telemetry::keep_metrics_small(metrics.clone(), stop.clone()));
    let (shown, now) = (Arc::clone(&wired.feed), Arc::clone(&clock));
    let render = move || {
        sconce_engine::telemetry::show(&board);
        sconce_feeds::telemetry::show(&shown.sources(), now.now());
        metrics.render()
    };
    let config = wiring::api_config(&settings, &wired, &host.resolver)?;
    let state = ApiState::new(config, Arc::clone(&host.service) as _, Arc::clone(&clock), render);
    let local = listener.local_addr()?;
    let api_stop = stop.clone();
    let front = sconce_api::router(&state);
    let mut api = tokio::spawn(sconce_api::serve(listener, front, async move { api_stop.cancelled().await }));

    let bar = progress::show(wired.replay.clone(), &tasks, &stop);
    let questions = boot::put_into_force(&settings, &host, &wired, clock.as_ref()).await?;
    announce(&format!("http://{local}"), &wired.feed.info().note);
    tasks.spawn(FeedTask::new(&host, &wired, questions, &stop).run_to_end(bar));
    watch_folder(&settings, &host, &tasks, &stop)?;
    tasks.spawn(watch_trials(Arc::clone(&host.service), stop.clone()));
    tasks.spawn(upkeep::forget(wiring::kept(&settings), &host, Arc::clone(&clock), stop.clone()));
    tasks.close();

    let told = until_told(wait_for_signal(), &mut api).await;
    match &told {
        Ok(()) => tracing::info!("stopping"),
        Err(reason) => tracing::error!(%reason, "stopping"),
    }
    stop.cancel();
    let ended = tokio::time::timeout(DEADLINE, end(&host.engine, &host.ledger, &host.projector, &tasks)).await;
    if told.is_ok() {
        drop(tokio::time::timeout(DEADLINE, api).await);
    }
    if ended.is_err() {
        tracing::error!("the end took longer than {} s; what was acknowledged is safe", DEADLINE.as_secs());
        return Ok(ExitCode::FAILURE);
    }
    host.ledger.close();
    tracing::info!("everything accepted is in the ledger");
    told.map(|()| ExitCode::SUCCESS)
}

async fn watch_trials(service: Arc<HostService>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        ended = service.watch_trials() => {
            if let Err(error) = ended {
                tracing::error!(%error, "deployments on probation are watched no longer");
            }
        }
    }
}

fn watch_folder(settings: &Settings, host: &Host, tasks: &TaskTracker, stop: &CancellationToken) -> anyhow::Result<()> {
    if settings.watch_sec > 0.0 {
        let every = Duration::from_secs_f64(settings.watch_sec);
        let folder = wiring::plugin_folder(settings)?;
        tasks.spawn(watch::watch(folder, every, Arc::clone(&host.service), stop.clone()));
    }
    Ok(())
}

/// What a started host consists of.
struct Host {
    engine: Arc<Engine>,
    ledger: Ledger,
    store: Arc<dyn Store>,
    projector: Arc<Projector>,
    feed_run: Arc<FeedRun>,
    service: Arc<HostService>,
    resolver: sconce_domain::symbol::Resolver,
    /// Tells findings while it lives.
    _notifier: Option<sconce_notify::Notifier>,
}

/// The feed, pushed into the engine until it ends or is told to.
struct FeedTask {
    engine: Arc<Engine>,
    feed: Opening,
    run: Arc<FeedRun>,
    /// Who is asked when bars close.
    asked: Asked,
    stop: CancellationToken,
}

impl FeedTask {
    fn new(host: &Host, wired: &WiredFeed, questions: Questions, stop: &CancellationToken) -> Self {
        FeedTask {
            engine: Arc::clone(&host.engine),
            feed: Opening::new(Arc::clone(&wired.feed), Arc::clone(&host.engine), questions),
            run: Arc::clone(&host.feed_run),
            asked: Asked { answers: host.service.answers(), wall_clock: wired.wall_clock },
            stop: stop.clone(),
        }
    }

    async fn run_to_end(self, bar: Option<indicatif::ProgressBar>) {
        self.run.begin();
        let outcome = tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(FeedError::Closed),
            outcome = self.engine.run_feed(&self.feed, Some(self.asked)) => outcome,
        };
        // A feed counts as exhausted once all that it pushed is in the ledger.
        if outcome.is_ok()
            && let Err(error) = self.engine.settle().await
        {
            tracing::error!(%error, "what the feed pushed did not reach the ledger");
        }
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        match &outcome {
            Ok(end) => tracing::info!(?end, "the feed has ended; the host goes on serving"),
            Err(FeedError::Closed) => {}
            Err(FeedError::Source(reason)) => tracing::error!(reason, "the feed has failed; the host goes on serving"),
        }
        self.run.end(&outcome);
    }
}

/// Feeds first, then workers, then the ledger, then the query tables.
async fn end(engine: &Engine, ledger: &Ledger, projector: &Projector, tasks: &TaskTracker) {
    tasks.wait().await;
    if let Err(error) = engine.shutdown().await {
        tracing::error!(%error, "the workers did not end well");
    }
    let newest = ledger.status().last_seq;
    if let Err(error) = projector.wait_for(newest, DEADLINE / 4).await {
        tracing::warn!(%error, "the query tables catch up at the next start");
    }
}

fn announce(address: &str, note: &str) {
    say(&format!("listening on {address}"));
    say(note);
    say("three things to try:");
    say(&format!("  curl {address}/v1/signals"));
    say(&format!("  curl '{address}/host/v1/outputs?limit=5'"));
    say(&format!("  open {address}/docs"));
}

/// Waits for the signal to end. The API's server ends only when it is told to: an earlier end of it is an error.
async fn until_told(
    signal: impl Future<Output = anyhow::Result<()>>,
    api: &mut JoinHandle<std::io::Result<()>>,
) -> anyhow::Result<()> {
    tokio::select! {
        told = signal => told,
        ended = api => match ended {
            Ok(Ok(())) => Err(anyhow::anyhow!("the API's server has ended by itself")),
            Ok(Err(error)) => Err(error).context("the API's server has failed"),
            Err(error) => Err(error).context("the API's server broke off"),
        },
    }
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        outcome = tokio::signal::ctrl_c() => outcome?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::io;

    use super::*;

    #[tokio::test]
    async fn a_server_that_ends_by_itself_is_an_error() {
        let broken = || io::Error::other("no more sockets");
        for (mut api, expected) in [
            (tokio::spawn(ready(Ok(()))), "the API's server has ended by itself"),
            (tokio::spawn(async move { Err(broken()) }), "the API's server has failed: no more sockets"),
            (tokio::spawn(async { panic!("a defect") }), "the API's server broke off: "),
        ] {
            let error = until_told(pending(), &mut api).await.expect_err("nobody has told it to");
            assert!(format!("{error:#}").starts_with(expected), "{error:#}");
        }
    }

    #[tokio::test]
    async fn a_signal_ends_a_server_that_runs() {
        let mut api = tokio::spawn(pending());
        until_told(ready(Ok(())), &mut api).await.expect("it was told to");
        assert!(!api.is_finished());
    }
}
