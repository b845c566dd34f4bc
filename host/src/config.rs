//! Every setting of the host: defaults, then the file, then the environment, then flags. The one place that reads the
//! environment. `docs/configuration.md` lists the same table.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sconce_domain::DeploymentId;
use serde::Deserialize;

use crate::cli::{DataDirArgs, DoctorArgs, Fsync, ServeArgs};

/// Environment variables, the setting that each sets, and its older spellings; the first spelling that is set wins.
pub(crate) const ENVIRONMENT: &[(&[&str], &str)] = &[
    (&["DATA_DIR"], "data_dir"),
    (&["HOST"], "host"),
    (&["PORT"], "port"),
    (&["API_CACHE_TTL_SEC", "CACHE_TTL_SEC"], "api_cache_ttl_sec"),
    (&["API_ORIGINS", "ALLOWED_ORIGINS"], "api_origins"),
    (&["OPERATOR_TOKEN"], "operator_token"),
    (&["DISABLE_SIGNALS"], "disable_signals"),
    (&["SIGNAL_POLL_SECONDS"], "signal_poll_seconds"),
    (&["MAX_TRADES_KEPT"], "max_trades_kept"),
    (&["MAX_LOGS_RETURNED"], "max_logs_returned"),
    (&["SIGNALS_DEPLOYMENT"], "signals_deployment"),
    (&["REGIME_DEPLOYMENT"], "regime_deployment"),
    (&["SCONCE_FEED"], "feed"),
    (&["SYMBOL", "SYMBOLS"], "symbol"),
    (&["COINBASE_WS_URL"], "coinbase_ws_url"),
    (&["COINBASE_REST_URL"], "coinbase_rest_url"),
    (&["BINANCE_WS_URL"], "binance_ws_url"),
    (&["BINANCE_REST_URL"], "binance_rest_url"),
    (&["COINGECKO_BASE", "COINGECKO_BASE_URL"], "coingecko_base"),
    (&["COINGECKO_TIMEOUT_SEC"], "coingecko_timeout_sec"),
    (&["COINGECKO_API_KEY"], "coingecko_api_key"),
    (&["COINGECKO_COINS"], "coingecko_coins"),
    (&["FEED_TIMEOUT_SEC"], "feed_timeout_sec"),
    (&["FEED_STALL_SEC"], "feed_stall_sec"),
    (&["SCONCE_PLUGINS"], "plugins"),
    (&["SCONCE_DEPLOYMENTS"], "deployments"),
    (&["SCONCE_WORKERS"], "workers"),
    (&["SCONCE_FSYNC"], "fsync"),
];

/// The settings of one run.
#[derive(Debug, Clone, Deserialize)]
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
    /// Instruments of a live feed, separated by commas.
    pub(crate) symbol: String,
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
    /// Seconds for a connection or a request to an exchange.
    pub(crate) feed_timeout_sec: f64,
    /// Seconds of silence after which a stream counts as lost.
    pub(crate) feed_stall_sec: f64,
    /// Folder of plugin components.
    pub(crate) plugins: Option<PathBuf>,
    /// Deployments file.
    pub(crate) deployments: Option<PathBuf>,
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
    /// Bytes that the row tape may take, in MiB; 0: no bound.
    pub(crate) retention_mib: u64,
    /// Days that the row tape is kept; 0: for ever.
    pub(crate) retention_days: u64,
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
            disable_signals: 0,
            signal_poll_seconds: 60,
            max_trades_kept: 100,
            max_logs_returned: 50,
            signals_deployment: id("zones-1d"),
            regime_deployment: id("breadth-1d"),
            feed: "demo".to_owned(),
            symbol: String::new(),
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
            feed_timeout_sec: 10.0,
            feed_stall_sec: 30.0,
            plugins: None,
            deployments: None,
            workers: 1,
            fsync: Fsync::Normal,
            instruments: Vec::new(),
            demo_seed: 1,
            demo_speed: 1.0,
            retention_mib: 0,
            retention_days: 0,
        }
    }
}

impl Settings {
    /// Settings of a command that only needs the data directory.
    pub(crate) fn for_data_dir(args: &DataDirArgs) -> anyhow::Result<Self> {
        let mut settings = load(args.config.as_deref(), |name| std::env::var(name).ok())?;
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

    fn check(&self) -> anyhow::Result<()> {
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
        anyhow::ensure!(
            (1..=3_600).contains(&self.coingecko_timeout_sec),
            "coingecko_timeout_sec must be 1 to 3600, not {}",
            self.coingecko_timeout_sec
        );
        anyhow::ensure!(self.max_logs_returned > 0, "max_logs_returned must be at least 1");
        Ok(())
    }
}

/// Defaults, then the file, then what `variable` gives for the names of [`ENVIRONMENT`].
fn load(file: Option<&Path>, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Settings> {
    let mut builder = config::Config::builder();
    if let Some(file) = file {
        builder = builder.add_source(config::File::from(file).format(config::FileFormat::Toml));
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
        }
    }
    let settings = builder.build().context("reading the configuration")?;
    settings.try_deserialize().context("the configuration is not valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(environment: &[(&str, &str)], expected: impl Fn(&Settings) -> bool) {
        let variable =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let settings = load(None, variable).expect("loads");
        assert!(expected(&settings), "{environment:?}: {settings:?}");
    }

    #[test]
    fn the_environment_sets_what_the_table_says() {
        check(&[], |s| s.port == 8000 && s.api_cache_ttl_sec == 60);
        check(&[("PORT", "9001")], |s| s.port == 9001);
        check(&[("CACHE_TTL_SEC", "5")], |s| s.api_cache_ttl_sec == 5);
        check(&[("API_CACHE_TTL_SEC", "7"), ("CACHE_TTL_SEC", "5")], |s| s.api_cache_ttl_sec == 7);
        check(&[("ALLOWED_ORIGINS", "http://a"), ("API_ORIGINS", "")], |s| s.api_origins == "http://a");
        check(&[("DISABLE_SIGNALS", "1")], |s| s.disable_signals == 1);
        check(&[("SCONCE_FSYNC", "always")], |s| s.fsync == Fsync::Always);
    }

    #[test]
    fn nonsense_is_refused_with_the_name_of_the_setting() {
        let error = load(None, |name| (name == "PORT").then(|| "many".to_owned())).expect_err("refused");
        assert!(format!("{error:#}").contains("port"), "{error:#}");
    }
}
