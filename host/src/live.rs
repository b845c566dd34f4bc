//! Which providers a live feed is made of: what `--feed` says, else what `SYMBOL` and the settings of providers name.

use std::time::Duration;

use anyhow::Context;
use sconce_domain::symbol::Spelling;
use sconce_feeds::live::{CoinCapOptions, CoinGeckoOptions, LiveOptions, VenueOptions};

use crate::config::Settings;

/// What is watched where nothing is named.
const USUAL_SYMBOLS: &str = "BTC-USD,ETH-USD,ADA-USD";
/// What is watched of CoinGecko where nothing is named.
const USUAL_COINS: &str = "BTC,SOL,PUMP";
/// CoinGecko's address.
const COINGECKO: &str = "https://api.coingecko.com/api/v3";
/// CoinCap's addresses: without a key, and with one.
const COINCAP_2: &str = "https://api.coincap.io/v2";
const COINCAP_3: &str = "https://rest.coincap.io/v3";
/// Quotes that Binance lists and Coinbase does not, or hardly.
const BINANCE_QUOTES: [&str; 6] = ["USDT", "FDUSD", "BUSD", "TUSD", "BNB", "TRY"];

/// Instruments by provider, as texts.
#[derive(Debug, Default, PartialEq)]
struct Chosen {
    coinbase: Vec<String>,
    binance: Vec<String>,
    coingecko: Vec<String>,
}

/// The live feed that the settings name, or nothing where they name another kind of feed.
pub(crate) fn options(settings: &Settings) -> anyhow::Result<Option<LiveOptions>> {
    let Some(chosen) = choose(settings)? else { return Ok(None) };
    let venue = |own: &[String], usual: &str, socket: &str, rest: &str, per_minute: u32| {
        let pairs = own.iter().map(|text| pair(text, usual)).collect::<anyhow::Result<Vec<_>>>()?;
        let options = VenueOptions { pairs, socket: socket.to_owned(), rest: rest.to_owned(), per_minute };
        anyhow::Ok((!own.is_empty()).then_some(options))
    };
    let (coinbase, binance) = (&settings.coinbase_ws_url, &settings.binance_ws_url);
    Ok(Some(LiveOptions {
        coinbase: venue(&chosen.coinbase, "USD", coinbase, &settings.coinbase_rest_url, settings.coinbase_per_minute)?,
        binance: venue(&chosen.binance, "USDT", binance, &settings.binance_rest_url, settings.binance_per_minute)?,
        coingecko: (!chosen.coingecko.is_empty()).then(|| CoinGeckoOptions {
            coins: chosen.coingecko,
            base: settings.coingecko_base.clone().unwrap_or_else(|| COINGECKO.to_owned()),
            key: settings.coingecko_api_key.trim().to_owned(),
            timeout: Duration::from_secs(settings.coingecko_timeout_sec),
            per_minute: settings.coingecko_per_minute,
            every: Duration::from_secs(u64::from(settings.signal_poll_seconds.max(1))),
            fallback: fallback(settings),
        }),
        timeout: Duration::from_secs_f64(settings.feed_timeout_sec),
        stall: Duration::from_secs_f64(settings.feed_stall_sec),
    }))
}

/// CoinCap, unless it is switched off: version 3 with a key, version 2 without one.
fn fallback(settings: &Settings) -> Option<CoinCapOptions> {
    let key = settings.coincap_api_key.trim();
    let usual = if key.is_empty() { COINCAP_2 } else { COINCAP_3 };
    let base = settings.coincap_base.as_deref().map_or(usual, str::trim);
    let per_minute = settings.coincap_per_minute;
    (base != "off").then(|| CoinCapOptions { base: base.to_owned(), key: key.to_owned(), per_minute })
}

fn choose(settings: &Settings) -> anyhow::Result<Option<Chosen>> {
    let mut chosen = Chosen::default();
    if settings.feed == "live" {
        by_settings(settings, &mut chosen)?;
        return Ok(Some(chosen));
    }
    for part in settings.feed.split('+') {
        let (provider, instruments) = part.split_once(':').unwrap_or((part, ""));
        match provider.trim() {
            "coinbase" => chosen.coinbase.extend(named(instruments, &settings.symbol, USUAL_SYMBOLS)),
            "binance" => chosen.binance.extend(named(instruments, &settings.symbol, "BTCUSDT")),
            "coingecko" => chosen.coingecko.extend(named(instruments, &settings.coingecko_coins, USUAL_COINS)),
            _ if chosen == Chosen::default() => return Ok(None),
            other => anyhow::bail!(
                "`{other}` in the feed `{}` is no provider: use coinbase, binance, coingecko",
                settings.feed
            ),
        }
    }
    Ok(Some(chosen))
}

