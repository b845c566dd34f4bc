//! Names concrete types: which clock, which runtime, which store, which feed.

mod agents;
mod forecasts;
mod models;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sconce_api::{ApiConfig, Limits, ObservationView, OperatorToken, Origins, Proxies, Rate, market_notice};
use sconce_domain::ports::{Feed, Plugins, Store};
use sconce_domain::symbol::Resolver;
use sconce_domain::{Clock, DeploymentSpec, Instrument};
use sconce_feeds::demo::{DemoFeed, DemoOptions};
use sconce_feeds::replay::parse_instrument;
use sconce_feeds::{LiveFeed, ReplayFeed, ReplayOptions, Speed};
use sconce_ledger::{DataDir, FsyncPolicy, Ledger, LedgerOptions, Retention};
use sconce_notify::{Notifier, NotifierOptions, Slack, WebhookUrl};
use sconce_runtime::{RuntimeOptions, WasmPlugins};
use sconce_store::{SqlStore, StoreOptions};

use crate::cli::{Fsync, ServeArgs};
use crate::config::Settings;
use crate::live;

pub(crate) use forecasts::forecasts;
pub(crate) use models::registry as models;

/// The bundled deployments.
const DEPLOYMENTS: &str = include_str!("../deployments.toml");
/// Those for a feed that gives daily closes and no trades.
const CLOSES: &str = include_str!("../deployments-closes.toml");

/// A feed, and what the command line needs to know of it.
pub(crate) struct WiredFeed {
    pub(crate) feed: Arc<dyn Feed>,
    /// The same feed when it replays files, for the progress bar.
    pub(crate) replay: Option<Arc<ReplayFeed>>,
    /// Its market time is the wall clock.
    pub(crate) wall_clock: bool,
    /// The deployments that run where no file names others.
    pub(crate) bundled: &'static str,
}

/// The live feed of a specification, or nothing where it names none.
pub(crate) fn live_feed(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Option<LiveFeed>> {
    let Some(options) = live::options(settings)? else { return Ok(None) };
    Ok(Some(LiveFeed::new(&options, clock)?))
}

/// The deployments that run on a feed where no file names others.
pub(crate) fn bundled(settings: &Settings) -> anyhow::Result<&'static str> {
    let closes = live::options(settings)?.is_some_and(|live| live.coinbase.is_none() && live.binance.is_none());
    Ok(if closes { CLOSES } else { DEPLOYMENTS })
}

/// The feed that the settings name.
pub(crate) fn feed(settings: &Settings, args: &ServeArgs, clock: Arc<dyn Clock>) -> anyhow::Result<WiredFeed> {
    if settings.feed == "demo" {
        let options = DemoOptions { seed: settings.demo_seed, speed: settings.demo_speed, ..DemoOptions::default() };
        let wall_clock = (settings.demo_speed - 1.0).abs() < f64::EPSILON;
        let feed = Arc::new(DemoFeed::new(options, clock)?);
        return Ok(WiredFeed { feed, replay: None, wall_clock, bundled: DEPLOYMENTS });
    }
    if let Some(feed) = live_feed(settings, clock)? {
        let bundled = bundled(settings)?;
        return Ok(WiredFeed { feed: Arc::new(feed), replay: None, wall_clock: true, bundled });
    }
    let spec = settings.feed.as_str();
    anyhow::ensure!(
        spec.starts_with("replay:"),
        "unknown feed `{spec}`: use `demo`, `replay:FILE[,FILE…]`, `live`, or `coinbase:`, `binance:` or `coingecko:` \
         with instruments"
    );
    let options = ReplayOptions {
        speed: speed(&args.speed)?,
        on_bad_row: args.on_bad_row.into(),
        map: args.columns.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        ..ReplayOptions::default()
    };
    let instruments = args.instrument.iter().map(|spelling| {
        parse_instrument(spelling)
            .with_context(|| format!("`{spelling}` names no pair; write BASE-QUOTE such as XRP-ETH"))
    });
    let instruments: Vec<Instrument> = instruments.collect::<anyhow::Result<_>>()?;
    let feed = Arc::new(replay(spec, &instruments, options)?);
    let wired = Arc::clone(&feed) as Arc<dyn Feed>;
    Ok(WiredFeed { feed: wired, replay: Some(feed), wall_clock: false, bundled: DEPLOYMENTS })
}

