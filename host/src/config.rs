//! Every setting of the host: defaults, then the file, then the environment, then flags. The one place that reads the
//! environment. `docs/configuration.md` lists the same table.

mod agents;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sconce_domain::{DeploymentId, Limits};
use sconce_inference::backend::LibrarySearch;
use sconce_store::Address;
use serde::{Deserialize, Serialize};

pub(crate) use agents::AgentVariables;

use crate::cli::{DataDirArgs, DoctorArgs, Fsync, ServeArgs};

/// Environment variables, the setting that each sets, and its older spellings; the first spelling that is set wins.
pub(crate) const ENVIRONMENT: &[(&[&str], &str)] = &[
    (&["DATA_DIR"], "data_dir"),
    (&["HOST"], "host"),
    (&["PORT"], "port"),
    (&["API_CACHE_TTL_SEC", "CACHE_TTL_SEC"], "api_cache_ttl_sec"),
    (&["API_ORIGINS", "ALLOWED_ORIGINS"], "api_origins"),
    (&["OPERATOR_TOKEN"], "operator_token"),
    (&["RATE_LIMIT_DEFAULT"], "rate_limit_default"),
    (&["RATE_LIMIT_CHANGES"], "rate_limit_changes"),
    (&["RATE_LIMIT_RUN_NOW"], "rate_limit_run_now"),
    (&["TRUSTED_PROXIES"], "trusted_proxies"),
    (&["DISABLE_SIGNALS"], "disable_signals"),
    (&["SIGNAL_POLL_SECONDS"], "signal_poll_seconds"),
    (&["MAX_TRADES_KEPT"], "max_trades_kept"),
    (&["MAX_LOGS_RETURNED"], "max_logs_returned"),
    (&["SIGNALS_DEPLOYMENT"], "signals_deployment"),
    (&["REGIME_DEPLOYMENT"], "regime_deployment"),
    (&["SCONCE_FEED"], "feed"),
    (&["SCONCE_ONNXRUNTIME"], "onnxruntime"),
    (&["SCONCE_MODELS"], "models"),
    (&["FORECAST_AT_CLOSE"], "forecast_at_close"),
    (&["SCONCE_FEATURE_TABLES"], "feature_tables"),
    (&["SYMBOL", "SYMBOLS"], "symbol"),
    (&["COINBASE_WS_URL"], "coinbase_ws_url"),
    (&["COINBASE_REST_URL"], "coinbase_rest_url"),
    (&["BINANCE_WS_URL"], "binance_ws_url"),
    (&["BINANCE_REST_URL"], "binance_rest_url"),
    (&["COINGECKO_BASE", "COINGECKO_BASE_URL"], "coingecko_base"),
    (&["COINGECKO_TIMEOUT_SEC"], "coingecko_timeout_sec"),
    (&["COINGECKO_API_KEY"], "coingecko_api_key"),
    (&["COINGECKO_COINS"], "coingecko_coins"),
    (&["COINCAP_BASE"], "coincap_base"),
    (&["COINCAP_API_KEY"], "coincap_api_key"),
    (&["FEED_TIMEOUT_SEC"], "feed_timeout_sec"),
    (&["FEED_STALL_SEC"], "feed_stall_sec"),
    (&["SCONCE_PLUGINS"], "plugins"),
    (&["SCONCE_PLUGIN_KEYS"], "plugin_keys"),
    (&["SCONCE_WATCH_SEC"], "watch_sec"),
    (&["SCONCE_DEPLOYMENTS"], "deployments"),
    (&["SCONCE_WORKERS"], "workers"),
    (&["SCONCE_FSYNC"], "fsync"),
    (&["AGENTS", "AGENT_NAMES"], "agents"),
    (&["FEATURE_BARS"], "feature_bars"),
    (&["FEATURE_NEW_TREND"], "feature_new_trend"),
    (&["FEATURE_REVERSAL"], "feature_reversal"),
    (&["FEATURE_LIQUIDITY"], "feature_liquidity"),
    (&["LLM_ENABLE"], "llm_enable"),
    (&["MODE"], "mode"),
    (&["ALERT_WEBHOOK_URL"], "alert_webhook_url"),
    (&["SLACK_ANALYSIS_ONLY"], "slack_analysis_only"),
    (&["ALERT_VERBOSE"], "alert_verbose"),
    (&["AGENT_ALERT_COOLDOWN_SEC"], "agent_alert_cooldown_sec"),
    (&["GIT_SHA"], "git_sha"),
    (&["BUILD_TIME"], "build_time"),
    (&["SCONCE_CHECKPOINT_EVENTS"], "checkpoint_events"),
    (&["DATABASE_URL"], "database_url"),
];

