//! Tests of the replay feed.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use sconce_domain::time::{MINUTE, SECOND};
use sconce_domain::{Bar, Payload, TakerSide};
use tempfile::NamedTempFile;

use super::*;
use crate::testing::{Recorder, minute_bars};

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("written");
    file
}

fn feed(files: &[(&NamedTempFile, &str)], options: ReplayOptions) -> ReplayFeed {
    let files = files
        .iter()
        .map(|(file, instrument)| ReplayFile {
            path: file.path().to_owned(),
            instrument: parse_instrument(instrument).expect("valid"),
        })
        .collect();
    ReplayFeed::open(files, options).expect("opens")
}

async fn run(feed: &ReplayFeed, resume: Vec<Resume>) -> Recorder {
    let sink = Recorder::new();
    let end = feed.run(&sink, resume).await.expect("runs");
    assert_eq!(end, FeedEnd::Exhausted);
    sink.check_order();
    sink
}

const TRADES: &str = "time,price,size,side\n60,10,1,buy\n60,11,2,sell\n60,12,3,ANY\n61,13,1,buy\n125,14,1,buy\n";
const QUOTES: &str = "timestamp,symbol,ask_size,ask,bid_size,bid\n60,ETH/USDT,1,21,2,20\n61,ETH/USDT,1,22,2,21\n";
const BARS: &str = "date,open,high,low,close,volume\n1970-01-01 00:00,9,10,8,9.5,3\n1970-01-01 00:01,9.5,14,9,14,7\n";

#[tokio::test]
async fn files_merge_in_time_order() {
    let (trades, quotes, bars) = (file(TRADES), file(QUOTES), file(BARS));
    let feed = feed(&[(&trades, "BTC-USDT"), (&quotes, "ETH-USDT"), (&bars, "BTC-USDT")], ReplayOptions::default());
    assert_eq!(
        feed.instruments().iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["BTC-USDT@replay", "ETH-USDT@replay"]
    );
    let sink = run(&feed, vec![Resume::default(); 2]).await;
    let seen: Vec<(u32, i64, i64, &str)> = sink
        .events()
        .iter()
        .map(|event| {
            let word = match &event.payload {
                Payload::Trade(_) => "trade",
                Payload::Quote(_) => "quote",
                Payload::Bar(_) => "bar",
                _ => "other",
            };
            (event.instrument, event.ts_event.0 / SECOND, event.ts_init.0 / SECOND, word)
        })
        .collect();
    let expected = [
        (0, 60, 60, "trade"),
        (0, 60, 60, "trade"),
        (0, 60, 60, "trade"),
        (1, 60, 60, "quote"),
        (0, 61, 61, "trade"),
        (1, 61, 61, "quote"),
        (0, 60, 62, "bar"),
        (0, 120, 122, "bar"),
        (0, 125, 125, "trade"),
    ];
    assert_eq!(seen, expected);
    let last = sink.batches().pop().expect("a last batch").1;
    assert_eq!(last.events.iter().map(|event| &event.payload).collect::<Vec<_>>(), [&Payload::End, &Payload::End]);
    assert_eq!(last.watermark, Some(Nanos(125 * SECOND)));
}

