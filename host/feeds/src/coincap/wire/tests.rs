//! Bodies of CoinCap: made by hand for each rule, and documented ones where they are at hand.

use proptest::prelude::*;

use super::*;
use crate::testing::recorded;

#[test]
fn an_asset_has_what_is_known_of_it() {
    let check = |json: &str, expected: Option<(Option<f64>, Option<f64>)>| {
        let body = format!(r#"{{"data":{{"id":"bitcoin","symbol":"BTC",{json}}},"timestamp":1533581098863}}"#);
        let found = asset(body.as_bytes()).ok().map(|asset| (asset.price_usd, asset.volume_usd_24_hr));
        assert_eq!(found, expected, "{json}");
    };
    check(r#""priceUsd":"6931.5","volumeUsd24Hr":"29.25""#, Some((Some(6_931.5), Some(29.25))));
    check(r#""priceUsd":6931.5,"volumeUsd24Hr":null"#, Some((Some(6_931.5), None)));
    check(r#""priceUsd":null,"maxSupply":null"#, Some((None, None)));
    check(r#""rank":"1""#, Some((None, None)));
    check(r#""priceUsd":"a lot""#, None);
    check(r#""priceUsd":"NaN""#, None);
    check(r#""priceUsd":[1]"#, None);
}

#[test]
fn one_asset_that_is_not_understood_spoils_no_other() {
    let body = r#"{"data":[{"id":"bitcoin","symbol":"BTC","priceUsd":"1.5"},{"id":"odd","symbol":"ODD","priceUsd":"?"},
        {"symbol":"NOID"},7],"timestamp":1723732800000}"#;
    let found = assets(body.as_bytes()).expect("understood");
    assert_eq!(found.at, Some(Nanos::from_millis(1_723_732_800_000)));
    assert_eq!((found.assets.keys().map(String::as_str).collect::<Vec<_>>(), found.malformed), (vec!["bitcoin"], 3));
    for refused in [r#"{"error":"nope not found","timestamp":1}"#, "[]", "<html>", r#"{"data":{}}"#, ""] {
        assert!(assets(refused.as_bytes()).is_err(), "{refused}");
    }
    let odd_times = |time: i64| assets(format!(r#"{{"data":[],"timestamp":{time}}}"#).as_bytes()).map(|found| found.at);
    assert_eq!(odd_times(i64::MAX).expect("understood"), None);
    assert_eq!(odd_times(-1).expect("understood"), None);
}

#[test]
fn prices_at_midnight_are_the_closes_of_the_days_before() {
    let midnight = 1_530_403_200_000_i64;
    let body = format!(
        r#"{{"data":[{{"priceUsd":"10.5","time":{midnight}}},{{"priceUsd":null,"time":{}}},{{"priceUsd":"0","time":{}}},
            {{"priceUsd":"12","time":{}}},{{"priceUsd":"13","time":{}}}]}}"#,
        midnight + 86_400_000,
        midnight + 2 * 86_400_000,
        midnight + 3 * 86_400_000,
        midnight + 3 * 86_400_000 + 7_200_000,
    );
    let days = history(body.as_bytes()).expect("understood");
    let closes: Vec<_> = days.iter().map(|bar| (bar.ts_close().as_millis(), bar.close)).collect();
    assert_eq!(closes, [(midnight, 10.5), (midnight + 3 * 86_400_000, 12.0)]);
    assert!(days.iter().all(|bar| bar.volume.is_nan() && bar.high.is_nan() && bar.complete));
}

#[test]
fn documented_bodies_are_understood() {
    let body = |file: &str| recorded("documented_bodies_are_understood", &format!("coincap/{file}"));
    let Some(list) = body("v2_assets.json") else { return };
    let list = assets(list.as_bytes()).expect("understood");
    assert_eq!((list.assets.len(), list.malformed), (2, 0));
    assert_eq!(list.assets["ethereum"].price_usd, Some(404.977_466_704_520_1));
    for (file, price, volume) in [
        ("v2_assets_bitcoin.json", 6_931.505_855_566_662, 2_928_356_777.606_666_6),
        ("v3_assets_bitcoin.json", 103_680.76, 18_263_517_282.4),
    ] {
        let Some(text) = body(file) else { return };
        let asset = asset(text.as_bytes()).expect("understood");
        assert_eq!(
            (asset.symbol.as_str(), asset.price_usd, asset.volume_usd_24_hr),
            ("BTC", Some(price), Some(volume))
        );
    }
    let Some(past) = body("v2_assets_bitcoin_history.json") else { return };
    let days = history(past.as_bytes()).expect("understood");
    let closes: Vec<_> = days.iter().map(|bar| (bar.ts_close().to_rfc3339(), bar.close)).collect();
    let expected =
        [("2018-07-01T00:00:00.000Z", 6_379.399_763_599_335), ("2018-07-02T00:00:00.000Z", 6_466.313_562_276_229)];
    assert_eq!(closes, expected.map(|(at, close)| (at.to_owned(), close)));
    let Some(error) = body("error_not_found.json") else { return };
    assert!(asset(error.as_bytes()).is_err() && history(error.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn no_body_is_too_odd(body in prop::collection::vec(any::<u8>(), 0..200), at in any::<i64>(), price in any::<f64>()) {
        drop(assets(&body));
        drop(asset(&body));
        drop(history(format!(r#"{{"data":[{{"priceUsd":"{price}","time":{at}}}],"timestamp":{at}}}"#).as_bytes()));
    }
}
