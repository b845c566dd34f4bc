//! Catalogue rows: the bar's own numbers and the volume-weighted prices.

use super::entry::{CatalogueEntry, Param};
use super::spec::Kind;

const N: &[Param] = &[Param::N];

pub(super) const ENTRIES: &[CatalogueEntry] = &[
    bar(0, "open").says("First price of the bar", "price"),
    bar(1, "high").says("Highest price of the bar", "price"),
    bar(2, "low").says("Lowest price of the bar", "price"),
    bar(3, "close").says("Last price of the bar", "price"),
    bar(4, "volume").says("Σ size of the bar's trades", "base units"),
    bar(5, "turnover").says("Σ price·size of the bar's trades; NaN when unknown", "quote units"),
    bar(6, "vwap").alias("bar_vwap").says("turnover / volume of the bar; NaN when volume is 0", "price"),
    bar(7, "trades").says("Number of trades in the bar", "count"),
    bar(8, "taker_buy_volume").alias("buy_volume").says("Σ size of trades whose taker bought", "base units"),
    bar(9, "taker_sell_volume").alias("sell_volume").says("Σ size of trades whose taker sold", "base units"),
    bar(10, "volume_delta").says("taker_buy_volume − taker_sell_volume", "base units"),
    CatalogueEntry::new(Kind::Vwap, 0, "vwap", N)
        .example("vwap_20")
        .says("Σ typical·volume / Σ volume of the last n bars, typical = (high+low+close)/3; NaN when Σ volume is 0", "price")
        .source("golden set")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    CatalogueEntry::new(Kind::VwapAnchored, 0, "vwap_anchored", &[])
        .says("Σ typical·volume / Σ volume since the first bar; NaN while Σ volume is 0", "price")
        .source("vwap.csv")
        .needs_all(),
    CatalogueEntry::new(Kind::VwapDay, 0, "vwap_day", &[])
        .says("Σ typical·volume / Σ volume since the first bar of the UTC day; NaN while Σ volume is 0", "price")
        .source("golden set")
        .needs_all(),
    CatalogueEntry::new(Kind::PxVsVwapBps, 0, "px_vs_vwap_bps", N)
        .example("px_vs_vwap_bps_20")
        .alias("px_vs_vwap_bps")
        .says(
            "10 000·(close/V − 1), V = Σ turnover / Σ volume of the last n bars, or the mean close when Σ volume is 0; 0 when V is 0",
            "basis points",
        )
        .source("golden set")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
];

const fn bar(output: u8, stem: &'static str) -> CatalogueEntry {
    CatalogueEntry::new(Kind::Bar, output, stem, &[]).source("the bar")
}
