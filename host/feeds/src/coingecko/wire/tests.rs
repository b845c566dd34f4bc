//! Frames and bodies of CoinGecko: made by hand for each rule, and recorded ones where they are at hand.

use proptest::prelude::*;
use sconce_domain::time::DAY;

use super::*;
use crate::testing::recorded;

#[test]
fn prices_come_with_what_is_known_of_them() {
    let check = |json: &str, expected: Option<Price>| {
        let found = prices(json.as_bytes()).ok().map(|prices| prices.get("bitcoin").copied().unwrap_or_default());
        assert_eq!(found, expected, "{json}");
    };
    let plain = Price { usd: Some(49_013.0), ..Price::default() };
    check(r#"{"bitcoin":{"usd":49013}}"#, Some(plain));
    let whole = Price { usd_24h_vol: Some(5.5), last_updated_at: Some(1_700_000_000), ..plain };
    check(
        r#"{"bitcoin":{"usd":49013,"usd_24h_vol":5.5,"last_updated_at":1700000000,"usd_24h_change":1}}"#,
        Some(whole),
    );
    check(r#"{"bitcoin":{}}"#, Some(Price::default()));
    check("{}", Some(Price::default()));
    check(r#"{"error":"coin not found"}"#, None);
    check("[]", None);
    check("<html>", None);
}

#[test]
fn a_chart_tells_closed_days_from_the_one_that_forms() {
    let midnight = |day: i64| (Nanos::from_secs(1_700_006_400).0 + day * DAY) / 1_000_000;
    let json = format!(
        r#"{{"prices":[[{},10.0],[{},11.5],[{},12.0],[{},null],[{},13.0]],"market_caps":[],"total_volumes":[[{},7.0]]}}"#,
        midnight(0),
        midnight(1) + 90_000,
        midnight(1) + 120_000,
        midnight(2),
        midnight(2) + 7_200_000,
        midnight(1),
    );
    let chart = chart(json.as_bytes()).expect("understood");
    let days: Vec<_> = chart.days.iter().map(|bar| (bar.ts_close().as_millis(), bar.close)).collect();
    assert_eq!(days, [(midnight(0), 10.0), (midnight(1), 11.5)]);
    assert_eq!(chart.forming, Some((Nanos::from_millis(midnight(2) + 7_200_000), 13.0)));
    assert_eq!(chart.volume_24h, [(Nanos::from_millis(midnight(1)), 7.0)]);
    assert!(chart.days[0].volume.is_nan() && chart.days.iter().all(|bar| bar.high.is_nan() && bar.turnover.is_nan()));
    assert_eq!(chart.days[1].volume, 7.0 / 11.5);
}

#[test]
fn recorded_charts_are_understood() {
    let body = |file: &str| recorded("recorded_charts_are_understood", &format!("coingecko/{file}"));
    let Some(daily) = body("coins_market_chart_90d_daily.json") else { return };
    let chart = chart(daily.as_bytes()).expect("understood");
    assert_eq!((chart.days.len(), chart.volume_24h.len()), (90, 91));
    assert_eq!((chart.days[0].ts_close().as_millis(), chart.days[0].close), (1_613_347_200_000, 48_607.874_522_484_5));
    assert!(chart.forming.is_some());
    // Hours and minutes are not aligned; the midnights among them are found all the same.
    for (file, days) in [("coins_market_chart_30d_hourly.json", 0..31), ("coins_market_chart_1d_5min.json", 0..2)] {
        let Some(text) = body(file) else { return };
        let found = super::chart(text.as_bytes()).expect("understood").days.len();
        assert!(days.contains(&found), "{file}: {found}");
    }
    for file in ["error_429.json", "error_404_coin.json", "error_422_market_chart.json", "error_500_ohlc.json"] {
        let Some(text) = body(file) else { return };
        assert!(super::chart(text.as_bytes()).is_err(), "{file}");
    }
}

#[test]
fn recorded_prices_are_understood() {
    let body = |file: &str| recorded("recorded_prices_are_understood", &format!("coingecko/{file}"));
    for (file, id, price) in [
        ("simple_price.json", "bitcoin", Some(49_013.0)),
        ("simple_price_2024.json", "ethereum", Some(1_498.64)),
        ("simple_price_unknown_currency.json", "bitcoin", None),
        ("simple_price_space_in_ids.json", "ethereum", None),
    ] {
        let Some(text) = body(file) else { return };
        let prices = prices(text.as_bytes()).expect("understood");
        assert_eq!(prices.get(id).and_then(|price| price.usd), price, "{file}");
    }
    let Some(text) = body("error_422_simple_price.json") else { return };
    assert!(prices(text.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn no_body_is_too_odd(body in prop::collection::vec(any::<u8>(), 0..200), at in any::<i64>(), price in any::<f64>()) {
        drop(prices(&body));
        drop(chart(&body));
        drop(chart(format!("{{\"prices\":[[{at},{price}]]}}").as_bytes()));
    }
}
