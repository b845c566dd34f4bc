//! Frames and bodies of Coinbase: made by hand for each rule, and recorded ones where they are at hand.

use proptest::prelude::*;
use sconce_domain::time::MILLISECOND;

use super::*;
use crate::testing::{recorded, recorded_frames};

const MATCH: &str = r#"{"type":"match","trade_id":7,"maker_order_id":"m","side":"sell","size":"0.5","price":"100.25",
    "product_id":"AAA-USD","sequence":9,"time":"2024-01-02T03:04:05.678901Z","new_field":{"a":[1]}}"#;

#[track_caller]
fn refused(text: &str) {
    assert!(decode(text).is_err(), "{text}");
}

#[test]
fn a_match_names_the_taker() {
    let Ok(Message::Trade { code, print }) = decode(MATCH) else { panic!("not a trade") };
    assert_eq!((code.as_str(), print.trade.side), ("AAA-USD", TakerSide::Buy));
    assert_eq!((print.trade.price, print.trade.size, print.trade.id), (100.25, 0.5, 7));
    assert_eq!(print.ts, Nanos(1_704_164_645_678_901_000));
    let bought = MATCH.replace("sell", "buy").replace("\"match\"", "\"last_match\"");
    assert!(matches!(decode(&bought), Ok(Message::Trade { print, .. }) if print.trade.side == TakerSide::Sell));
}

#[test]
fn other_frames_are_told_apart() {
    let ticker = r#"{"type":"ticker","product_id":"AAA-USD","best_bid":"1","best_ask":"2","best_bid_size":"3","time":"2024-01-02T03:04:05Z"}"#;
    let Ok(Message::Quote { ts, quote, .. }) = decode(ticker) else { panic!("not a quote") };
    assert_eq!((quote.bid, quote.ask, quote.bid_size), (1.0, 2.0, 3.0));
    assert!(quote.ask_size.is_nan() && ts == Some(Nanos::from_secs(1_704_164_645)));
    let beat =
        r#"{"type":"heartbeat","sequence":1,"last_trade_id":20,"product_id":"A-B","time":"2024-01-02T03:04:05Z"}"#;
    assert!(matches!(decode(beat), Ok(Message::Heartbeat { newest: 20, .. })));
    assert_eq!(decode(r#"{"type":"subscriptions","channels":[]}"#).ok(), Some(Message::Subscribed));
    assert_eq!(decode(r#"{"type":"l2update","changes":[]}"#).ok(), Some(Message::Ignored));
    let error = r#"{"type":"error","message":"Failed to subscribe","reason":"A-B is not a valid product"}"#;
    let said = "Failed to subscribe A-B is not a valid product".to_owned();
    assert_eq!(decode(error).ok(), Some(Message::Refused(said)));
}

#[test]
fn broken_frames_are_refused() {
    ["", "{}", "[]", "null", "{\"type\":\"match\"}", "{\"type\":7}"].into_iter().for_each(refused);
    for (from, to) in [
        ("\"100.25\"", "\"-1\""),
        ("\"100.25\"", "\"NaN\""),
        ("\"0.5\"", "\"-0.5\""),
        ("sell", "SELL"),
        ("2024-01-02T", "yesterday"),
        (":7,", ":-7,"),
        (":7,", ":7.5,"),
    ] {
        assert!(MATCH.contains(from));
        refused(&MATCH.replacen(from, to, 1));
    }
    refused(&MATCH[..MATCH.len() - 2]);
}

#[test]
fn every_recorded_frame_is_understood() {
    let file = "coinbase-exchange/ws_matches_ticker_level2.jsonl";
    let Some(frames) = recorded_frames("every_recorded_frame_is_understood", file) else { return };
    let mut counts = [0; 4];
    for frame in &frames {
        match decode(frame).unwrap_or_else(|error| panic!("{error}: {frame}")) {
            Message::Trade { .. } => counts[0] += 1,
            Message::Quote { .. } => counts[1] += 1,
            Message::Subscribed => counts[2] += 1,
            Message::Ignored => counts[3] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(counts, [107, 107, 3, 60]);
}

#[test]
fn recorded_bodies_are_understood() {
    let body = |file: &str| recorded("recorded_bodies_are_understood", &format!("coinbase-exchange/{file}"));
    let (Some(candle), Some(two), Some(one)) = (body("candles.json"), body("candles_multi.json"), body("trades.json"))
    else {
        return;
    };
    let bars = candles(candle.as_bytes(), Timeframe::H1).expect("understood");
    let bar = bars[0];
    assert_eq!([bar.low, bar.high, bar.open, bar.close], [73_241.5, 73_402.47, 73_243.33, 73_370.65]);
    assert_eq!((bar.ts_open.as_secs(), bar.volume), (1_710_327_600, 1.567_944_06));
    assert_eq!(candles(two.as_bytes(), Timeframe::M1).expect("understood").len(), 2);
    let prints = trades(one.as_bytes()).expect("understood");
    assert_eq!((prints[0].trade.id, prints[0].trade.side), (18_502_034, TakerSide::Buy));
    assert_eq!(prints[0].ts.0 % MILLISECOND, 679_000);
    for file in ["error_not_found.json", "ticker.json"] {
        let Some(text) = body(file) else { return };
        assert!(candles(text.as_bytes(), Timeframe::H1).is_err() && trades(text.as_bytes()).is_err(), "{file}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in ".{0,200}", cut in 0_usize..MATCH.len(), byte in any::<u8>()) {
        drop(decode(&text));
        let mut garbled = MATCH.as_bytes().to_vec();
        garbled[cut] = byte;
        drop(decode(&String::from_utf8_lossy(&garbled)));
        drop(trades(&garbled));
        drop(candles(&garbled, Timeframe::M1));
    }
}
