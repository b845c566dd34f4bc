//! Rows for every shape of spelling, and what holds for all of them.

use proptest::prelude::*;

use super::*;
use crate::instrument::{Instrument, InstrumentKind};

/// `BASE QUOTE kind venue`, with `-` for what is left open.
#[track_caller]
fn check(text: &str, expected: &str) {
    let open = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
    let spelling = Spelling::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let kind = spelling.kind.map(|kind| format!("{kind:?}").to_lowercase());
    let found = format!("{} {} {} {}", spelling.base, open(spelling.quote), open(kind), open(spelling.venue));
    assert_eq!(found, expected, "{text}");
}

#[test]
fn every_shape_is_read() {
    check("BTC", "BTC - - -");
    check("btc", "BTC - - -");
    check(" BTC ", "BTC - - -");
    check("BTC-USD", "BTC USD - -");
    check("BTC/USD", "BTC USD - -");
    check("BTCUSD", "BTC USD - -");
    check("BTCUSDT", "BTC USDT - -");
    check("btcUsdt", "BTC USDT - -");
    check("BTC_USDT", "BTC USDT - -");
    check("BTC:USDT", "BTC USDT - -");
    check("ETH:BTC", "ETH BTC - -");
    check("ETHBTC", "ETH BTC - -");
    check("BTC-USDT-SWAP", "BTC USDT perp -");
    check("BTC-PERP", "BTC - perp -");
    check("BTCUSDT-PERP", "BTC USDT perp -");
    check("BTCUSD_PERP", "BTC USD perp -");
    check("BTC/USDT:USDT", "BTC USDT perp -");
    check("BTC-USDT-SPOT", "BTC USDT spot -");
    check("BINANCE_SPOT_BTC_USDT", "BTC USDT spot binance");
    check("okx_perp_btc_usdt", "BTC USDT perp okx");
    check("BINANCEFTS_PERP_BTC_USDT", "BTC USDT perp binancefts");
    check("BINANCE_BTC_USDT", "BTC USDT - binance");
    check("BINANCE:BTCUSDT", "BTC USDT - binance");
    check("binance:btc", "BTC - - binance");
    check("MYVENUE:BTC-USD", "BTC USD - myvenue");
    check("1000SHIBUSDT", "1000SHIB USDT - -");
}

#[test]
fn coins_by_name() {
    check("bitcoin", "BTC - - -");
    check("Bitcoin", "BTC - - -");
    check("pump-fun", "PUMP - - -");
    check("avalanche-2", "AVAX - - -");
    check("bitcoin-usd", "BTC USD - -");
    check("solana/usdt", "SOL USDT - -");
    assert_eq!((coingecko_id("btc"), coingecko_id("NOSUCH")), (Some("bitcoin"), None));
}

#[test]
fn ids_leave_nothing_open() {
    check("BTC-USDT@demo", "BTC USDT spot demo");
    check("btc-usdt-perp@OKX", "BTC USDT perp okx");
    check("MNQ-FUT@cme", "MNQ - future cme");
    check("BTC@demo", "BTC - - demo");
    check("BTCUSDT@demo", "BTC USDT - demo");
    check("BTC-PERP@demo", "BTC - perp demo");
    check("BTC/USDT@demo", "BTC USDT - demo");
}

#[test]
fn futures_pass_through() {
    check("MNQ", "MNQ - future -");
    check("mnqz5", "MNQZ5 - future -");
    check("MNQZ25", "MNQZ25 - future -");
    check("ES", "ES - future -");
    check("6EH6", "6EH6 - future -");
    check("CME:ES", "ES - future cme");
    check("ESZ123", "ESZ123 - - -");
}

#[test]
fn words_that_end_like_a_pair() {
    check("ARBUSD", "ARB USD - -");
    check("BNBUSD", "BNB USD - -");
    check("DOTUSD", "DOT USD - -");
    check("BTCBUSD", "BTC BUSD - -");
    check("BTCFDUSD", "BTC FDUSD - -");
    check("OPUSD", "OP USD - -");
    check("EURUSD", "EUR USD - -");
    for coin in ["WBTC", "STETH", "WSTETH", "USDT", "USDC", "FDUSD", "PYUSD", "GUSD", "ETH", "PUMP"] {
        check(coin, &format!("{coin} - - -"));
    }
}

