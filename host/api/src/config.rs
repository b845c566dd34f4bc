//! Every setting of the API. The host's configuration module fills this in; nothing here reads the environment.

mod limits;

use std::fmt;
use std::time::Duration;

use axum::http::HeaderValue;
use sconce_domain::ports::FeedInfo;
use sconce_domain::{DeploymentId, Digest};

pub use self::limits::{Limits, Proxies, Rate};
use crate::symbols::SymbolBook;

/// Settings of the API.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// Version of the host, as `/version` and the OpenAPI document say it.
    pub version: String,
    /// Who may read from a browser.
    pub origins: Origins,
    /// When present, mutating routes ask for it as a bearer token.
    pub operator_token: Option<OperatorToken>,
    /// Whom the audit names where no token is asked for: `loopback` when nobody else can connect, else `anyone`.
    pub open_to: &'static str,
    /// How often one caller may ask; off unless the host says otherwise.
    pub limits: Limits,
    /// Largest accepted body of a POST, in bytes.
    pub body_limit: usize,
    /// Largest accepted plugin, in bytes.
    pub upload_limit: usize,
    /// A request that takes longer is answered with an error.
    pub request_timeout: Duration,
    /// A view that cannot be made anew within this time is served as it was, with a line that says so.
    pub view_patience: Duration,
    /// A view is rendered at most this often because something changed in the markets.
    pub view_pause: Duration,
    /// How long what comes from the query tables is kept while the service's revision stands still. Ages, outputs,
    /// deployments and feeds are in memory and are read anew every second in any case.
    pub cache_ttl: Duration,
    /// Most lines of a strategy's log in one answer (`MAX_LOGS_RETURNED`).
    pub max_logs_returned: u32,
    /// Most bars or outputs in one answer.
    pub max_page: u32,
    /// Take log lines of strategies that do not exist, as long as the id is well formed.
    pub allow_unknown_strategies: bool,
    /// Stands in the header `X-Market` of every answer: names a market that is made up, with its speed.
    pub market: Option<HeaderValue>,
    /// What `/v1/signals` shows.
    pub observations: ObservationView,
    /// What the API of agents shows.
    pub agents: AgentsConfig,
}

impl Default for ApiConfig {
    fn default() -> Self {
        ApiConfig {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origins: Origins::None,
            operator_token: None,
            open_to: "anyone",
            limits: Limits::default(),
            // The documented limit of the observational API.
            body_limit: 64 * 1024,
            // What the runtime accepts.
            upload_limit: 32 << 20,
            request_timeout: Duration::from_secs(30),
            // The documented time for a cold read.
            view_patience: Duration::from_secs(2),
            // Fifty times a second is more than anybody can see.
            view_pause: Duration::from_millis(20),
            // The documented default.
            cache_ttl: Duration::from_secs(60),
            max_logs_returned: 50,
            // A thousand outputs are about a megabyte of JSON.
            max_page: 1000,
            allow_unknown_strategies: false,
            market: None,
            observations: ObservationView::default(),
            agents: AgentsConfig::default(),
        }
    }
}

/// Which deployments stand behind `/v1/signals`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservationView {
    /// The deployment whose newest output per instrument is shown.
    pub signals: DeploymentId,
    /// The deployment whose label is the market regime.
    pub regime: Option<DeploymentId>,
}

impl Default for ObservationView {
    fn default() -> Self {
        let id = |text: &str| text.parse().expect("a well-formed deployment id");
        ObservationView { signals: id("zones-1d"), regime: Some(id("regime-1d")) }
    }
}

/// Settings of the API of agents.
#[derive(Debug, Clone)]
pub struct AgentsConfig {
    /// Which symbols it speaks of.
    pub symbols: SymbolBook,
    /// Whether numbers from bars are shown; else their stand-ins.
    pub bars: bool,
    /// Agents that are listed and never run.
    pub disabled: Vec<DisabledAgent>,
    /// Revision of the source, as `/version` says it.
    pub git_sha: Option<String>,
    /// Time of the build, as `/version` says it.
    pub build_time: Option<String>,
    /// `realtime` or `backtest`.
    pub mode: &'static str,
}

impl Default for AgentsConfig {
    fn default() -> Self {
        AgentsConfig {
            symbols: SymbolBook::default(),
            bars: true,
            disabled: Vec::new(),
            git_sha: None,
            build_time: None,
            mode: "realtime",
        }
    }
}

/// An agent that is known by name and not part of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisabledAgent {
    /// Its name.
    pub name: &'static str,
    /// Why it does not run.
    pub reason: String,
}

