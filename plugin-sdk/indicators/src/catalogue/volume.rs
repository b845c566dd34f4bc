//! Catalogue rows: flows of volume and its usual level.

use super::entry::{CatalogueEntry, Param};
use super::spec::Kind;

const N: &[Param] = &[Param::N];

pub(super) const ENTRIES: &[CatalogueEntry] = &[
    CatalogueEntry::new(Kind::Mfi, 0, "mfi", N)
        .example("mfi_14")
        .says(
            "100·P/(P+N), Σ typical·volume of bars whose typical price rose and fell, n changes; 50 when both are 0",
            "0..100",
        )
        .source("mfi.csv, TA-Lib")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
    CatalogueEntry::new(Kind::Obv, 0, "obv", &[])
        .says("First volume, then ± volume as the close rises or falls", "base units")
        .source("TA-Lib; obv.csv less the first volume")
        .needs_all(),
    CatalogueEntry::new(Kind::Cvd, 0, "cvd", N)
        .example("cvd_20")
        .says("Σ volume_delta of the last n bars", "base units")
        .source("golden set")
        .first("n−1", |[n, ..]| n - 1)
        .needs("n", |[n, ..]| n),
    CatalogueEntry::new(Kind::VolSpike, 0, "vol_spike", N)
        .example("vol_spike_20")
        .alias("vol_spike")
        .says("1 when volume > 2·mean of the n volumes before, else 0", "flag")
        .source("golden set")
        .first("n", |[n, ..]| n)
        .needs("n+1", |[n, ..]| n + 1),
    CatalogueEntry::new(Kind::Rvol, 0, "rvol", &[Param::bars("recent"), Param::bars("base")])
        .example("rvol_5_20")
        .alias("rvol_vs_recent")
        .says("Mean of the last recent volumes / mean of the base volumes before them; 0 when the base is 0", "ratio")
        .source("golden set")
        .first("recent+base−1", |[recent, base, _]| recent + base - 1)
        .needs("recent+base", |[recent, base, _]| recent + base),
];
