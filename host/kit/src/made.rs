//! A market made by a rule: the same bars for the same number on every machine, with trends, waves, bursts and quiet.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::{AnswerPoint, Bar, BarSource, Digest, Instrument, ModelAnswer, Nanos, Timeframe};
use sconce_market::ForecastColumn;

/// The first bar opens here: a Monday, 2024-01-01T00:00:00Z.
pub const OPENING: Nanos = Nanos(1_704_067_200_000_000_000);
/// No bar closes after this: 2200-01-01T00:00:00Z.
const LAST: i64 = 7_258_118_400_000_000_000;

/// Its two instruments.
pub fn instruments() -> Vec<Instrument> {
    vec![Instrument::spot("AAA", "USDT", "made"), Instrument::spot("BBB", "USDT", "made")]
}

/// How many bars of a timeframe there can be at most.
pub fn most(timeframe: Timeframe) -> u64 {
    ((LAST - OPENING.0) / timeframe.nanos()).unsigned_abs()
}

/// A wave from -1 to 1 and back in `period` steps.
fn triangle(number: u64, period: u32) -> f64 {
    let step = u32::try_from(number % u64::from(period)).unwrap_or(0);
    (f64::from(step) / f64::from(period) - 0.5).abs() * 4.0 - 1.0
}

/// A number from 0 to 1 that looks like chance and is none.
fn jitter(number: u64) -> f64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd6e8_feb8_6659_fd93);
    f64::from(u32::try_from(mixed >> 40).unwrap_or(0)) / f64::from(1_u32 << 24)
}

fn close(number: u64) -> f64 {
    100.0 + 12.0 * triangle(number, 431) + 4.0 * triangle(number, 57) + jitter(number) - 0.5
}

/// Bar `number` of the made market.
pub fn bar(timeframe: Timeframe, number: u64) -> Bar {
    let (open, close) = (close(number.saturating_sub(1)), close(number));
    let volume = (5.0 + 20.0 * jitter(number ^ 0x5555)) * if number % 97 < 4 { 9.0 } else { 1.0 };
    let buys = volume * (0.35 + 0.3 * jitter(number ^ 0xaaaa));
    let spread = 0.1 + 0.4 * jitter(number ^ 0xffff);
    let (low, high) = (open.min(close) - spread, open.max(close) + spread);
    Bar {
        timeframe,
        ts_open: OPENING + i64::try_from(number).unwrap_or(0).saturating_mul(timeframe.nanos()),
        open,
        high,
        low,
        close,
        volume,
        turnover: volume * (open + close) / 2.0,
        buy_volume: buys,
        sell_volume: volume - buys,
        trades: 1 + number % 40,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::History,
    }
}

/// A bar with every price and size scaled.
pub fn scaled(bar: Bar, prices: f64, sizes: f64) -> Bar {
    Bar {
        open: bar.open * prices,
        high: bar.high * prices,
        low: bar.low * prices,
        close: bar.close * prices,
        volume: bar.volume * sizes,
        turnover: bar.turnover * prices * sizes,
        buy_volume: bar.buy_volume * sizes,
        sell_volume: bar.sell_volume * sizes,
        ..bar
    }
}

/// What models say of bar `number`: each that these columns name, at the horizons that they ask for. Now and then one is silent.
pub fn answers(columns: &[String], bar: &Bar, number: u64) -> Vec<ModelAnswer> {
    let mut asked: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for column in columns.iter().filter_map(|column| ForecastColumn::parse(column)) {
        asked.entry(column.model).or_default().insert(column.ahead);
    }
    let speaks = |voice: u64| number % 13 != voice % 13;
    let said = asked.into_iter().zip(1_u64..).filter(|(_, voice)| speaks(*voice));
    said.map(|((model, horizons), voice)| {
        let log_return = |ahead: u32| (jitter(number ^ (voice << 32) ^ (u64::from(ahead) << 48)) - 0.5) / 10.0;
        let point = |ahead| AnswerPoint { ahead, log_return: log_return(ahead), intervals: vec![], in_sample: false };
        ModelAnswer {
            version: Digest::of(model.as_bytes()),
            model,
            timeframe: bar.timeframe,
            as_of: bar.ts_close(),
            close: bar.close,
            points: horizons.into_iter().take(ModelAnswer::MOST_POINTS).map(point).collect(),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bar_is_one() {
        for number in (0..5_000).chain([999_999]) {
            let bar = bar(Timeframe::H1, number);
            assert!(bar.is_consistent() && bar.volume > 0.0 && bar.low > 0.0, "{bar:?}");
            assert!((bar.buy_volume + bar.sell_volume - bar.volume).abs() < 1e-9, "{bar:?}");
        }
        assert!(most(Timeframe::D1) > 60_000 && most(Timeframe::H1) > 1_000_000);
    }

    #[test]
    fn models_speak_of_what_they_are_asked() {
        let columns = ["forecast:lstm/h1", "forecast:lstm/h7", "close@1h", "forecast:arima/h1"].map(str::to_owned);
        let said: Vec<ModelAnswer> =
            (0..100).flat_map(|number| answers(&columns, &bar(Timeframe::H1, number), number)).collect();
        assert!(said.iter().all(ModelAnswer::is_sound));
        let count = |model: &str| said.iter().filter(|answer| answer.model == model).count();
        assert_eq!((count("lstm"), count("arima"), said.len()), (92, 92, 184));
        assert!(said.iter().all(|answer| answer.points.len() == if answer.model == "lstm" { 2 } else { 1 }));
    }
}
