//! The page as a browser shows it: on the demo market and on recorded trades, wide and narrow, without a complaint.

use crate::harness::{Browser, Server, Setup, shared, size_of};

/// A desktop and a phone, in pixels.
const SIZES: [(&str, (u32, u32)); 2] = [("desktop", (1_280, 1_700)), ("phone", (390, 2_600))];

/// What stands between `before` and `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no `{before}` in\n{text}")).1;
    rest.split_once(after).map_or(rest, |(part, _)| part)
}

/// Looks at the page about `symbol`; gives its document once nothing was complained of.
fn look(browser: &Browser, server: &Server, name: &str, symbol: &str) -> String {
    let url = server.url(&format!("/?symbol={symbol}"));
    let look = browser.read(&url);
    assert!(look.console.is_empty(), "{name}: {:#?}", look.console);
    for (device, size) in SIZES {
        let picture = browser.picture(&url, &format!("{name}-{device}"), size);
        assert_eq!(size_of(&picture), size, "{name} {device}");
        assert!(picture.len() > 20_000, "{name} {device}: an empty page has {} bytes", picture.len());
    }
    look.document
}

/// What every page with a market behind it shows.
fn shows_a_market(document: &str, pair: &str) {
    let price = between(document, "id=\"last-price\">", "<");
    assert!(price.starts_with(|c: char| c.is_ascii_digit()), "price: {price}");
    assert!(document.contains(&format!("<title>{pair} · Sconce</title>")), "{}", between(document, "<title>", "<"));
    assert!(between(document, "id=\"chart\"", "</figure>").matches("<rect").count() > 10, "no bars");
    let tiles = between(document, "id=\"tiles\"", "</table>");
    assert_eq!(tiles.matches("<td").count(), 12, "{tiles}");
    let agents = between(document, "id=\"agents\"", "</table>");
    assert!(agents.contains("trend_score") && agents.contains("rvol_spike"), "{agents}");
    let deployments = between(document, "id=\"deployments\"", "</table>");
    assert!(deployments.contains("zones-1d") && deployments.contains(">active<"), "{deployments}");
}

#[test]
fn on_the_demo_market() {
    let Some(browser) = Browser::find("page::on_the_demo_market") else { return };
    let server = Setup::feed("demo", &["--demo-speed", "30"]).start();
    server.get_until("/findings?limit=3", |body| body["findings"].as_array().is_some_and(|list| list.len() >= 3));
    // The query tables have taken in the past.
    server.get_until("/host/v1/bars?instrument=BTC&timeframe=1m&limit=30&forming=true", |body| {
        body["items"][29]["ts_close"].is_string() && body["items"][29]["ts_close"] == body["forming"]["ts_open"]
    });
    let document = look(&browser, &server, "demo", "BTC");
    shows_a_market(&document, "BTC-USDT");
    assert!(document.contains("Synthetic market"), "the market is not named as made up");
    assert_eq!(between(&document, "id=\"trend\"", "</section>").matches("class=\"meter").count(), 4);
    let label = between(&document, "id=\"label\"", "</section>");
    assert!(label.contains("class=\"word\"") && label.contains("accumulation"), "{label}");
    assert!(between(&document, "id=\"status\"", "</p>").contains("market time"));
}

#[test]
fn on_recorded_trades() {
    let Some(browser) = Browser::find("page::on_recorded_trades") else { return };
    let Some(shared) = shared("page::on_recorded_trades") else { return };
    let trades = shared.join("market-data/XRP_ETH_trades_2019-10.csv.gz");
    let feed = format!("replay:{}", trades.display());
    let server = Setup::feed(&feed, &["--instrument", "XRP-ETH", "--speed", "max"]).start();
    server.get_until("/host/v1/feeds", |body| body["items"][0]["state"] == "exhausted");
    server.get_until("/findings?limit=1", |body| body["findings"].as_array().is_some_and(|list| !list.is_empty()));
    server.get_until("/host/v1/bars?instrument=XRP-ETH&timeframe=1m&limit=1", |body| {
        body["items"][0]["ts_open"].as_str().is_some_and(|newest| newest > "2019-10-13T11:")
    });
    let document = look(&browser, &server, "recorded", "XRP-ETH");
    shows_a_market(&document, "XRP-ETH");
    assert!(!document.contains("Synthetic market"));
    let findings = between(&document, "id=\"findings\"", "</ol>");
    assert!(findings.matches("<li").count() > 10 && findings.contains("cvd_divergence"), "{findings}");
}

#[test]
fn an_unknown_instrument_in_the_address_shows_the_first() {
    let Some(browser) = Browser::find("page::an_unknown_instrument_in_the_address_shows_the_first") else { return };
    let server = Server::demo();
    let look = browser.read(&server.url("/?symbol=%3Cscript%3Ealert(1)%3C/script%3E"));
    assert!(look.console.is_empty(), "{:#?}", look.console);
    assert!(look.document.contains("<title>BTC-USDT · Sconce</title>"));
    assert!(!look.document.contains("<script>alert"));
}

#[test]
fn the_references_open_without_a_foreign_server() {
    let Some(browser) = Browser::find("page::the_references_open_without_a_foreign_server") else { return };
    let server = Server::demo();
    for (name, path) in [("redoc", "/redoc"), ("docs", "/docs/")] {
        let look = browser.read(&server.url(path));
        assert!(look.console.is_empty(), "{path}: {:#?}", look.console);
        assert!(look.document.contains("/agents/run-now"), "{path} does not show the routes");
        let picture = browser.picture(&server.url(path), &format!("reference-{name}"), SIZES[0].1);
        assert!(picture.len() > 20_000, "{path}: an empty page has {} bytes", picture.len());
    }
}