#[tokio::test]
async fn trades_without_ids_are_numbered_and_keep_their_order() {
    let trades = file(TRADES);
    let sink = run(&feed(&[(&trades, "BTC-USDT")], ReplayOptions::default()), Vec::new()).await;
    let seen: Vec<(u64, f64, TakerSide)> = sink
        .events()
        .iter()
        .filter_map(|event| match event.payload {
            Payload::Trade(trade) => Some((trade.id, trade.price, trade.side)),
            _ => None,
        })
        .collect();
    assert_eq!(seen[..3], [(1, 10.0, TakerSide::Buy), (2, 11.0, TakerSide::Sell), (3, 12.0, TakerSide::Unknown)]);
    assert_eq!(seen.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

/// Whatever was on the log when the host went down, the rest completes it: nothing is lost, nothing comes twice.
#[tokio::test]
async fn resuming_anywhere_equals_no_interruption() {
    let (trades, more, quotes) = (file(TRADES), file(TRADES), file(QUOTES));
    let options = ReplayOptions { batch: 2, ..ReplayOptions::default() };
    let feed = feed(&[(&trades, "BTC-USDT"), (&quotes, "ETH-USDT"), (&more, "BTC-USDT")], options);
    let whole = run(&feed, Vec::new()).await.events();
    assert_eq!(whole.len(), 12);
    for split in 0..=whole.len() {
        let mut resume = vec![Resume::default(); 2];
        for event in &whole[..split] {
            let resume = &mut resume[event.instrument as usize];
            resume.events += 1;
            resume.last_ts_event = Some(event.ts_event);
        }
        assert_eq!(run(&feed, resume).await.events(), whole[split..], "split at {split}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_factor_paces_by_market_time() {
    let trades = file(TRADES);
    let options = ReplayOptions { speed: Speed::Factor(10.0), ..ReplayOptions::default() };
    let started = tokio::time::Instant::now();
    let sink = run(&feed(&[(&trades, "BTC-USDT")], options), Vec::new()).await;
    let arrivals: Vec<(usize, Duration)> =
        sink.batches().iter().map(|(at, batch)| (batch.events.len(), *at - started)).collect();
    let about = |millis: u64, at: Duration| at.abs_diff(Duration::from_millis(millis)) <= Duration::from_millis(2);
    assert_eq!(arrivals.iter().map(|(count, _)| *count).collect::<Vec<_>>(), [3, 1, 1, 1]);
    assert!(about(0, arrivals[0].1) && about(100, arrivals[1].1) && about(6_500, arrivals[2].1), "{arrivals:?}");
}

#[tokio::test]
async fn coverage_is_told_before_the_first_event_of_a_fresh_start() {
    let trades = file(TRADES);
    let options = ReplayOptions { covers_from: Some(Nanos(MINUTE)), latency: SECOND, ..ReplayOptions::default() };
    let feed = feed(&[(&trades, "BTC-USDT")], options);
    let sink = run(&feed, Vec::new()).await;
    assert_eq!(
        sink.batches()[0].1,
        sconce_domain::ports::FeedBatch { events: Vec::new(), watermark: Some(Nanos(MINUTE)) }
    );
    assert_eq!(sink.events()[0].ts_init, Nanos(61 * SECOND));
    assert_eq!(sink.watermark(), Some(Nanos(126 * SECOND)));
    let resumed = run(&feed, vec![Resume { events: 1, ..Resume::default() }]).await;
    assert!(!resumed.batches()[0].1.events.is_empty());
}

#[tokio::test]
async fn a_sink_that_closes_stops_the_feed() {
    let trades = file(TRADES);
    let options = ReplayOptions { batch: 1, ..ReplayOptions::default() };
    let sink = Recorder::closing_after(2);
    let end = feed(&[(&trades, "BTC-USDT")], options).run(&sink, Vec::new()).await;
    assert_eq!(end.expect("no failure"), FeedEnd::Stopped);
    assert_eq!(sink.batches().len(), 2);
}

#[tokio::test]
async fn bad_rows_stop_or_are_counted() {
    let trades = file("time,price,size\n1,10,1\n2,-5,1\n3,11,1\n");
    let sink = Recorder::new();
    let stopping = feed(&[(&trades, "BTC-USDT")], ReplayOptions::default());
    let error = stopping.run(&sink, Vec::new()).await.expect_err("a bad row");
    assert!(error.to_string().contains("line 3, column `price`: -5 is not above 0"), "{error}");
    assert_eq!(sink.events().len(), 1);

    let options = ReplayOptions { on_bad_row: OnBadRow::Skip, ..ReplayOptions::default() };
    let skipping = feed(&[(&trades, "BTC-USDT")], options);
    assert_eq!(run(&skipping, Vec::new()).await.events().len(), 2);
    let expected = ReplayProgress { rows: 3, bad_rows: 1, fraction: 1.0 };
    assert_eq!(skipping.progress(), expected);
}

#[test]
fn impossible_options_are_refused() {
    for options in [
        ReplayOptions { speed: Speed::Factor(0.0), ..ReplayOptions::default() },
        ReplayOptions { speed: Speed::Factor(f64::NAN), ..ReplayOptions::default() },
        ReplayOptions { latency: -1, ..ReplayOptions::default() },
        ReplayOptions { batch: 0, ..ReplayOptions::default() },
    ] {
        assert!(matches!(ReplayFeed::open(Vec::new(), options), Err(ReplayError::Option { .. })));
    }
}

#[test]
fn the_market_is_taken_from_the_rows() {
    let quotes = file(QUOTES);
    let spec = format!("replay:{}", quotes.path().display());
    let feed = ReplayFeed::from_spec(&spec, None, ReplayOptions::default()).expect("opens");
    assert_eq!(feed.instruments()[0].to_string(), "ETH-USDT@replay");
    assert!(!feed.info().synthetic);
}

#[tokio::test]
async fn a_recorded_day_comes_through_whole() {
    let shared = std::env::var_os("SCONCE_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("market-data");
    if !folder.is_dir() {
        println!("SKIP a_recorded_day_comes_through_whole: ../shared is absent");
        return;
    }
    let spec = format!(
        "replay:{0}/XRP_ETH_trades_2019-10.csv.gz=XRP-ETH,{0}/XRP_ETH_1m.csv.gz=XRP-ETH@recorded",
        folder.display()
    );
    let feed = ReplayFeed::from_spec(&spec, None, ReplayOptions::default()).expect("opens");
    let sink = run(&feed, Vec::new()).await;
    assert_eq!(sink.events().len(), 12_477 + 2_469);
    assert_eq!(feed.progress().rows, 12_477 + 2_469);

    // The recorded minutes are exactly what the recorded trades come to.
    let events = sink.events();
    let built = minute_bars(&events, 0);
    let told = events.iter().filter_map(|event| if let Payload::Bar(bar) = &event.payload { Some(bar) } else { None });
    let numbers = |bar: &Bar| (bar.ts_open, [bar.open, bar.high, bar.low, bar.close, bar.volume]);
    assert_eq!(built.iter().map(numbers).collect::<Vec<_>>(), told.map(numbers).collect::<Vec<_>>());
}