/// One instrument serves every file; several go with the files in order.
fn replay(spec: &str, instruments: &[Instrument], options: ReplayOptions) -> anyhow::Result<ReplayFeed> {
    if let [] | [_] = instruments {
        return Ok(ReplayFeed::from_spec(spec, instruments.first(), options)?);
    }
    let paths: Vec<&str> = spec.trim_start_matches("replay:").split(',').collect();
    anyhow::ensure!(
        paths.len() == instruments.len(),
        "{} files and {} instruments: name one --instrument for each file, or one for all",
        paths.len(),
        instruments.len()
    );
    let files = paths.iter().zip(instruments);
    let files =
        files.map(|(path, instrument)| sconce_feeds::ReplayFile { path: path.into(), instrument: instrument.clone() });
    Ok(ReplayFeed::open(files.collect(), options)?)
}

fn speed(text: &str) -> anyhow::Result<Speed> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    let factor: f64 = text.parse().with_context(|| format!("--speed `{text}`: use `max` or a number such as 60"))?;
    anyhow::ensure!(factor.is_finite() && factor > 0.0, "--speed must be above 0, not {text}");
    Ok(Speed::Factor(factor))
}

/// The runtime of plugins, with its compiled cache in the data directory; no deployment may ask for more than `ceilings`.
pub(crate) fn plugins(data_dir: &DataDir, ceilings: sconce_domain::Limits) -> anyhow::Result<Arc<dyn Plugins>> {
    let usual = RuntimeOptions::default();
    let options = RuntimeOptions { cache: Some(data_dir.cache()), ceilings: ceilings.or(usual.ceilings), ..usual };
    Ok(Arc::new(WasmPlugins::new(options)?))
}

/// The folder of plugins: named, or beside the binary.
pub(crate) fn plugin_folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &settings.plugins {
        return Ok(folder.clone());
    }
    let binary = std::env::current_exe().context("finding the path of this program")?;
    let beside = binary.parent().map(|folder| folder.join("plugins"));
    let built = binary.parent().and_then(Path::parent).map(|folder| folder.join("plugins"));
    let found = [beside, built].into_iter().flatten().find(|folder| folder.is_dir());
    found.context(
        "no plugin folder beside the program: build the plugins with `cargo xtask build` or name one with --plugins",
    )
}

/// How the ledger is run.
pub(crate) fn ledger_options(settings: &Settings, clock: Arc<dyn Clock>) -> LedgerOptions {
    LedgerOptions {
        fsync: match settings.fsync {
            Fsync::Always => FsyncPolicy::Always,
            Fsync::Normal => FsyncPolicy::Normal,
            Fsync::Off => FsyncPolicy::Off,
        },
        retention: Retention {
            max_bytes: (settings.retention_mib > 0).then_some(settings.retention_mib << 20),
            max_age: (settings.retention_days > 0).then(|| Duration::from_hours(24 * settings.retention_days)),
        },
        clock,
        ..LedgerOptions::default()
    }
}

/// The query tables that the settings name.
pub(crate) async fn store(settings: &Settings) -> anyhow::Result<Arc<dyn Store>> {
    let options = StoreOptions {
        readers: settings.database_readers,
        statement_timeout: Duration::from_secs(settings.database_timeout_sec),
        ..StoreOptions::default()
    };
    let store = SqlStore::open(settings.database()?, options).await?;
    tracing::info!(database = %store.address(), "query tables");
    Ok(Arc::new(store))
}