/// What our own variables begin with; one that is not in [`ENVIRONMENT`] is a slip of the pen.
const OURS: &str = "SCONCE_";
/// Settings that are never shown.
const SECRETS: [&str; 5] =
    ["operator_token", "database_url", "alert_webhook_url", "coingecko_api_key", "coincap_api_key"];

/// The settings of one run.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where everything is kept.
    pub(crate) data_dir: PathBuf,
    /// Address to listen on.
    pub(crate) host: String,
    /// Port to listen on; 0 takes a free one.
    pub(crate) port: u16,
    /// How long a rendered view is served while nothing changes, in seconds.
    pub(crate) api_cache_ttl_sec: u64,
    /// Origins that browsers may read from, separated by commas; `*` is all.
    pub(crate) api_origins: String,
    /// Bearer token that mutating routes ask for; empty: they are open.
    pub(crate) operator_token: String,
    /// Reads that one caller may make: `1200/minute`, or `off`.
    pub(crate) rate_limit_default: String,
    /// The same for changes.
    pub(crate) rate_limit_changes: String,
    /// The same for calls of agents on demand.
    pub(crate) rate_limit_run_now: String,
    /// Addresses and networks whose `X-Forwarded-For` is believed, separated by commas.
    pub(crate) trusted_proxies: String,
    /// 1: evaluate nothing; the last signals are still served.
    pub(crate) disable_signals: u8,
    /// Seconds of market time between evaluations of deployments that ask for a timer; 0 leaves theirs.
    pub(crate) signal_poll_seconds: u32,
    /// Posted trades that `trades.json` holds.
    pub(crate) max_trades_kept: u32,
    /// Most lines of a strategy's log in one answer.
    pub(crate) max_logs_returned: u32,
    /// The deployment behind `/v1/signals`.
    pub(crate) signals_deployment: DeploymentId,
    /// The deployment whose label is the market regime.
    pub(crate) regime_deployment: DeploymentId,
    /// `demo`, `replay:FILE`, `live`, or a provider with its instruments.
    pub(crate) feed: String,
    /// Stream of Coinbase Exchange.
    pub(crate) coinbase_ws_url: String,
    /// Requests to Coinbase Exchange.
    pub(crate) coinbase_rest_url: String,
    /// Requests to Coinbase Exchange a minute.
    pub(crate) coinbase_per_minute: u32,
    /// Stream of Binance spot.
    pub(crate) binance_ws_url: String,
    /// Requests to Binance spot.
    pub(crate) binance_rest_url: String,
    /// Weight of the requests to Binance a minute.
    pub(crate) binance_per_minute: u32,
    /// Requests to CoinGecko; setting it makes `live` take CoinGecko.
    pub(crate) coingecko_base: Option<String>,
    /// Seconds for one request to CoinGecko.
    pub(crate) coingecko_timeout_sec: u64,
    /// Key for CoinGecko; setting it makes `live` take CoinGecko.
    pub(crate) coingecko_api_key: String,
    /// Coins of CoinGecko, separated by commas; setting it makes `live` take CoinGecko.
    pub(crate) coingecko_coins: String,
    /// Requests to CoinGecko a minute.
    pub(crate) coingecko_per_minute: u32,
    /// Requests to CoinCap, who is asked while CoinGecko limits us or is down; `off`: nobody is.
    pub(crate) coincap_base: Option<String>,
    /// Key for CoinCap.
    pub(crate) coincap_api_key: String,
    /// Requests to CoinCap a minute.
    pub(crate) coincap_per_minute: u32,
    /// Seconds for a connection or a request to an exchange.
    pub(crate) feed_timeout_sec: f64,
    /// Seconds of silence after which a stream counts as lost.
    pub(crate) feed_stall_sec: f64,
    /// Folder of plugin components.
    pub(crate) plugins: Option<PathBuf>,
    /// Ed25519 public keys, in base64 or as PEM files, separated by commas; where there are some, only plugins that one of
    /// them signed run.
    pub(crate) plugin_keys: String,
    /// Seconds between two looks at the folder of plugins; 0: only at the start.
    pub(crate) watch_sec: f64,
    /// Deployments file.
    pub(crate) deployments: Option<PathBuf>,
    /// The most that a deployment may ask for in its `limits`; what is not named is as built in.
    pub(crate) ceilings: Limits,
    /// Worker threads for instruments.
    pub(crate) workers: u32,
    /// When commits reach the disk.
    pub(crate) fsync: Fsync,
    /// Instruments in the order in which a bare spelling is looked up; those of the feed follow.
    pub(crate) instruments: Vec<String>,
    /// Seed of the demo market.
    pub(crate) demo_seed: u64,
    /// Market seconds per second of the demo market.
    pub(crate) demo_speed: f64,
    /// Events between two checkpoints; 0: at an ordered end only.
    pub(crate) checkpoint_events: u64,
    /// Bytes that row tape and input log before the oldest checkpoint may take, in MiB; 0: no bound.
    pub(crate) retention_mib: u64,
    /// Days that they are kept; 0: for ever.
    pub(crate) retention_days: u64,
    /// Where the query tables lie: `postgres://…`, or empty for a file in the data directory.
    pub(crate) database_url: String,
    /// Connections that read from the query tables at the same time.
    pub(crate) database_readers: u32,
    /// Seconds that the database may take over one statement.
    pub(crate) database_timeout_sec: u64,
    /// Newest findings, log lines, posted trades and so on that memory holds, of each kind.
    pub(crate) memory_rows: u32,
    /// Days that the query tables keep outputs; 0: for ever.
    pub(crate) keep_outputs_days: u64,
    /// Days that the query tables keep lines of strategies' logs; 0: for ever.
    pub(crate) keep_logs_days: u64,
    /// Days that the query tables keep posted trades; 0: for ever.
    pub(crate) keep_observations_days: u64,
    /// Days that the query tables keep faults; 0: for ever.
    pub(crate) keep_faults_days: u64,
    /// Days of market time that the query tables keep bars; 0: for ever.
    pub(crate) keep_bars_days: u64,
    /// Days that the query tables keep the audit; 0: for ever.
    pub(crate) keep_audit_days: u64,
    /// Days that the query tables keep what became of outputs; 0: for ever.
    pub(crate) keep_outcomes_days: u64,
    /// Symbols by commas: what live feeds take, and what the agents' API shows, the first one being the usual one; empty: all
    /// that the feed has.
    pub(crate) symbol: String,
    /// Names of the agents that are scheduled, by commas; empty: all.
    pub(crate) agents: String,
    /// Numbers from bars are shown; else their stand-ins.
    pub(crate) feature_bars: bool,
    /// `trend_score` is scheduled.
    pub(crate) feature_new_trend: bool,
    /// Asks for agents that this host does not have; they are listed as disabled.
    pub(crate) feature_reversal: bool,
    /// The same.
    pub(crate) feature_liquidity: bool,
    /// The same.
    pub(crate) llm_enable: bool,
    /// What `/version` says of the market's time; empty: what the feed says.
    pub(crate) mode: Option<Mode>,
    /// Slack webhook that findings are told to; empty: nobody is told.
    pub(crate) alert_webhook_url: String,
    /// Only the analyst's findings are told, and this host has no analyst: nothing is.
    pub(crate) slack_analysis_only: bool,
    /// What is told names direction, time and attributes as well.
    pub(crate) alert_verbose: bool,
    /// Seconds in which one agent is told of one instrument at most once.
    pub(crate) agent_alert_cooldown_sec: u64,
    /// Folder of tables of features that somebody else computed: `COIN.parquet` or `COIN_features.parquet`.
    pub(crate) feature_tables: Option<PathBuf>,
    /// Library of ONNX Runtime, or the folder that it lies in.
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Folder of hosted models.
    pub(crate) models: PathBuf,
    /// Who is asked when a day closes, by commas: `hosted`, names of forecasters; `auto`; empty: those that columns name.
    pub(crate) forecast_at_close: String,
    /// What `/version` says of the source.
    pub(crate) git_sha: String,
    /// What `/version` says of the build.
    pub(crate) build_time: String,
    /// Options of deployments that the environment sets.
    #[serde(skip)]
    pub(crate) variables: AgentVariables,
}

