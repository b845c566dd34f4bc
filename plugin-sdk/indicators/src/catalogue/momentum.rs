//! Catalogue rows: oscillators and rates of change.

use super::entry::{CatalogueEntry, Param};
use super::spec::Kind;

const N: &[Param] = &[Param::N];
const STOCHASTIC: &[Param] = &[Param::bars("k"), Param::bars("slow"), Param::bars("d")];

pub(super) const ENTRIES: &[CatalogueEntry] = &[
    CatalogueEntry::new(Kind::Rsi, 0, "rsi", N)
        .example("rsi_14")
        .says("100·G/(G+L), Wilder averages of the close's gains and losses; 50 when both are 0", "0..100")
        .source("rsi.csv, TA-Lib")
        .first("n", |[n, ..]| n)
        .needs_all(),
    CatalogueEntry::new(Kind::Stochastic, 0, "stoch_k", STOCHASTIC)
        .example("stoch_k_14_3_3")
        .says("Mean over slow bars of 100·(close − LL)/(HH − LL), extremes over k bars; 0 where HH = LL", "0..100")
        .source("stoch.csv, TA-Lib")
        .first("k+slow−2", |[k, slow, _]| k + slow - 2)
        .needs("k+slow−1", |[k, slow, _]| k + slow - 1),
    CatalogueEntry::new(Kind::Stochastic, 1, "stoch_d", STOCHASTIC)
        .example("stoch_d_14_3_3")
        .says("Mean of the last d values of stoch_k", "0..100")
        .source("stoch.csv, TA-Lib")
        .first("k+slow+d−3", |[k, slow, d]| k + slow + d - 3)
        .needs("k+slow+d−2", |[k, slow, d]| k + slow + d - 2),
    CatalogueEntry::new(Kind::WilliamsR, 0, "willr", N)
        .example("willr_14")
        .says("−100·(HH − close)/(HH − LL), extremes over n bars; 0 when HH = LL", "−100..0")
        .source("willr.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    CatalogueEntry::new(Kind::Cci, 0, "cci", N)
        .example("cci_20")
        .says(
            "(typical − mean) / (0.015·mean absolute deviation) over n typical prices; 0 when they are equal",
            "index",
        )
        .source("cci.csv, TA-Lib")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    CatalogueEntry::new(Kind::Roc, 0, "roc", N)
        .example("roc_14")
        .says("100·(close / close n bars before − 1); 0 when the earlier close is 0", "percent")
        .source("roc.csv, TA-Lib")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
    CatalogueEntry::new(Kind::MomentumBps, 0, "mom_bps", &[Param::bars("k")])
        .example("mom_bps_1")
        .alias("mom_bps")
        .says("10 000·(close / close k bars before − 1); 0 when the earlier close is not positive", "basis points")
        .source("golden set")
        .first("k", |[k, ..]| k)
        .needs("k+1", |[k, ..]| k + 1),
    CatalogueEntry::new(Kind::LogReturn, 0, "log_return", N)
        .example("log_return_5")
        .says("ln(close / close n bars before)", "log return")
        .source("golden set")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
];