/// `live`: each symbol goes to the exchange that lists its quote, unless it names one; CoinGecko joins when a setting of
/// its own is set.
fn by_settings(settings: &Settings, chosen: &mut Chosen) -> anyhow::Result<()> {
    for text in list(&settings.symbol) {
        let spelling = Spelling::parse(&text).with_context(|| format!("SYMBOL `{text}`"))?;
        let of_binance = spelling.quote.as_deref().is_some_and(|quote| BINANCE_QUOTES.contains(&quote));
        match spelling.venue.as_deref() {
            Some("coingecko") => chosen.coingecko.push(spelling.base),
            Some("binance") => chosen.binance.push(text),
            Some("coinbase") => chosen.coinbase.push(text),
            Some(other) => anyhow::bail!("SYMBOL `{text}`: no live feed of `{other}` is built in"),
            None if of_binance => chosen.binance.push(text),
            None => chosen.coinbase.push(text),
        }
    }
    let own =
        [settings.coingecko_base.as_deref().unwrap_or(""), &settings.coingecko_api_key, &settings.coingecko_coins];
    if own.iter().any(|setting| !setting.trim().is_empty()) {
        chosen.coingecko.extend(named("", &settings.coingecko_coins, USUAL_COINS));
    }
    if *chosen == Chosen::default() {
        chosen.coinbase = list(USUAL_SYMBOLS);
    }
    Ok(())
}

/// The first of the lists that names something.
fn named(own: &str, setting: &str, usual: &str) -> Vec<String> {
    [own, setting, usual].into_iter().map(list).find(|list| !list.is_empty()).unwrap_or_default()
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Base and quote of a spelling; a bare one is quoted in `usual`.
fn pair(text: &str, usual: &str) -> anyhow::Result<(String, String)> {
    let spelling = Spelling::parse(text)?;
    let kind = spelling.kind.unwrap_or(sconce_domain::InstrumentKind::Spot);
    anyhow::ensure!(
        kind == sconce_domain::InstrumentKind::Spot,
        "`{text}` is no spot market; live feeds of perpetuals and futures are not built in"
    );
    Ok((spelling.base, spelling.quote.unwrap_or_else(|| usual.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(feed: &str, symbol: &str, coins: &str, expected: Option<[&str; 3]>) {
        let settings = Settings {
            feed: feed.to_owned(),
            symbol: symbol.to_owned(),
            coingecko_coins: coins.to_owned(),
            ..Settings::default()
        };
        let found = choose(&settings).expect("chosen");
        let found = found.map(|chosen| [chosen.coinbase, chosen.binance, chosen.coingecko].map(|own| own.join(",")));
        assert_eq!(found, expected.map(|lists| lists.map(str::to_owned)), "{feed} {symbol} {coins}");
    }

    #[test]
    fn the_feed_names_providers_or_the_settings_do() {
        check("demo", "BTC-USD", "BTC", None);
        check("replay:a.csv", "", "", None);
        check("live", "", "", Some([USUAL_SYMBOLS, "", ""]));
        check("live", "BTC-USD, ETHUSDT,ADA", "", Some(["BTC-USD,ADA", "ETHUSDT", ""]));
        check(
            "live",
            "BTC-USDT@coinbase,BINANCE:ETHBTC,SOL@coingecko",
            "",
            Some(["BTC-USDT@coinbase", "BINANCE:ETHBTC", "SOL"]),
        );
        check("live", "", "BTC=bitcoin", Some(["", "", "BTC=bitcoin"]));
        check("coinbase:BTC-USD,ETH-USD", "X", "", Some(["BTC-USD,ETH-USD", "", ""]));
        check("coinbase", "DOGE-USD", "", Some(["DOGE-USD", "", ""]));
        check("binance:BTCUSDT+coingecko:PUMP", "", "", Some(["", "BTCUSDT", "PUMP"]));
        check("coingecko", "", "", Some(["", "", USUAL_COINS]));
    }

    #[test]
    fn the_fallback_follows_its_settings() {
        let check = |base: Option<&str>, key: &str, expected: Option<&str>| {
            let coincap_base = base.map(str::to_owned);
            let settings = Settings { coincap_base, coincap_api_key: key.to_owned(), ..Settings::default() };
            assert_eq!(fallback(&settings).map(|options| options.base).as_deref(), expected, "{base:?} {key}");
        };
        check(None, "", Some(COINCAP_2));
        check(None, "key", Some(COINCAP_3));
        check(Some("http://127.0.0.1:1/v2"), "key", Some("http://127.0.0.1:1/v2"));
        check(Some("off"), "key", None);
    }

    #[test]
    fn mistakes_are_named() {
        let fails = |feed: &str, symbol: &str| {
            let settings = Settings { feed: feed.to_owned(), symbol: symbol.to_owned(), ..Settings::default() };
            options(&settings).expect_err("refused").to_string()
        };
        assert!(fails("live", "BTC-USD@kraken").contains("kraken"));
        assert!(fails("live", "BTC-USDT-PERP@binance").contains("no spot market"));
        assert!(fails("coinbase:BTC-USD+nowhere:X", "").contains("nowhere"));
        assert!(fails("coinbase:???", "").contains('?'));
    }
}
