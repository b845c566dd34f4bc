//! Frames and bodies of Binance: made by hand for each rule, and recorded ones where they are at hand.

use proptest::prelude::*;

use super::*;
use crate::testing::{recorded, recorded_frames};

const TRADE: &str = r#"{"stream":"aaausdt@aggTrade","data":{"e":"aggTrade","E":1700000000123,"s":"AAAUSDT","a":7,"p":"100.25",
    "q":"0.5","f":1,"l":3,"T":1700000000100,"m":true,"M":true,"new":[]}}"#;
const KLINE: &str = r#"{"stream":"aaausdt@kline_1m","data":{"e":"kline","E":1700000040001,"s":"AAAUSDT","k":{"t":1699999980000,
    "T":1700000039999,"s":"AAAUSDT","i":"1m","f":1,"L":9,"o":"10","c":"11","h":"12","l":"9","v":"5","n":9,"x":true,
    "q":"52.5","V":"2","Q":"21","B":"0"}}}"#;

#[track_caller]
fn refused(text: &str) {
    assert!(decode(text).is_err(), "{text}");
}

#[test]
fn a_trade_names_the_taker() {
    let Ok(Message::Trade { code, print }) = decode(TRADE) else { panic!("not a trade") };
    assert_eq!((code.as_str(), print.trade.side, print.trade.id), ("AAAUSDT", TakerSide::Sell, 7));
    assert_eq!((print.trade.price, print.trade.size, print.ts), (100.25, 0.5, Nanos::from_millis(1_700_000_000_100)));
    let bought = TRADE.replace("\"m\":true", "\"m\":false");
    assert!(matches!(decode(&bought), Ok(Message::Trade { print, .. }) if print.trade.side == TakerSide::Buy));
}

#[test]
fn only_closed_bars_are_used() {
    let Ok(Message::Bar { bar, .. }) = decode(KLINE) else { panic!("not a bar") };
    assert_eq!([bar.open, bar.high, bar.low, bar.close], [10.0, 12.0, 9.0, 11.0]);
    assert_eq!([bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume], [5.0, 52.5, 2.0, 3.0]);
    assert_eq!((bar.timeframe, bar.trades, bar.ts_close().as_millis()), (Timeframe::M1, 9, 1_700_000_040_000));
    assert_eq!(decode(&KLINE.replace("\"x\":true", "\"x\":false")).ok(), Some(Message::Ignored));
}

#[test]
fn broken_frames_are_refused() {
    ["", "{}", "[1]", r#"{"stream":"a","data":{}}"#, r#"{"stream":"a@aggTrade","data":7}"#]
        .into_iter()
        .for_each(refused);
    for (from, to) in [("\"100.25\"", "\"0\""), ("\"0.5\"", "\"-1\""), ("\"a\":7", "\"a\":\"x\""), ("true", "1")] {
        refused(&TRADE.replacen(from, to, 1));
    }
    for (from, to) in [("\"h\":\"12\"", "\"h\":\"8\""), ("\"1m\"", "\"7m\""), ("\"v\":\"5\"", "\"v\":\"-5\"")] {
        refused(&KLINE.replacen(from, to, 1));
    }
    assert_eq!(decode(r#"{"stream":"a@depth@100ms","data":{}}"#).ok(), Some(Message::Ignored));
}

#[test]
fn every_recorded_frame_is_understood() {
    let file = "binance-spot/ws_combined_stream.jsonl";
    let Some(frames) = recorded_frames("every_recorded_frame_is_understood", file) else { return };
    let mut counts = [0; 3];
    for frame in &frames {
        match decode(frame).unwrap_or_else(|error| panic!("{error}: {frame}")) {
            Message::Trade { .. } => counts[0] += 1,
            Message::Quote { .. } => counts[1] += 1,
            // Depth, and bars that are forming.
            Message::Ignored => counts[2] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(counts, [2, 84, 42]);
}

#[test]
fn recorded_bodies_are_understood() {
    let body = |file: &str| recorded("recorded_bodies_are_understood", &format!("binance-spot/{file}"));
    for (file, timeframe, count) in [
        ("klines_1m.json", Timeframe::M1, 60),
        ("klines_5m.json", Timeframe::M5, 24),
        ("klines_1h_2023-01.json", Timeframe::H1, 176),
        ("klines_1d_2019.json", Timeframe::D1, 365),
    ] {
        let Some(text) = body(file) else { return };
        let bars = klines(text.as_bytes(), timeframe).expect("understood");
        assert_eq!(bars.len(), count, "{file}");
        assert!(bars.iter().all(|bar| timeframe.bucket(bar.ts_open) == bar.ts_open && bar.buy_volume <= bar.volume));
        assert!(bars.is_sorted_by_key(|bar| bar.ts_open), "{file}");
    }
    let Some(text) = body("aggTrades_BTCUSDT.json") else { return };
    let prints = trades(text.as_bytes()).expect("understood");
    assert_eq!((prints.len(), prints[0].trade.id, prints[0].trade.side), (1_000, 202_790_190, TakerSide::Buy));
    for file in ["error_too_many_requests.json", "error_restricted_location.json"] {
        let Some(text) = body(file) else { return };
        assert!(klines(text.as_bytes(), Timeframe::H1).is_err() && trades(text.as_bytes()).is_err(), "{file}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in ".{0,200}", cut in 0_usize..TRADE.len(), byte in any::<u8>()) {
        drop(decode(&text));
        for frame in [TRADE, KLINE] {
            let mut garbled = frame.as_bytes().to_vec();
            garbled[cut] = byte;
            drop(decode(&String::from_utf8_lossy(&garbled)));
            drop(trades(&garbled));
            drop(klines(&garbled, Timeframe::M1));
        }
    }
}
