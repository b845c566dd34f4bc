//! Catalogue rows: ranges, deviations, bands and channels.

use super::entry::{CatalogueEntry, Param};
use super::spec::Kind;

const N: &[Param] = &[Param::N];
const BANDS: &[Param] = &[Param::N, Param::Factor { name: "mult" }];

pub(super) const ENTRIES: &[CatalogueEntry] = &[
    CatalogueEntry::new(Kind::TrueRange, 0, "true_range", &[])
        .says("max(high − low, |high − previous close|, |low − previous close|)", "price")
        .source("tr.csv, TA-Lib")
        .first("1", |_| 1)
        .needs("2", |_| 2),
    CatalogueEntry::new(Kind::Atr, 0, "atr", N)
        .example("atr_14")
        .says("Wilder average of the true range, seeded with the mean of the first n", "price")
        .source("atr.csv, TA-Lib")
        .first("n", |[n, ..]| n)
        .needs_all(),
    CatalogueEntry::new(Kind::AtrSimple, 0, "atr_simple", N)
        .example("atr_simple_14")
        .says("Mean of the last n true ranges", "price")
        .source("golden set")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
    CatalogueEntry::new(Kind::AtrClose, 0, "atr_close", N)
        .example("atr_close_14")
        .says("Mean of the last n absolute changes of the close, for sources without highs and lows", "price")
        .source("golden set")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
    CatalogueEntry::new(Kind::AtrPct, 0, "atr_pct", N)
        .example("atr_pct_14")
        .alias("atr_pct")
        .says("100·atr/close; NaN when close is 0", "percent")
        .source("atr.csv, TA-Lib")
        .first("n", |[n, ..]| n)
        .needs_all(),
    CatalogueEntry::new(Kind::Stdev, 0, "stdev", N)
        .example("stdev_14")
        .says("Population standard deviation of the last n closes", "price")
        .source("stdev.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    CatalogueEntry::new(Kind::RealisedVol, 0, "realised_vol", &[Param::Bars { name: "n", least: 2 }])
        .example("realised_vol_20")
        .says("Sample deviation of the last n log returns of the close · √(365 days · bars a day)", "fraction a year")
        .source("golden set")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
    bollinger(0, "bb_upper", "bb_upper_20_2").says("Mean of n closes + mult·population deviation", "price"),
    bollinger(1, "bb_middle", "bb_middle_20_2").says("Mean of n closes", "price"),
    bollinger(2, "bb_lower", "bb_lower_20_2").says("Mean of n closes − mult·population deviation", "price"),
    bollinger(3, "bb_percent_b", "bb_percent_b_20_2")
        .says("(close − bb_lower)/(bb_upper − bb_lower); 0.5 when the bands meet", "fraction"),
    bollinger(4, "bb_width", "bb_width_20_2")
        .says("(bb_upper − bb_lower)/bb_middle; 0 when the bands meet", "fraction"),
    donchian(0, "donchian_upper", "donchian_upper_20").says("Highest high of the n bars before this one", "price"),
    donchian(1, "donchian_lower", "donchian_lower_20").says("Lowest low of the n bars before this one", "price"),
    donchian(2, "donchian_mid", "donchian_mid_20").says("(donchian_upper + donchian_lower)/2", "price"),
];

const fn bollinger(output: u8, stem: &'static str, example: &'static str) -> CatalogueEntry {
    CatalogueEntry::new(Kind::Bollinger, output, stem, BANDS)
        .example(example)
        .source("bb.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n)
}

const fn donchian(output: u8, stem: &'static str, example: &'static str) -> CatalogueEntry {
    CatalogueEntry::new(Kind::Donchian, output, stem, N)
        .example(example)
        .source("donchian.csv")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1)
}
