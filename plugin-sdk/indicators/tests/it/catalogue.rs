//! Names in, specs out: canonical forms, aliases, refusals and what a spec says about itself.

use std::collections::BTreeSet;

use sconce_indicators::{ColumnSpec, catalogue};

use crate::support::spec;

#[test]
fn canonical_names() {
    let check = |name: &str, expected: &str| assert_eq!(spec(name).to_string(), expected);
    check("sma_20", "sma_20");
    check("sma_020", "sma_20");
    check("bb_upper_20_2", "bb_upper_20_2");
    check("bb_upper_20_2.0", "bb_upper_20_2");
    check("bb_upper_20_2.50", "bb_upper_20_2.5");
    check("bb_lower_20_0.001", "bb_lower_20_0.001");
    check("macd_signal_12_26_9", "macd_signal_12_26_9");
    check("atr_pct", "atr_pct_14");
    check("vol_spike", "vol_spike_20");
    check("mom_bps", "mom_bps_1");
    check("log_return_07", "log_return_7");
    check("px_vs_vwap_bps", "px_vs_vwap_bps_20");
    check("rvol_vs_recent", "rvol_5_20");
    check("bar_vwap", "vwap");
    check("vwap", "vwap");
    check("vwap_20", "vwap_20");
    check("buy_volume", "taker_buy_volume");
    check("sell_volume", "taker_sell_volume");
    check("sma_5000", "sma_5000");
}

#[test]
fn refusals_say_what_is_wrong() {
    let check = |name: &str, expected: &str| {
        let error = ColumnSpec::parse(name).expect_err(name);
        assert_eq!(error.to_string(), expected);
    };
    check("", "unknown column ``");
    check("lunar_phase_9", "unknown column `lunar_phase_9`");
    check("smaa_20", "unknown column `smaa_20`, did you mean `sma_20`?");
    check("SMA_20", "unknown column `SMA_20`, did you mean `sma_20`?");
    check("realized_vol_30", "unknown column `realized_vol_30`, did you mean `realised_vol_30`?");
    check("macd_histogram_12_26_9", "unknown column `macd_histogram_12_26_9`, did you mean `macd_hist_12_26_9`?");
    check("volumes", "unknown column `volumes`, did you mean `volume`?");
    check("rsi", "column `rsi` does not fit `rsi_<n>`, such as `rsi_14`");
    check("rsi_14_3", "column `rsi_14_3` does not fit `rsi_<n>`, such as `rsi_14`");
    check("rsi_14_", "column `rsi_14_` does not fit `rsi_<n>`, such as `rsi_14`");
    check("rsi_14.5", "column `rsi_14.5` does not fit `rsi_<n>`, such as `rsi_14`");
    check("vwap_1_2", "column `vwap_1_2` does not fit `vwap_<n>`, such as `vwap_20`");
    check("close_3", "column `close_3` does not fit `close`, such as `close`");
    check(
        "bb_upper_20_2.0001",
        "column `bb_upper_20_2.0001` does not fit `bb_upper_<n>_<mult>`, such as `bb_upper_20_2`",
    );
    check("bb_upper_20_2.", "column `bb_upper_20_2.` does not fit `bb_upper_<n>_<mult>`, such as `bb_upper_20_2`");
    check("bb_upper_20_0", "column `bb_upper_20_0`: mult must be between 0.001 and 100");
    check("log_return", "column `log_return` does not fit `log_return_<n>`, such as `log_return_5`");
    check("log_return_0", "column `log_return_0`: n must be between 1 and 5000");
    check("sma_0", "column `sma_0`: n must be between 1 and 5000");
    check("sma_5001", "column `sma_5001`: n must be between 1 and 5000");
    check("sma_99999999999", "column `sma_99999999999`: n must be between 1 and 5000");
    check("realised_vol_1", "column `realised_vol_1`: n must be between 2 and 5000");
    check("macd_12_12_9", "column `macd_12_12_9`: fast must be below slow");
    check("macd_26_12_9", "column `macd_26_12_9`: fast must be below slow");
    check("sma_２０", "unknown column `sma_２０`");
}

#[test]
fn warm_up_and_memory() {
    let check = |name: &str, warmup: usize, memory: Option<usize>| {
        assert_eq!((spec(name).warmup(), spec(name).memory()), (warmup, memory), "{name}");
    };
    check("close", 0, Some(1));
    check("sma_20", 19, Some(20));
    check("ema_50", 49, None);
    check("rsi_14", 14, None);
    check("true_range", 1, Some(2));
    check("atr_14", 14, None);
    check("atr_simple_14", 14, Some(15));
    check("atr_close_14", 14, Some(15));
    check("macd_12_26_9", 33, None);
    check("adx_14", 27, None);
    check("plus_di_14", 14, None);
    check("stoch_k_14_3_3", 15, Some(16));
    check("stoch_d_14_3_3", 17, Some(18));
    check("bb_upper_20_2", 19, Some(20));
    check("donchian_upper_20", 20, Some(21));
    check("rvol_5_20", 24, Some(25));
    check("realised_vol_20", 20, Some(21));
    check("obv", 0, None);
    check("log_return_7", 7, Some(8));
}

#[test]
fn outputs_of_one_indicator_share_it() {
    let check = |a: &str, b: &str, expected: bool| {
        assert_eq!(spec(a).indicator() == spec(b).indicator(), expected, "{a} {b}");
    };
    check("macd_12_26_9", "macd_hist_12_26_9", true);
    check("bb_upper_20_2", "bb_width_20_2.0", true);
    check("bb_upper_20_2", "bb_upper_20_2.5", false);
    check("stoch_k_14_3_3", "stoch_d_14_3_3", true);
    check("adx_14", "minus_di_14", true);
    check("open", "volume_delta", true);
    check("sma_20", "ema_20", false);
}

#[test]
fn every_row_is_complete_and_names_itself() {
    let mut names = BTreeSet::new();
    for entry in catalogue() {
        let spec = spec(entry.example);
        assert_eq!(spec.to_string(), entry.example);
        assert_eq!(spec.entry().pattern(), entry.pattern());
        assert!(names.insert(spec), "{} twice", entry.example);
        for text in [entry.definition, entry.unit, entry.source, entry.first_index, entry.memory] {
            assert!(!text.is_empty(), "{}", entry.example);
        }
        if let Some(alias) = entry.alias {
            assert_eq!(ColumnSpec::parse(alias), Ok(spec), "{alias}");
        }
        assert_eq!(entry.memory == "all", spec.memory().is_none(), "{}", entry.example);
    }
}