/// Whether market time is the present or the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// The present.
    Realtime,
    /// The past.
    Backtest,
}

impl Default for Settings {
    fn default() -> Self {
        let id = |text: &str| text.parse().expect("a valid deployment id");
        Settings {
            data_dir: PathBuf::from("data"),
            host: "127.0.0.1".to_owned(),
            port: 8000,
            api_cache_ttl_sec: 60,
            api_origins: String::new(),
            operator_token: String::new(),
            rate_limit_default: "1200/minute".to_owned(),
            rate_limit_changes: "120/minute".to_owned(),
            rate_limit_run_now: "30/minute".to_owned(),
            trusted_proxies: "127.0.0.1,::1".to_owned(),
            disable_signals: 0,
            signal_poll_seconds: 60,
            max_trades_kept: 100,
            max_logs_returned: 50,
            signals_deployment: id("zones-1d"),
            regime_deployment: id("breadth-1d"),
            feed: "demo".to_owned(),
            coinbase_ws_url: "wss://ws-feed.exchange.coinbase.com".to_owned(),
            coinbase_rest_url: "https://api.exchange.coinbase.com".to_owned(),
            coinbase_per_minute: 300,
            binance_ws_url: "wss://stream.binance.com:9443".to_owned(),
            binance_rest_url: "https://api.binance.com".to_owned(),
            binance_per_minute: 3_000,
            coingecko_base: None,
            coingecko_timeout_sec: 20,
            coingecko_api_key: String::new(),
            coingecko_coins: String::new(),
            coingecko_per_minute: 20,
            coincap_base: None,
            coincap_api_key: String::new(),
            coincap_per_minute: 60,
            feed_timeout_sec: 10.0,
            feed_stall_sec: 30.0,
            plugins: None,
            plugin_keys: String::new(),
            watch_sec: 1.0,
            deployments: None,
            ceilings: Limits::default(),
            workers: 1,
            fsync: Fsync::Normal,
            instruments: Vec::new(),
            demo_seed: 1,
            demo_speed: 1.0,
            checkpoint_events: 200_000,
            retention_mib: 0,
            retention_days: 0,
            database_url: String::new(),
            database_readers: 4,
            database_timeout_sec: 30,
            memory_rows: 1_000,
            keep_outputs_days: 0,
            keep_logs_days: 0,
            keep_observations_days: 0,
            keep_faults_days: 0,
            keep_bars_days: 0,
            keep_audit_days: 0,
            keep_outcomes_days: 0,
            symbol: String::new(),
            agents: String::new(),
            feature_bars: true,
            feature_new_trend: true,
            feature_reversal: false,
            feature_liquidity: false,
            llm_enable: false,
            mode: None,
            alert_webhook_url: String::new(),
            slack_analysis_only: true,
            alert_verbose: false,
            agent_alert_cooldown_sec: 120,
            feature_tables: None,
            onnxruntime: None,
            models: PathBuf::from("models/artifacts"),
            forecast_at_close: "auto".to_owned(),
            git_sha: String::new(),
            build_time: String::new(),
            variables: AgentVariables::default(),
        }
    }
}

