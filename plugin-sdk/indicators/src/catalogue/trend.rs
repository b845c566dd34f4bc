//! Catalogue rows: averages of the close and the direction of the market.

use super::entry::{CatalogueEntry, Param};
use super::spec::Kind;

const N: &[Param] = &[Param::N];
const MACD: &[Param] = &[Param::bars("fast"), Param::bars("slow"), Param::bars("signal")];

pub(super) const ENTRIES: &[CatalogueEntry] = &[
    CatalogueEntry::new(Kind::Sma, 0, "sma", N)
        .example("sma_20")
        .says("Mean of the last n closes", "price")
        .source("sma.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    CatalogueEntry::new(Kind::Ema, 0, "ema", N)
        .example("ema_20")
        .says("ema += 2/(n+1)·(close − ema), seeded with the mean of the first n closes", "price")
        .source("ema.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs_all(),
    CatalogueEntry::new(Kind::Wma, 0, "wma", N)
        .example("wma_14")
        .says("Σ i·close / Σ i of the last n closes, i = 1 for the oldest", "price")
        .source("wma.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    macd(0, "macd", "macd_12_26_9")
        .says("EMA(fast) − EMA(slow) of the close, both averages beginning at index slow−1", "price"),
    macd(1, "macd_signal", "macd_signal_12_26_9").says("EMA(signal) of macd", "price"),
    macd(2, "macd_hist", "macd_hist_12_26_9").says("macd − macd_signal", "price"),
    CatalogueEntry::new(Kind::Adx, 0, "adx", N)
        .example("adx_14")
        .says("Wilder average of 100·|plus_di − minus_di| / (plus_di + minus_di)", "0..100")
        .source("TA-Lib; adx.csv from row 400")
        .first("2n−1", |[n, ..]| 2 * n - 1)
        .needs_all(),
    directional(1, "plus_di", "plus_di_14")
        .says("100 · smoothed upward movement / smoothed true range (Wilder); 0 when the range is 0", "0..100"),
    directional(2, "minus_di", "minus_di_14")
        .says("100 · smoothed downward movement / smoothed true range (Wilder); 0 when the range is 0", "0..100"),
];

const fn macd(output: u8, stem: &'static str, example: &'static str) -> CatalogueEntry {
    CatalogueEntry::new(Kind::Macd, output, stem, MACD)
        .example(example)
        .source("TA-Lib; macd.csv from row 400")
        .first("slow+signal−2", |[_, slow, signal]| slow + signal - 2)
        .needs_all()
}

const fn directional(output: u8, stem: &'static str, example: &'static str) -> CatalogueEntry {
    CatalogueEntry::new(Kind::Adx, output, stem, N)
        .example(example)
        .source("TA-Lib; adx.csv from row 400")
        .first("n", |[n, ..]| n)
        .needs_all()
}
