//! Tests of the demo market.

use std::time::Duration;

use proptest::prelude::*;
use sconce_domain::Payload;
use sconce_domain::ports::FeedEvent;
use sconce_domain::time::{DAY, SECOND};

use super::*;
use crate::testing::{Recorder, minute_bars};

/// A clock that stands still.
#[derive(Debug)]
struct Still(Nanos);

impl Clock for Still {
    fn now(&self) -> Nanos {
        self.0
    }
}

/// A clock that can be set.
#[derive(Debug)]
struct Set(std::sync::atomic::AtomicI64);

impl Set {
    fn to(&self, at: Nanos) {
        self.0.store(at.0, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Clock for Set {
    fn now(&self) -> Nanos {
        Nanos(self.0.load(std::sync::atomic::Ordering::Relaxed))
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

#[tokio::test(start_paused = true)]
async fn live_trades_add_up_to_the_bars_of_the_history() {
    let feed = demo(DemoOptions::default());
    let sink = live(&feed, Vec::new(), Duration::from_secs(305)).await;
    let events = sink.events();
    assert_eq!(sink.batches()[0].1.watermark, Some(noon().floor_to(MINUTE)), "the first minute is whole");
    for (index, instrument) in feed.instruments().iter().enumerate() {
        let built = minute_bars(&events, index as u32);
        let told =
            feed.bars(instrument, Timeframe::M1, noon().floor_to(MINUTE), Nanos::MAX).await.expect("never fails");
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

/// Where the log stands after these events.
fn resume_after(events: &[FeedEvent], instruments: usize) -> Vec<Resume> {
    let mut resume = vec![Resume::default(); instruments];
    for event in events {
        let resume = &mut resume[event.instrument as usize];
        // Imported bars may count too, so the count says nothing; and they may be newer than the last trade.
        resume.events += 1 + event.ts_event.0.unsigned_abs() % 3;
        resume.last_ts_event = Some(event.ts_event);
        if let Payload::Trade(trade) = event.payload {
            resume.last_trade_id = Some(trade.id);
        }
    }
    resume
}

/// Whatever was on the log when the host went down, the rest completes it: nothing is lost, nothing comes twice.
#[tokio::test(start_paused = true)]
async fn resuming_anywhere_equals_no_interruption() {
    let feed = demo(DemoOptions::default());
    let whole = live(&feed, Vec::new(), Duration::from_secs(70)).await.events();
    assert!(whole.len() > 800, "{}", whole.len());
    let splits = (500..560).chain((600..whole.len() - 200).step_by(37));
    for split in splits {
        let resume = resume_after(&whole[..split], 5);
        let rest = live(&feed, resume, Duration::from_secs(70)).await.events();
        let expected = &whole[split..];
        assert!(rest.len() >= expected.len(), "split at {split}");
        assert_eq!(&rest[..expected.len()], expected, "split at {split}");
    }
}

/// Bars that were imported before the feed could run again hide no trade.
#[tokio::test(start_paused = true)]
async fn newer_bars_on_the_log_hide_no_trade() {
    let feed = demo(DemoOptions::default());
    let whole = live(&feed, Vec::new(), Duration::from_secs(70)).await.events();
    let ends_with_quotes = |split: &usize| {
        let last = |i| whole[..*split].iter().rev().find(|event| event.instrument == i).map(|event| &event.payload);
        (0..5).all(|instrument| matches!(last(instrument), Some(Payload::Quote(_))))
    };
    let split = (400..500).find(ends_with_quotes).expect("such a place");
    let mut resume = resume_after(&whole[..split], 5);
    for resume in &mut resume {
        resume.last_ts_event = Some(noon() + HOUR);
    }
    let rest = live(&feed, resume, Duration::from_secs(70)).await.events();
    assert_eq!(&rest[..100], &whole[split..split + 100]);
    let foreign = vec![Resume { events: 1, last_trade_id: Some(u64::MAX), last_ts_event: Some(noon()) }; 5];
    let rest = live(&feed, foreign, Duration::from_secs(5)).await.events();
    assert!(rest[0].ts_event > noon() && rest[0].ts_event < noon() + 5 * SECOND);
}

/// The host asks for the past, takes its time, and only then lets the feed run.
#[tokio::test(start_paused = true)]
async fn past_and_present_join_without_a_gap() {
    let clock = Arc::new(Set(noon().0.into()));
    let feed = DemoFeed::new(DemoOptions::default(), Arc::clone(&clock) as Arc<dyn Clock>).expect("valid options");
    clock.to(noon() + 3 * MINUTE);
    let past = bars(&feed, 0, Timeframe::M1).await;
    let events = live(&feed, Vec::new(), Duration::from_secs(5)).await.events();
    let built = minute_bars(&events, 0);
    assert_eq!(past[past.len() - 1].ts_close(), built[0].ts_open);
    assert!(built.len() >= 3);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_catches_up() {
    let clock = Arc::new(Set(noon().0.into()));
    let feed = DemoFeed::new(DemoOptions::default(), Arc::clone(&clock) as Arc<dyn Clock>).expect("valid options");
    let sink = Recorder::new();
    let running = tokio::time::timeout(Duration::from_secs(2), feed.run(&sink, Vec::new()));
    let waking = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        clock.to(noon() + HOUR);
    };
    drop(tokio::join!(running, waking));
    sink.check_order();
    assert!(sink.watermark().expect("ticks") >= noon() + HOUR);
    let built = minute_bars(&sink.events(), 0);
    assert!(built.len() > 58 && built.windows(2).all(|pair| pair[1].ts_open - pair[0].ts_open == MINUTE));
}

/// Down for longer than is made good: a hole stays, and the first bar after it is whole.
#[tokio::test(start_paused = true)]
async fn a_long_absence_leaves_a_hole() {
    let feed = demo(DemoOptions { trades_per_second: 0.15, ..DemoOptions::default() });
    let resume = vec![Resume { events: 2, last_trade_id: Some(1), last_ts_event: Some(noon() - 8 * HOUR) }; 5];
    let sink = live(&feed, resume, Duration::from_secs(1)).await;
    let from = (noon() - 6 * HOUR).floor_to(MINUTE);
    assert_eq!(sink.batches()[0].1.watermark, Some(from));
    let first = sink.events()[0].ts_event;
    assert!(first >= from && first < from + MINUTE, "{first}");
}

#[tokio::test]
async fn a_sink_that_closes_stops_the_feed() {
    let sink = Recorder::closing_after(3);
    let end = demo(DemoOptions::default()).run(&sink, Vec::new()).await;
    assert_eq!(end.expect("no failure"), FeedEnd::Stopped);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every hour of every market divides exactly into minutes and trades.
    #[test]
    fn any_hour_divides_exactly(seed: u64, listing in 0..LISTINGS.len(), hour in 0_i64..1_000_000, pick in 0..60_usize, tps in 0.15_f64..50.0) {
        let book = market::books(seed, tps)[listing];
        let cell = book.hours(hour, hour + 1)[0];
        let minutes = book.minutes_of(hour);
        prop_assert_eq!(cell::Cell::joined(&minutes), Some(cell));
        let minute = minutes[pick];
        let prints = book.prints(hour * 60 + pick as i64, &minute);
        let trades: Vec<cell::Cell> = prints.iter().map(|print| cell::Cell {
            open: print.price, high: print.price, low: print.price, close: print.price, volume: print.size,
            buy: if print.bought { print.size } else { 0 }, turnover: print.price * print.size, trades: 1,
        }).collect();
        prop_assert_eq!(cell::Cell::joined(&trades), Some(minute));
        prop_assert!(prints.iter().all(|print| print.size > 0 && print.price > 0 && (0..MINUTE).contains(&print.offset)));
        prop_assert!(prints.windows(2).all(|pair| pair[1].offset - pair[0].offset > 1_000) && prints[0].offset > 0);
        let most = (cell.turnover as f64) * 24.0;
        prop_assert!(most < (1_u64 << 53) as f64, "a day's turnover of {most} units is not exact");
    }
}

/// The market looks like one: hourly moves of the right size, fat tails, prices near where they belong.
#[test]
fn its_statistics_are_plausible() {
    for (index, listing) in LISTINGS.iter().enumerate() {
        let book = market::books(1, 1.0)[index];
        let days = book.bars(Timeframe::D1, noon() - 3 * 365 * DAY, noon());
        let hours = book.bars(Timeframe::H1, noon() - 365 * DAY, noon());
        let moves = |bars: &[Bar]| bars.iter().map(|bar| libm::log(bar.close / bar.open)).collect::<Vec<_>>();
        let deviation = |moves: &[f64]| (moves.iter().map(|m| m * m).sum::<f64>() / moves.len() as f64).sqrt();
        let (daily, hourly) = (moves(&days), moves(&hours));
        let ratio = deviation(&daily) / listing.sigma;
        assert!((2.5..9.0).contains(&ratio), "{} moves by {ratio} hourly sigmas a day", listing.base);
        let ratio = deviation(&hourly) / listing.sigma;
        assert!((0.7..1.7).contains(&ratio), "{} moves by {ratio} sigmas an hour", listing.base);
        let jumps = hourly.iter().filter(|m| m.abs() > 4.5 * listing.sigma).count();
        assert!((5..200).contains(&jumps), "{} jumps {jumps} times a year", listing.base);
        let (low, high) = days.iter().fold((f64::MAX, 0.0_f64), |(l, h), bar| (l.min(bar.low), h.max(bar.high)));
        assert!(low > listing.price / 12.0 && high < listing.price * 12.0, "{} is at {low} to {high}", listing.base);
        let busiest = hours.iter().map(|bar| bar.volume).fold(0.0, f64::max);
        let usual = hours.iter().map(|bar| bar.volume).sum::<f64>() / hours.len() as f64;
        assert!(busiest > 3.0 * usual && busiest < 40.0 * usual, "{}: busiest {busiest}, usual {usual}", listing.base);
        println!(
            "{}: {low} to {high}, daily {:.4}, hourly {:.4}, jumps {jumps}, volume {usual} to {busiest}",
            listing.base,
            deviation(&daily),
            deviation(&hourly)
        );
    }
}

/// A host that starts asks for all of this at once.
#[tokio::test]
async fn three_years_are_made_quickly() {
    let feed = demo(DemoOptions::default());
    let started = std::time::Instant::now();
    for instrument in 0..LISTINGS.len() {
        bars(&feed, instrument, Timeframe::H1).await;
        bars(&feed, instrument, Timeframe::D1).await;
    }
    let long = started.elapsed();
    for instrument in 0..LISTINGS.len() {
        bars(&feed, instrument, Timeframe::M1).await;
    }
    println!("three years of 1h and 1d: {long:?}; with seven days of 1m: {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(20), "{long:?}");
}