impl Settings {
    /// Keys of those whose plugins run, each in base64 or as a file.
    pub(crate) fn plugin_keys(&self) -> Vec<String> {
        self.plugin_keys.split(',').map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect()
    }

    /// Settings of a command that only needs the data directory.
    pub(crate) fn for_data_dir(args: &DataDirArgs) -> anyhow::Result<Self> {
        let mut settings = load(args.config.as_deref(), variable)?.settings;
        if let Some(data_dir) = &args.data_dir {
            settings.data_dir.clone_from(data_dir);
        }
        Ok(settings)
    }

    /// Settings of `sconce serve`.
    pub(crate) fn for_serve(args: &ServeArgs) -> anyhow::Result<Self> {
        let mut settings = Self::for_data_dir(&args.data)?;
        macro_rules! flags {
            ($($flag:ident),*) => { $( if let Some(value) = &args.$flag { settings.$flag = value.clone(); } )* };
        }
        flags!(feed, host, port, workers, fsync, demo_seed, demo_speed);
        settings.plugins = args.plugins.clone().or(settings.plugins);
        settings.deployments = args.deployments.clone().or(settings.deployments);
        settings.check()?;
        Ok(settings)
    }

    /// Settings of `sconce doctor`, which looks at what `serve` would use.
    pub(crate) fn for_doctor(args: &DoctorArgs) -> anyhow::Result<Self> {
        let mut settings = Self::for_data_dir(&args.data)?;
        settings.feed = args.feed.clone().unwrap_or(settings.feed);
        settings.plugins = args.plugins.clone().or(settings.plugins);
        settings.deployments = args.deployments.clone().or(settings.deployments);
        settings.check()?;
        Ok(settings)
    }