/// Tells findings to Slack, where that is asked for.
pub(crate) fn notifier(
    settings: &Settings,
    ledger: &Ledger,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Notifier>> {
    let address = settings.alert_webhook_url.trim();
    if address.is_empty() {
        return Ok(None);
    }
    let url = address.parse::<WebhookUrl>().context("alert_webhook_url (ALERT_WEBHOOK_URL)")?;
    if settings.slack_analysis_only {
        tracing::info!("a webhook is set, and slack_analysis_only keeps findings from it");
        return Ok(None);
    }
    let slack = Slack::new(url, settings.alert_verbose).context("alert_webhook_url (ALERT_WEBHOOK_URL)")?;
    let cooldown = Duration::from_secs(settings.agent_alert_cooldown_sec);
    let options = NotifierOptions { cooldown, ..NotifierOptions::default() };
    Ok(Some(Notifier::spawn(Arc::new(ledger.clone()), Arc::new(slack), Arc::clone(clock), options)))
}

/// How long the query tables keep what.
pub(crate) fn kept(settings: &Settings) -> sconce_store::Retention {
    let days = |days: u64| (days > 0).then(|| Duration::from_hours(24 * days));
    sconce_store::Retention {
        outputs: days(settings.keep_outputs_days),
        strategy_logs: days(settings.keep_logs_days),
        observations: days(settings.keep_observations_days),
        faults: days(settings.keep_faults_days),
        bars: days(settings.keep_bars_days),
        audit: days(settings.keep_audit_days),
        outcomes: days(settings.keep_outcomes_days),
    }
}

/// Whether nobody but this machine can connect to the address.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Looks spellings up in the configured order, then in that of the feed.
pub(crate) fn resolver(settings: &Settings, feed: &dyn Feed) -> anyhow::Result<Resolver> {
    let own = feed.instruments();
    let mut ordered: Vec<Instrument> = Vec::new();
    for text in &settings.instruments {
        let instrument: Instrument = text.parse()?;
        if own.contains(&instrument) && !ordered.contains(&instrument) {
            ordered.push(instrument);
        }
    }
    let rest: Vec<Instrument> = own.into_iter().filter(|instrument| !ordered.contains(instrument)).collect();
    ordered.extend(rest);
    Ok(Resolver::new(ordered))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DeploymentsFile {
    #[serde(default)]
    deployment: Vec<DeploymentSpec>,
}

/// What should run: the deployments file, or the bundled ones, with the settings that apply to all.
pub(crate) fn deployments(settings: &Settings, bundled: &str) -> anyhow::Result<Vec<DeploymentSpec>> {
    let (name, text) = match &settings.deployments {
        Some(file) => (
            file.display().to_string(),
            std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?,
        ),
        None => ("the bundled deployments".to_owned(), bundled.to_owned()),
    };
    let file: DeploymentsFile = toml::from_str(&text).with_context(|| format!("{name} are not valid"))?;
    let mut specs = file.deployment;
    for spec in &mut specs {
        let is_shown = [&settings.signals_deployment, &settings.regime_deployment].contains(&&spec.id);
        if is_shown && settings.signal_poll_seconds > 0 && spec.every_seconds.is_some() {
            spec.every_seconds = Some(settings.signal_poll_seconds);
        }
    }
    agents::schedule(settings, &mut specs)?;
    let mut ids: Vec<_> = specs.iter().map(|spec| &spec.id).collect();
    ids.sort();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    anyhow::ensure!(
        twice.is_none(),
        "{name}: two deployments are called {}",
        twice.map_or("", |pair| pair[0].as_str())
    );
    Ok(specs)
}

/// Who may read from a browser.
pub(crate) fn origins(settings: &Settings) -> anyhow::Result<Origins> {
    Origins::parse(&settings.api_origins).context("api_origins (API_ORIGINS)")
}

/// How often one caller may ask.
pub(crate) fn limits(settings: &Settings) -> anyhow::Result<Limits> {
    Ok(Limits {
        reads: Rate::parse(&settings.rate_limit_default).context("rate_limit_default (RATE_LIMIT_DEFAULT)")?,
        changes: Rate::parse(&settings.rate_limit_changes).context("rate_limit_changes (RATE_LIMIT_CHANGES)")?,
        run_now: Rate::parse(&settings.rate_limit_run_now).context("rate_limit_run_now (RATE_LIMIT_RUN_NOW)")?,
        proxies: Proxies::parse(&settings.trusted_proxies).context("trusted_proxies (TRUSTED_PROXIES)")?,
    })
}

/// What changing routes ask for.
pub(crate) fn token(settings: &Settings) -> anyhow::Result<Option<OperatorToken>> {
    let token = settings.operator_token.trim();
    if token.is_empty() { Ok(None) } else { Ok(Some(OperatorToken::new(token).context("operator_token")?)) }
}

/// The API's settings.
pub(crate) fn api_config(settings: &Settings, wired: &WiredFeed, resolver: &Resolver) -> anyhow::Result<ApiConfig> {
    Ok(ApiConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        origins: origins(settings)?,
        operator_token: token(settings)?,
        limits: limits(settings)?,
        open_to: if is_loopback(&settings.host) { "loopback" } else { "anyone" },
        cache_ttl: Duration::from_secs(settings.api_cache_ttl_sec),
        max_logs_returned: settings.max_logs_returned,
        market: market_notice(&wired.feed.info()),
        agents: agents::api(settings, resolver, wired.replay.is_some())?,
        observations: ObservationView {
            signals: settings.signals_deployment.clone(),
            regime: Some(settings.regime_deployment.clone()),
        },
        ..ApiConfig::default()
    })
}
