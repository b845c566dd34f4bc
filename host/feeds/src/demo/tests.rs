//! Tests of the demo market.

use std::time::Duration;

use sconce_domain::time::{DAY, SECOND};
use sconce_domain::{Payload, TakerSide, Trade};

use super::*;
use crate::testing::Recorder;

/// A clock that stands still.
#[derive(Debug)]
struct Still(Nanos);

impl Clock for Still {
    fn now(&self) -> Nanos {
        self.0
    }
}

fn noon() -> Nanos {
    Nanos::parse("2026-03-05T12:34:56.789Z").expect("valid")
}

fn demo(options: DemoOptions) -> DemoFeed {
    DemoFeed::new(options, Arc::new(Still(noon()))).expect("valid options")
}

async fn bars(feed: &DemoFeed, instrument: usize, timeframe: Timeframe) -> Vec<Bar> {
    let instrument = &feed.instruments()[instrument];
    feed.bars(instrument, timeframe, Nanos::MIN, Nanos::MAX).await.expect("never fails")
}

/// The numbers of a bar, bit for bit.
fn bits(bar: &Bar) -> ([u64; 8], u64) {
    let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume];
    (numbers.map(f64::to_bits), bar.trades)
}

/// A bar as the sum of shorter ones, in floating point.
fn joined(bars: &[Bar]) -> Bar {
    let mut whole = bars[0];
    for bar in &bars[1..] {
        whole.high = whole.high.max(bar.high);
        whole.low = whole.low.min(bar.low);
        whole.close = bar.close;
        whole.volume += bar.volume;
        whole.turnover += bar.turnover;
        whole.buy_volume += bar.buy_volume;
        whole.sell_volume += bar.sell_volume;
        whole.trades += bar.trades;
    }
    whole
}

fn check_levels(long: &[Bar], short: &[Bar]) {
    let mut compared = 0;
    for bar in long {
        let parts: Vec<Bar> =
            short.iter().filter(|s| s.ts_open >= bar.ts_open && s.ts_close() <= bar.ts_close()).copied().collect();
        if parts.len() as i64 * parts.first().map_or(0, |p| p.timeframe.nanos()) == bar.timeframe.nanos() {
            assert_eq!(bits(&joined(&parts)), bits(bar), "{bar:?}");
            compared += 1;
        }
    }
    assert!(compared > 5, "{compared} bars compared");
}

#[tokio::test]
async fn longer_bars_are_sums_of_shorter_ones() {
    let feed = demo(DemoOptions::default());
    for instrument in 0..LISTINGS.len() {
        let minutes = bars(&feed, instrument, Timeframe::M1).await;
        let hours = bars(&feed, instrument, Timeframe::H1).await;
        let recent = &hours[hours.len() - 200..];
        check_levels(recent, &minutes);
        check_levels(&bars(&feed, instrument, Timeframe::M15).await[..40], &minutes[..900]);
        check_levels(&bars(&feed, instrument, Timeframe::M5).await[..40], &minutes[..900]);
        check_levels(&bars(&feed, instrument, Timeframe::D1).await[..40], &hours[..1_200]);
        check_levels(&bars(&feed, instrument, Timeframe::H4).await[..40], &hours[..200]);
        for bar in minutes.iter().chain(&hours) {
            assert!(bar.is_consistent() && bar.low > 0.0 && bar.turnover > 0.0, "{bar:?}");
            let vwap = bar.vwap();
            assert!(vwap >= bar.low && vwap <= bar.high && bar.buy_volume <= bar.volume, "{bar:?}");
        }
    }
}

#[tokio::test]
async fn the_past_is_as_long_as_promised() {
    let feed = demo(DemoOptions::default());
    for (timeframe, count) in [
        (Timeframe::M1, 7 * 24 * 60),
        (Timeframe::M5, 7 * 24 * 12),
        (Timeframe::M15, 7 * 24 * 4),
        (Timeframe::H1, 3 * 365 * 24),
        (Timeframe::H4, 3 * 365 * 6),
        (Timeframe::D1, 3 * 365),
    ] {
        let bars = bars(&feed, 0, timeframe).await;
        assert_eq!(bars.len(), count, "{timeframe}");
        assert_eq!(bars[0].ts_open, feed.earliest(&feed.instruments()[0], timeframe).expect("listed"));
        assert_eq!(bars[count - 1].ts_close(), timeframe.bucket(noon()), "no bar of the future");
        assert!(bars.windows(2).all(|pair| pair[1].ts_open == pair[0].ts_close()));
    }
    let other = Instrument::spot("BTC", "USDT", "binance");
    assert!(feed.bars(&other, Timeframe::H1, Nanos::MIN, Nanos::MAX).await.expect("no failure").is_empty());
}

