//! Settings from files and the environment.

use super::*;

#[track_caller]
fn check(environment: &[(&str, &str)], expected: impl Fn(&Settings) -> bool) {
    let variable = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let settings = load(None, variable).expect("loads").settings;
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
    check(&[], |s| s.feature_bars && s.feature_new_trend && !s.llm_enable && s.mode.is_none());
    check(&[("FEATURE_BARS", "false"), ("LLM_ENABLE", "1")], |s| !s.feature_bars && s.llm_enable);
    check(&[("AGENT_NAMES", "rvol_spike"), ("MODE", "backtest")], |s| {
        s.agents == "rvol_spike" && s.mode == Some(Mode::Backtest)
    });
    check(&[("SYMBOL", "BTC-USD,ETH-USD")], |s| s.symbol == "BTC-USD,ETH-USD");
}

#[test]
fn settings_are_shown_with_their_source_and_without_secrets() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sconce.toml");
    std::fs::write(&file, "port = 9000\nkeep_bars_days = 30\n").expect("writable");
    let environment = [
        ("DATABASE_URL", "postgres://sconce:sesame@db.example/trading"),
        ("OPERATOR_TOKEN", "sesame"),
        ("COINGECKO_API_KEY", "sesame"),
        ("COINCAP_API_KEY", "sesame"),
        ("PORT", "9001"),
    ];
    let variable = |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let shown = load(Some(&file), variable).expect("loads").shown().expect("a table");
    let of = |key: &str| {
        let one = shown.iter().find(|one| one.key == key).expect("shown");
        (one.value.as_str(), one.source.rsplit('/').next().expect("a name"))
    };
    assert_eq!(of("port"), ("9001", "PORT"));
    assert_eq!(of("keep_bars_days"), ("30", "sconce.toml"));
    assert_eq!(of("workers"), ("1", "default"));
    assert_eq!(of("operator_token").1, "OPERATOR_TOKEN");
    assert!(of("database_url").0.starts_with("postgres://sconce@db.example:5432/trading"));
    assert!(!format!("{shown:?}").contains("sesame"), "{shown:?}");
}

#[test]
fn variables_of_ours_that_nothing_reads_are_named() {
    let names = ["SCONCE_FEED", "SCONCE_FED", "PATH", "SCONCE_WORKER"].map(str::to_owned);
    assert_eq!(unknown(names.into_iter()), ["SCONCE_FED", "SCONCE_WORKER"]);
}

#[test]
fn nonsense_is_refused_with_the_name_of_the_setting() {
    for (variable, text, named) in [
        ("PORT", "many", "port"),
        ("FEATURE_BARS", "perhaps", "feature_bars"),
        ("MODE", "tomorrow", "mode"),
        ("TS_INTERVAL", "soon", "TS_INTERVAL"),
    ] {
        let error = load(None, |name| (name == variable).then(|| text.to_owned())).expect_err("refused");
        assert!(format!("{error:#}").contains(named), "{error:#}");
    }
}
