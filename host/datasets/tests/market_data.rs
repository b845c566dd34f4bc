//! Recorded files of other projects: every layout is recognised, every row is read, every broken row is named.

#![expect(clippy::print_stdout, reason = "a test that skips says so")]

use std::path::{Path, PathBuf};

use sconce_datasets::{Data, DatasetError, Kind, OnBadRow, ReadOptions, Reader, Record};
use sconce_domain::{Nanos, TakerSide, Timeframe};

/// The folder of recorded data, where this machine has it.
fn market_data(test: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("SCONCE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("market-data");
    if !folder.is_dir() {
        println!("SKIP {test}: ../shared is absent");
        return None;
    }
    Some(folder)
}

fn read(path: &Path) -> (Reader, Vec<Record>) {
    let mut reader = Reader::open(path, &ReadOptions::default()).expect("opens");
    let records = reader.by_ref().map(|row| row.expect("a good row")).collect();
    (reader, records)
}

#[track_caller]
fn check(file: &str, kind: Kind, timeframe: Option<Timeframe>, rows: usize, first: &str, last: &str) {
    let Some(folder) = market_data("market_data") else { return };
    let (reader, records) = read(&folder.join(file));
    assert_eq!((reader.kind(), reader.timeframe()), (kind, timeframe), "{file}");
    assert_eq!(records.len(), rows, "{file}");
    let span = (records[0].ts, records[rows - 1].ts);
    assert_eq!(span, (Nanos::parse(first).expect("valid"), Nanos::parse(last).expect("valid")), "{file}");
    assert!(records.is_sorted_by_key(|record| record.ts), "{file}");
    assert!((reader.progress().fraction() - 1.0).abs() < f64::EPSILON, "{file}");
}

#[test]
fn every_file_is_recognised() {
    use Kind::{Bars, Quotes, Series, Trades};
    let (m1, m5, m15, h1, d1) =
        (Some(Timeframe::M1), Some(Timeframe::M5), Some(Timeframe::M15), Some(Timeframe::H1), Some(Timeframe::D1));
    check("btcusd_1d_2017-2021.csv", Bars, d1, 1246, "2017-08-16", "2021-01-12");
    check("equity_1d_2017-2018.csv", Bars, d1, 502, "2017-01-03", "2018-12-31");
    check("equity_1m_2020-12.csv", Bars, m1, 1564, "2020-12-15 09:30", "2020-12-18 16:00");
    check("penny_1d.csv", Bars, d1, 533, "2018-12-21", "2021-02-03");
    check("all_zero_1d.csv", Bars, d1, 200, "2017-01-03", "2017-10-17");
    check(
        "binance_BTCUSDT_trades_2020-11-16.csv.gz",
        Trades,
        None,
        1000,
        "2020-11-16T04:10:46Z",
        "2020-11-16T04:13:50Z",
    );
    check("binance_BTCUSDT_1d_2019.csv.gz", Bars, d1, 365, "2019-01-01", "2019-12-31");
    check("binance_BTCUSDT_1h_2023-01.csv.gz", Bars, h1, 176, "2022-12-31 20:00", "2023-01-08 03:00");
    check("ADA_BTC_5m.csv.gz", Bars, m5, 5720, "2018-01-10 04:55", "2018-01-30 04:50");
    check("ETH_BTC_5m.csv.gz", Bars, m5, 5760, "2018-01-10 04:55", "2018-01-30 04:50");
    check("ETC_BTC_5m.csv.gz", Bars, m5, 5759, "2018-01-10 04:55", "2018-01-30 04:45");
    check("DASH_BTC_5m.csv.gz", Bars, m5, 5758, "2018-01-10 04:55", "2018-01-30 04:50");
    check("XRP_ETH_1m.csv.gz", Bars, m1, 2469, "2019-10-11", "2019-10-13 11:19");
    check("XRP_ETH_5m.csv.gz", Bars, m5, 706, "2019-10-11", "2019-10-13 11:15");
    check("XRP_ETH_trades_2019-10.csv.gz", Trades, None, 12477, "2019-10-11T00:00:11.620Z", "2019-10-13T11:19:28.844Z");
    check("XRPUSDT_perp_1h.csv.gz", Bars, h1, 100, "2021-11-17 01:00", "2021-11-21 04:00");
    check("XRPUSDT_perp_funding_8h.csv.gz", Series, None, 91, "2021-11-18T00:00:00.017Z", "2021-12-18T00:00:00.014Z");
    check(
        "binance_BTCUSDT_quotes_2021-01-08.csv.gz",
        Quotes,
        None,
        451,
        "2021-01-08T00:00:01.076Z",
        "2021-01-08T00:00:46.674Z",
    );
    check("EURUSD_15m.csv.gz", Bars, m15, 24424, "2022-10-10", "2023-10-02 06:45");
}

#[test]
fn depth_is_refused() {
    let Some(folder) = market_data("depth_is_refused") else { return };
    let answer = Reader::open(&folder.join("binance_BTCUSDT_depth_snapshot.csv"), &ReadOptions::default());
    assert!(matches!(answer, Err(DatasetError::Depth { .. })), "{answer:?}");
}

/// Lines of the file whose fields were broken on purpose: prices of other magnitudes, signs, order, rows left blank.
#[test]
fn broken_rows_are_named_by_line() {
    let Some(folder) = market_data("broken_rows_are_named_by_line") else { return };
    let path = folder.join("bad_rows_1d.csv");
    let options = ReadOptions { on_bad_row: OnBadRow::Skip, ..ReadOptions::default() };
    let mut reader = Reader::open(&path, &options).expect("opens");
    let good = reader.by_ref().filter(Result::is_ok).count();
    let bad: Vec<u64> = reader.bad_rows().iter().map(|row| row.line).collect();
    let expected: Vec<u64> = (202..=257).chain([356, 358, 359, 360, 361, 362, 363]).chain(451..=501).collect();
    assert_eq!(bad, expected);
    assert_eq!(good + bad.len(), 502);

    let mut reader = Reader::open(&path, &ReadOptions::default()).expect("opens");
    assert_eq!(reader.by_ref().take_while(Result::is_ok).count(), 200);
    let mut reader = Reader::open(&path, &ReadOptions::default()).expect("opens");
    let error = reader.find_map(Result::err).expect("a bad row");
    assert_eq!((error.line, error.column.as_deref()), (202, Some("date")));
    assert!(reader.next().is_none());
}

#[test]
fn values_are_read_exactly() {
    let Some(folder) = market_data("values_are_read_exactly") else { return };
    let (_, trades) = read(&folder.join("XRP_ETH_trades_2019-10.csv.gz"));
    let Data::Trade(trade) = &trades[0].data else { panic!("a trade") };
    assert_eq!((trade.price, trade.size, trade.side, trade.id), (0.00141342, 23.0, TakerSide::Sell, 13_519_807));
    let (_, trades) = read(&folder.join("binance_BTCUSDT_trades_2020-11-16.csv.gz"));
    let Data::Trade(trade) = &trades[1].data else { panic!("a trade") };
    assert_eq!((trade.price, trade.size, trade.side, trade.id), (15994.96, 0.227, TakerSide::Unknown, 2));
    let (_, bars) = read(&folder.join("binance_BTCUSDT_1d_2019.csv.gz"));
    let Data::Bar(bar) = &bars[0].data else { panic!("a bar") };
    assert_eq!((bar.turnover, bar.trades, bar.buy_volume), (88149249.09230461, 154_227, 12919.1558990));
    assert_eq!(bar.sell_volume, 23741.68703300 - 12919.15589900);
    let (_, quotes) = read(&folder.join("binance_BTCUSDT_quotes_2021-01-08.csv.gz"));
    let Data::Quote(quote) = &quotes[0].data else { panic!("a quote") };
    assert_eq!((quote.bid, quote.bid_size, quote.ask, quote.ask_size), (39432.99, 0.0031, 39433.62, 0.066851));
    let (_, points) = read(&folder.join("XRPUSDT_perp_funding_8h.csv.gz"));
    let Data::Series(point) = &points[0].data else { panic!("a point") };
    assert_eq!((point.name.as_str(), point.value), ("funding_rate", 0.0001));
}