/// What [`ApiConfig::market`] says of a feed: nothing of a real market.
pub fn market_notice(feed: &FeedInfo) -> Option<HeaderValue> {
    let speed = feed.speed.map_or_else(|| "max".to_owned(), |speed| speed.to_string());
    let notice = feed.synthetic.then(|| format!("{}; synthetic; speed={speed}", feed.name))?;
    HeaderValue::from_str(&notice).ok()
}

/// Origins that browsers may read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// None but the host's own.
    #[default]
    None,
    /// Every origin, without credentials.
    Any,
    /// These.
    List(Vec<HeaderValue>),
}

/// Why a setting is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither scheme://host nor scheme://host:port.
    #[error("`{0}` is not an origin: write scheme://host or scheme://host:port, or `*` alone")]
    Origin(String),
    /// Not so many in so long.
    #[error("`{0}` is no rate: write 120/minute (second, minute or hour), or `off`")]
    Rate(String),
    /// Neither an address nor a network.
    #[error("`{0}` is neither an address nor a network: write 10.0.0.1 or 10.0.0.0/8")]
    Proxy(String),
    /// No secret at all.
    #[error("the operator token is empty: set one, or leave it out")]
    EmptyToken,
}

impl Origins {
    /// Reads a comma list. `*` anywhere in it means every origin; an empty list means none.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let parts: Vec<&str> = list.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.contains(&"*") {
            return Ok(Origins::Any);
        }
        let values = parts.into_iter().map(parse_origin).collect::<Result<Vec<_>, _>>()?;
        Ok(if values.is_empty() { Origins::None } else { Origins::List(values) })
    }

    /// The first list that is set wins (`API_ORIGINS` before `ALLOWED_ORIGINS`).
    pub fn first_set(lists: &[Option<&str>]) -> Result<Self, ConfigError> {
        lists.iter().flatten().find(|list| !list.trim().is_empty()).map_or(Ok(Origins::None), |list| Self::parse(list))
    }
}

fn parse_origin(text: &str) -> Result<HeaderValue, ConfigError> {
    let fail = || ConfigError::Origin(text.chars().take(80).collect());
    let origin = text.strip_suffix('/').unwrap_or(text);
    let (scheme, authority) = origin.split_once("://").ok_or_else(fail)?;
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'?' | b'#'));
    if !plain(scheme) || !plain(authority) {
        return Err(fail());
    }
    HeaderValue::from_str(&origin.to_ascii_lowercase()).map_err(|_| fail())
}

/// The operator's bearer token; only its digest is kept, so nothing can print it.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorToken(Digest);

impl OperatorToken {
    /// Takes a token; white space around it does not count.
    pub fn new(token: &str) -> Result<Self, ConfigError> {
        let token = token.trim();
        if token.is_empty() { Err(ConfigError::EmptyToken) } else { Ok(OperatorToken(Digest::of(token.as_bytes()))) }
    }

    /// Whether `offered` is the token. Digests are compared, so the time taken says nothing about the text.
    pub fn accepts(&self, offered: &str) -> bool {
        Digest::of(offered.as_bytes()) == self.0
    }
}

impl fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(list: &str, expected: &str) {
        let text = match Origins::parse(list) {
            Ok(Origins::None) => "none".to_owned(),
            Ok(Origins::Any) => "any".to_owned(),
            Ok(Origins::List(list)) => {
                list.iter().map(|value| value.to_str().expect("ascii")).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(text, expected, "{list}");
    }

    #[test]
    fn origins_are_read_from_a_comma_list() {
        check("", "none");
        check(" , ", "none");
        check("*", "any");
        check("http://a.example, *", "any");
        check("http://localhost:3000, https://App.example/", "http://localhost:3000 https://app.example");
        check("localhost", "`localhost` is not an origin: write scheme://host or scheme://host:port, or `*` alone");
        check("https://a/b", "`https://a/b` is not an origin: write scheme://host or scheme://host:port, or `*` alone");
    }

    #[test]
    fn the_first_list_that_is_set_wins() {
        let both = Origins::first_set(&[Some("http://a.example"), Some("*")]);
        assert_eq!(both, Origins::parse("http://a.example"));
        assert_eq!(Origins::first_set(&[Some("  "), Some("*")]), Ok(Origins::Any));
        assert_eq!(Origins::first_set(&[None, None]), Ok(Origins::None));
    }

    #[test]
    fn the_token_is_never_printed() {
        let token = OperatorToken::new("correct horse battery").expect("long enough");
        assert_eq!(format!("{token:?}"), "OperatorToken(…)");
        assert!(token.accepts("correct horse battery") && !token.accepts("correct horse"));
        assert_eq!(OperatorToken::new("  "), Err(ConfigError::EmptyToken));
    }
}