#[test]
fn hostile_texts_are_refused() {
    let shape =
        |text: &str| assert_eq!(Spelling::parse(text), Err(ParseSpellingError::Shape(text.to_owned())), "{text}");
    for text in ["", " ", "    "] {
        assert_eq!(Spelling::parse(text), Err(ParseSpellingError::Empty), "{text:?}");
    }
    let long = "A".repeat(81);
    assert_eq!(Spelling::parse(&long), Err(ParseSpellingError::TooLong(81)));
    for (text, sign) in [
        ("BTC\u{0}", '\0'),
        ("BTC\n", '\n'),
        ("BTC USD", ' '),
        ("ΒTC", 'Β'),
        ("BTC;DROP", ';'),
        ("<b>", '<'),
        ("%42", '%'),
    ] {
        assert_eq!(Spelling::parse(text), Err(ParseSpellingError::Character(sign)), "{text:?}");
    }
    for text in [
        "-",
        "/",
        "@",
        ":",
        "_",
        ".",
        "..",
        "../etc",
        "BTC-",
        "-BTC",
        "BTC--USD",
        "BTC@",
        "@demo",
        "BTC@a@b",
        "A-B-C-D",
        "BTC-USD-241227",
        "BTC:USD:EUR",
        "a:b:c",
        "BTC@../x",
        "BINANCE:BTC@demo",
    ] {
        shape(text);
    }
    shape(&"A".repeat(25));
    assert_eq!(
        ParseSpellingError::Character('\n').to_string(),
        "the symbol holds '\\n'; use letters, digits and one of - / _ : @ ."
    );
}

fn list(ids: &[&str]) -> Resolver {
    Resolver::new(ids.iter().map(|id| id.parse().expect("an id")).collect())
}

#[track_caller]
fn resolves(resolver: &Resolver, text: &str, expected: Option<&str>) {
    let found = resolver.resolve(text).map(|instrument| instrument.id().to_string()).ok();
    assert_eq!(found.as_deref(), expected, "{text}");
}

#[test]
fn a_spelling_means_the_first_that_fits() {
    let resolver = list(&[
        "ETH-BTC@okx",
        "BTC-USDT-PERP@okx",
        "BTC-USDT@binance",
        "BTC-USDT@demo",
        "BTC-USD@coinbase",
        "MNQ-FUT@cme",
    ]);
    resolves(&resolver, "BTC", Some("BTC-USDT-PERP@okx"));
    resolves(&resolver, "bitcoin", Some("BTC-USDT-PERP@okx"));
    resolves(&resolver, "BTC-USDT", Some("BTC-USDT-PERP@okx"));
    resolves(&resolver, "BTC-USDT-SPOT", Some("BTC-USDT@binance"));
    resolves(&resolver, "BTC@demo", Some("BTC-USDT@demo"));
    resolves(&resolver, "DEMO:BTCUSDT", Some("BTC-USDT@demo"));
    resolves(&resolver, "BTC-USD", Some("BTC-USD@coinbase"));
    resolves(&resolver, "BTC-USDT@okx", None);
    resolves(&resolver, "BTC-USDT@kraken", None);
    resolves(&resolver, "MNQ", Some("MNQ-FUT@cme"));
    resolves(&resolver, "MNQZ5", None);
    resolves(&resolver, "DOGE", None);
    resolves(&resolver, "ETHBTC", Some("ETH-BTC@okx"));
}

#[test]
fn a_quote_may_stand_in_where_the_exact_one_is_missing() {
    let resolver = list(&["BTC-USDC@a", "BTC-USDT@b", "SOL-EUR@a"]);
    resolves(&resolver, "BTC-USD", Some("BTC-USDC@a"));
    resolves(&resolver, "BTCUSD", Some("BTC-USDC@a"));
    resolves(&resolver, "BTC-USDT", Some("BTC-USDT@b"));
    resolves(&resolver, "BTC-USD@b", Some("BTC-USDT@b"));
    resolves(&resolver, "BTC-USD@c", None);
    resolves(&resolver, "BTC-EUR", None);
    resolves(&resolver, "SOL-USD", None);
    resolves(&resolver.clone().with_fallback("usd", &[]), "BTC-USD", None);
    resolves(&resolver.with_fallback("USD", &["eur"]), "SOL-USD", Some("SOL-EUR@a"));
}