/// Runs the feed for some wall time and closes the sink.
async fn live(feed: &DemoFeed, resume: Vec<Resume>, wall: Duration) -> Recorder {
    let sink = Recorder::new();
    drop(tokio::time::timeout(wall, feed.run(&sink, resume)).await);
    sink.check_order();
    sink
}

fn minute_bars(events: &[sconce_domain::ports::FeedEvent], instrument: u32) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for event in events.iter().filter(|event| event.instrument == instrument) {
        let Payload::Trade(Trade { price, size, side, .. }) = event.payload else { continue };
        let ts_open = Timeframe::M1.bucket(event.ts_event);
        if bars.last().is_none_or(|bar| bar.ts_open != ts_open) {
            let (volume, trades, complete, partial, revision) = (0.0, 0, true, false, 0);
            let source = sconce_domain::BarSource::Trades;
            let (turnover, buy_volume, sell_volume, timeframe) = (0.0, 0.0, 0.0, Timeframe::M1);
            let (open, high, low, close) = (price, price, price, price);
            bars.push(Bar { timeframe, ts_open, open, high, low, close, volume, turnover, buy_volume, sell_volume, trades, revision, complete, partial, source });
        }
        let bar = bars.last_mut().expect("just pushed");
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume += size;
        bar.turnover += price * size;
        if side == TakerSide::Buy { bar.buy_volume += size } else { bar.sell_volume += size }
        bar.trades += 1;
    }
    bars
}

#[tokio::test(start_paused = true)]
async fn live_trades_add_up_to_the_bars_of_the_history() {
    let feed = demo(DemoOptions::default());
    let sink = live(&feed, Vec::new(), Duration::from_secs(305)).await;
    let events = sink.events();
    assert_eq!(sink.batches()[0].1.watermark, Some(noon().floor_to(MINUTE)), "the first minute is whole");
    for (index, instrument) in feed.instruments().iter().enumerate() {
        let built = minute_bars(&events, index as u32);
        let told = feed.bars(instrument, Timeframe::M1, noon().floor_to(MINUTE), Nanos::MAX).await.expect("never fails");
        assert_eq!(told.len(), 6);
        for (built, told) in built.iter().zip(&told) {
            assert_eq!(built.ts_open, told.ts_open);
            assert_eq!(bits(built), bits(told), "{built:?} {told:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_market_still_ticks() {
    let options = DemoOptions { trades_per_second: 0.15, ..DemoOptions::default() };
    let sink = live(&demo(options), Vec::new(), Duration::from_secs(60)).await;
    let times: Vec<_> = sink.batches().iter().map(|(at, _)| *at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= Duration::from_millis(252)));
    let behind = (noon() + 60 * SECOND) - sink.watermark().expect("ticks");
    assert!((0..=300_000_000).contains(&behind), "{behind} ns behind");
}

#[tokio::test(start_paused = true)]
async fn speed_makes_market_time_run_faster() {
    let options = DemoOptions { speed: 60.0, ..DemoOptions::default() };
    let sink = live(&demo(options), Vec::new(), Duration::from_secs(60)).await;
    let came = sink.watermark().expect("ticks") - noon();
    assert!((came - HOUR).abs() < MINUTE, "{came}");
}

#[test]
fn the_same_seed_is_the_same_market() {
    let week = |seed| {
        let books = market::books(seed, 1.0);
        books[2].bars(Timeframe::M1, noon() - DAY, noon()).iter().map(bits).collect::<Vec<_>>()
    };
    assert_eq!(week(7), week(7));
    assert_ne!(week(7), week(8));
}

#[test]
fn impossible_options_are_refused() {
    for options in [
        DemoOptions { speed: 0.0, ..DemoOptions::default() },
        DemoOptions { speed: f64::NAN, ..DemoOptions::default() },
        DemoOptions { trades_per_second: 1e9, ..DemoOptions::default() },
        DemoOptions { start: Some(Nanos::MIN), ..DemoOptions::default() },
    ] {
        assert!(DemoFeed::new(options, Arc::new(Still(noon()))).is_err(), "{options:?}");
    }
}
