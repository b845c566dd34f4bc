//! What the settings of agents mean for deployments and for the API.

use sconce_api::{AgentsConfig, DisabledAgent, SymbolBook};
use sconce_domain::symbol::Resolver;
use sconce_domain::{DeploymentSpec, Stage};

use crate::config::{Mode, Settings};

/// Deployments of this category are agents: the settings `symbol` and `agents` apply to them.
const CATEGORY: &str = "agent";
/// The agent that `feature_new_trend` switches.
const TREND: &str = "trend-score";

fn is_agent(spec: &DeploymentSpec) -> bool {
    spec.category == CATEGORY
}

/// Gives agents their symbols and options, and pauses those that are not wanted.
pub(super) fn schedule(settings: &Settings, specs: &mut [DeploymentSpec]) -> anyhow::Result<()> {
    settings.variables.apply(specs);
    let symbols = list(&settings.symbol);
    let wanted: Vec<String> = list(&settings.agents).into_iter().map(|name| name.replace('-', "_")).collect();
    let known = |name: &String| specs.iter().any(|spec| spec.id.agent_name() == *name);
    if let Some(name) = wanted.iter().find(|name| !known(name)) {
        anyhow::bail!("the setting `agents` names `{name}`, and there is no such deployment");
    }
    for spec in specs.iter_mut().filter(|spec| is_agent(spec)) {
        if !symbols.is_empty() && spec.instruments == ["*"] {
            spec.instruments.clone_from(&symbols);
        }
        let is_wanted = wanted.is_empty() || wanted.contains(&spec.id.agent_name());
        let is_on = settings.feature_new_trend || spec.id.as_str() != TREND;
        if !(is_wanted && is_on) {
            spec.stage = Stage::Paused;
        }
    }
    Ok(())
}

/// The symbols of the agents' API: those of the setting that the feed has, in its order, or all of the feed.
pub(super) fn symbols(settings: &Settings, resolver: &Resolver) -> anyhow::Result<SymbolBook> {
    let wanted = list(&settings.symbol);
    if wanted.is_empty() {
        return Ok(SymbolBook::of(resolver.instruments()));
    }
    let mut named = Vec::new();
    for text in wanted {
        match resolver.resolve(&text) {
            Ok(instrument) => named.push((text, instrument.clone())),
            Err(error) => tracing::warn!(%error, "a symbol of the setting `symbol` is left out"),
        }
    }
    anyhow::ensure!(!named.is_empty(), "the feed has none of the symbols of `{}`", settings.symbol);
    Ok(SymbolBook::named(named))
}

/// The settings of the agents' API.
pub(super) fn api(settings: &Settings, resolver: &Resolver, is_past: bool) -> anyhow::Result<AgentsConfig> {
    let mode = settings.mode.unwrap_or(if is_past { Mode::Backtest } else { Mode::Realtime });
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(AgentsConfig {
        symbols: symbols(settings, resolver)?,
        bars: settings.feature_bars,
        disabled: disabled(settings),
        git_sha: text(&settings.git_sha),
        build_time: text(&settings.build_time),
        mode: match mode {
            Mode::Realtime => "realtime",
            Mode::Backtest => "backtest",
        },
    })
}

/// Agents that are known by name and not part of this host.
fn disabled(settings: &Settings) -> Vec<DisabledAgent> {
    let agent = |name: &'static str, variable: &str, wanted: bool| DisabledAgent {
        name,
        reason: if wanted {
            format!("{variable} asks for it, and it is not part of this host")
        } else {
            format!("{variable} is off")
        },
    };
    vec![
        agent("liquidity", "FEATURE_LIQUIDITY", settings.feature_liquidity),
        agent("llm_analyst", "LLM_ENABLE", settings.llm_enable),
        agent("opening_drive", "FEATURE_REVERSAL", settings.feature_reversal),
        agent("session_reversal", "FEATURE_REVERSAL", settings.feature_reversal),
    ]
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use sconce_domain::Instrument;

    use super::*;

    fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
        let mut settings = Settings::default();
        change(&mut settings);
        settings
    }

    fn specs() -> Vec<DeploymentSpec> {
        let spec = |id: &str, category: &str, instruments: &str| -> DeploymentSpec {
            serde_json::from_str(&format!(
                r#"{{"id":"{id}","plugin":"x","category":"{category}","instruments":[{instruments}],"timeframes":["1m"]}}"#
            ))
            .expect("a spec")
        };
        vec![
            spec("trend-score", "agent", r#""*""#),
            spec("rvol-spike", "agent", r#""ETH""#),
            spec("zones-1d", "spot", r#""*""#),
        ]
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Settings), expected: [&str; 3]) {
        let mut specs = specs();
        schedule(&settings(change), &mut specs).expect("fits");
        let seen = specs.iter().map(|spec| format!("{:?} {}", spec.stage, spec.instruments.join(",")));
        assert_eq!(seen.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn settings_schedule_agents_and_nothing_else() {
        check(|_| {}, ["Active *", "Active ETH", "Active *"]);
        check(|s| s.symbol = "BTC-USD, ETH-USD".into(), ["Active BTC-USD,ETH-USD", "Active ETH", "Active *"]);
        check(|s| s.agents = "rvol_spike".into(), ["Paused *", "Active ETH", "Active *"]);
        check(|s| s.agents = "rvol-spike,trend_score".into(), ["Active *", "Active ETH", "Active *"]);
        check(|s| s.feature_new_trend = false, ["Paused *", "Active ETH", "Active *"]);
        let nobody = schedule(&settings(|s| s.agents = "nobody".into()), &mut specs()).expect_err("refused");
        assert!(nobody.to_string().contains("nobody"), "{nobody}");
    }

    #[test]
    fn symbols_are_those_of_the_setting_in_its_order() {
        let coins = ["BTC", "ETH", "SOL"].map(|base| Instrument::spot(base, "USDT", "demo"));
        let resolver = Resolver::new(coins.to_vec());
        let check = |text: &str, expected: &[&str]| {
            let book = symbols(&settings(|s| s.symbol = text.into()), &resolver).expect("some are there");
            assert_eq!(book.names().collect::<Vec<_>>(), expected, "{text}");
        };
        check("", &["BTC-USDT", "ETH-USDT", "SOL-USDT"]);
        check("eth-usd,BTC-USD", &["ETH-USD", "BTC-USD"]);
        check("SOL,BTC-USD,XMR-USD,sol", &["SOL-USDT", "BTC-USD"]);
        let none = symbols(&settings(|s| s.symbol = "XMR".into()), &resolver).expect_err("refused");
        assert!(none.to_string().contains("XMR"), "{none}");
    }
}