#[test]
fn another_cut_of_one_word() {
    resolves(&list(&["XYZ-BUSD@x"]), "XYZBUSD", Some("XYZ-BUSD@x"));
    resolves(&list(&["XYZB-USD@x"]), "XYZBUSD", Some("XYZB-USD@x"));
    resolves(&list(&["XYZ-BUSD@x"]), "XYZB-USD", None);
    resolves(&list(&["STETH-USD@x"]), "STETH", Some("STETH-USD@x"));
}

#[test]
fn errors_say_what_they_mean() {
    use crate::error::ErrorKind;
    let resolver = list(&[]);
    assert_eq!(resolver.resolve("BTC").map_err(|error| error.kind()), Err(ErrorKind::NotFound));
    assert_eq!(resolver.resolve("<>").map_err(|error| error.kind()), Err(ErrorKind::Invalid));
}

#[test]
fn each_group_has_its_manner() {
    let write = |id: &str| {
        let instrument: Instrument = id.parse().expect("an id");
        [Style::Base, Style::Dashed, Style::Pair, Style::CoinGecko].map(|style| instrument.spelled(style).to_string())
    };
    assert_eq!(write("BTC-USDT@demo"), ["BTC", "BTC-USDT", "BTCUSDT", "bitcoin"]);
    assert_eq!(write("MNQ-FUT@cme"), ["MNQ", "MNQ", "MNQ", "mnq"]);
}

fn instruments() -> impl Strategy<Value = Instrument> {
    let kind = prop_oneof![Just(InstrumentKind::Spot), Just(InstrumentKind::Perp), Just(InstrumentKind::Future)];
    ("[A-Z0-9]{1,24}", "[A-Z0-9]{2,10}", kind, "[a-z0-9][a-z0-9_.]{0,23}").prop_filter_map(
        "a quote that is no word for a kind",
        |(base, quote, kind, venue)| {
            let words = ["SPOT", "PERP", "SWAP", "PERPETUAL", "FUT", "FTS", "FUTURE", "FUTURES"];
            (!words.contains(&quote.as_str())).then(|| Instrument { kind, ..Instrument::spot(&base, &quote, &venue) })
        },
    )
}

proptest! {
    #[test]
    fn parse_never_panics(text in "\\PC{0,100}") {
        let _ = Spelling::parse(&text);
    }

    #[test]
    fn parse_of_symbol_like_texts_never_panics(text in "[A-Za-z0-9@:/_.-]{0,90}") {
        if let Ok(spelling) = Spelling::parse(&text) {
            prop_assert!(!spelling.base.is_empty());
        }
    }

    #[test]
    fn an_id_reads_back(instrument in instruments()) {
        let resolver = Resolver::new(vec![Instrument::spot("AAA", "BBB", "ccc"), instrument.clone()]);
        prop_assert_eq!(resolver.resolve(instrument.id().as_str()), Ok(&instrument));
    }

    #[test]
    fn every_spelling_of_a_pair_is_the_same(base in "(BTC|ETH|SOL|PUMP|XYZ|1000SHIB|OP)", quote in "(USDT|USDC|EUR|USD)", upper: bool) {
        let instrument = Instrument::spot(&base, &quote, "binance");
        let other = Instrument::spot(&base, &quote, "demo");
        let resolver = Resolver::new(vec![instrument.clone(), other]);
        for text in [
            base.clone(), format!("{base}-{quote}"), format!("{base}/{quote}"), format!("{base}_{quote}"), format!("{base}{quote}"),
            format!("{base}:{quote}"), format!("BINANCE:{base}{quote}"), format!("BINANCE_SPOT_{base}_{quote}"),
            format!("{base}-{quote}@binance"), format!("{base}-{quote}-SPOT"),
        ] {
            let text = if upper { text.to_uppercase() } else { text.to_lowercase() };
            prop_assert_eq!(resolver.resolve(&text), Ok(&instrument), "{}", text);
        }
    }
}