    /// Where the query tables lie.
    pub(crate) fn database(&self) -> anyhow::Result<Address> {
        let file = self.data_dir.join("query.db");
        Address::parse(&self.database_url, &file).context("database_url (DATABASE_URL)")
    }

    /// Where the library of ONNX Runtime is looked for.
    pub(crate) fn library_search(&self) -> LibrarySearch {
        LibrarySearch {
            setting: self.onnxruntime.clone(),
            variable: variable("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from),
            beside: std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join("lib"))),
            cache: user_cache("sconce/onnxruntime"),
            system: true,
        }
    }

    /// Refuses values that cannot work.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!((1..=64).contains(&self.workers), "workers must be 1 to 64, not {}", self.workers);
        anyhow::ensure!(
            self.demo_speed.is_finite() && self.demo_speed > 0.0 && self.demo_speed <= 3_600.0,
            "demo_speed must be above 0 and at most 3600, not {}",
            self.demo_speed
        );
        for (name, seconds) in [("feed_timeout_sec", self.feed_timeout_sec), ("feed_stall_sec", self.feed_stall_sec)] {
            let range = 0.1..=3_600.0;
            anyhow::ensure!(range.contains(&seconds), "{name} must be 0.1 to 3600, not {seconds}");
        }
        let watch = self.watch_sec;
        anyhow::ensure!(
            watch == 0.0 || (0.1..=3_600.0).contains(&watch),
            "watch_sec must be 0 or 0.1 to 3600, not {watch}"
        );
        anyhow::ensure!(
            (1..=3_600).contains(&self.coingecko_timeout_sec),
            "coingecko_timeout_sec must be 1 to 3600, not {}",
            self.coingecko_timeout_sec
        );
        anyhow::ensure!(self.max_logs_returned > 0, "max_logs_returned must be at least 1");
        anyhow::ensure!(
            (1..=100).contains(&self.database_readers),
            "database_readers must be 1 to 100, not {}",
            self.database_readers
        );
        anyhow::ensure!(
            (1..=3_600).contains(&self.database_timeout_sec),
            "database_timeout_sec must be 1 to 3600, not {}",
            self.database_timeout_sec
        );
        anyhow::ensure!(
            (1..=1_000_000).contains(&self.memory_rows),
            "memory_rows must be 1 to 1000000, not {}",
            self.memory_rows
        );
        let addressable = Limits { memory_mib: Some(4_096), ..Limits::default() };
        self.ceilings.check(&addressable).map_err(anyhow::Error::msg).context("ceilings")?;
        self.database().map(drop)
    }
}

