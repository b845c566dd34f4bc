//! Every setting of the host: defaults, then the file, then the environment, then flags. The one place that reads the
//! environment. `docs/configuration.md` lists the same table.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sconce_domain::DeploymentId;
use serde::Deserialize;

use crate::cli::{DataDirArgs, Fsync, ServeArgs};

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
    (&["SCONCE_PLUGINS"], "plugins"),
    (&["SCONCE_DEPLOYMENTS"], "deployments"),
    (&["SCONCE_WORKERS"], "workers"),
    (&["SCONCE_FSYNC"], "fsync"),
    (&["SCONCE_CHECKPOINT_EVENTS"], "checkpoint_events"),
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
    /// `demo` or `replay:FILE`.
    pub(crate) feed: String,
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
    /// Events between two checkpoints; 0: at an ordered end only.
    pub(crate) checkpoint_events: u64,
    /// Bytes that row tape and input log before the oldest checkpoint may take, in MiB; 0: no bound.
    pub(crate) retention_mib: u64,
    /// Days that they are kept; 0: for ever.
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
            plugins: None,
            deployments: None,
            workers: 1,
            fsync: Fsync::Normal,
            instruments: Vec::new(),
            demo_seed: 1,
            demo_speed: 1.0,
            checkpoint_events: 200_000,
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

    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!((1..=64).contains(&self.workers), "workers must be 1 to 64, not {}", self.workers);
        anyhow::ensure!(
            self.demo_speed.is_finite() && self.demo_speed > 0.0 && self.demo_speed <= 3_600.0,
            "demo_speed must be above 0 and at most 3600, not {}",
            self.demo_speed
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