/// Settings, and where each that is no default comes from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    sources: BTreeMap<String, String>,
}

/// One setting as `sconce config check` shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) source: String,
}

impl Loaded {
    /// What is in force for a command with these arguments.
    pub(crate) fn of(args: &DataDirArgs) -> anyhow::Result<Self> {
        let mut loaded = load(args.config.as_deref(), variable)?;
        if let Some(data_dir) = &args.data_dir {
            loaded.settings.data_dir.clone_from(data_dir);
            loaded.sources.insert("data_dir".to_owned(), "--data-dir".to_owned());
        }
        Ok(loaded)
    }

    /// Every setting, by name; secrets are masked.
    pub(crate) fn shown(&self) -> anyhow::Result<Vec<Shown>> {
        let serde_json::Value::Object(all) = serde_json::to_value(&self.settings)? else {
            anyhow::bail!("settings are a table");
        };
        let shown = all.into_iter().map(|(key, value)| {
            let source = self.sources.get(&key).cloned().unwrap_or_else(|| "default".to_owned());
            let value = match value {
                serde_json::Value::String(text) if text.is_empty() => "(empty)".to_owned(),
                serde_json::Value::String(_) if SECRETS.contains(&key.as_str()) => self.masked(&key),
                serde_json::Value::Null => "(none)".to_owned(),
                other => other.to_string(),
            };
            Shown { key, value, source }
        });
        Ok(shown.collect())
    }

    fn masked(&self, key: &str) -> String {
        match (key, self.settings.database()) {
            ("database_url", Ok(address)) => format!("{address} (password not shown)"),
            _ => "(set, not shown)".to_owned(),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where a user's own commands may keep what they can make again.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    user_cache("sconce/compiled")
}

/// A folder below that of the user's caches.
fn user_cache(name: &str) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(home.join(name))
}

/// Variables that are meant for us and that nothing reads.
pub(crate) fn unknown_variables() -> Vec<String> {
    unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

fn unknown(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = |name: &str| ENVIRONMENT.iter().any(|(names, _)| names.contains(&name));
    let mut unknown: Vec<String> = names.filter(|name| name.starts_with(OURS) && !known(name)).collect();
    unknown.sort();
    unknown
}

/// Defaults, then the file, then what `variable` gives for the names of [`ENVIRONMENT`].
fn load(file: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Loaded> {
    let mut builder = config::Config::builder();
    let mut sources = BTreeMap::new();
    if let Some(file) = file {
        builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let table: toml::Table = text.parse().with_context(|| format!("{} is not TOML", file.display()))?;
        sources.extend(table.into_iter().map(|(key, _)| (key, file.display().to_string())));
    }
    for (names, key) in ENVIRONMENT {
        let set: Vec<(&str, String)> = names
            .iter()
            .filter_map(|name| Some((*name, variable(name)?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        if let [(first, value), rest @ ..] = set.as_slice() {
            if let Some((other, _)) = rest.iter().find(|(_, other)| other != value) {
                tracing::warn!("{first} and {other} are both set and differ; {first} is used");
            }
            builder = builder.set_override(*key, value.as_str()).with_context(|| format!("setting {first}"))?;
            sources.insert((*key).to_owned(), (*first).to_owned());
        }
    }
    let settings = builder.build().context("reading the configuration")?;
    let settings: Settings = settings.try_deserialize().context("the configuration is not valid")?;
    let settings = Settings { variables: AgentVariables::read(variable)?, ..settings };
    Ok(Loaded { settings, sources })
}

#[cfg(test)]
mod tests;
