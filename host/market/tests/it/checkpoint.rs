//! A market that is stored and resumed goes on to the same bits as one that never stopped.

use proptest::prelude::*;
use sconce_domain::bar::GapPolicy;
use sconce_domain::{InputEvent, Timeframe};
use sconce_market::{BarPolicy, Market};

use crate::properties::events;
use crate::support::{Seen, feed, from_file, market, skip, xrp_trades};

pub(crate) const COLUMNS: [&str; 16] = [
    "close@1m",
    "sma_3@1m",
    "ema_4@5m",
    "rsi_3@1m",
    "atr_3@1m",
    "macd_hist_2_4_3@1m",
    "vwap_day@1m",
    "bid",
    "age_s",
    "last_price",
    "cvd_2m",
    "volume_5m",
    "funding_rate",
    "close@1h",
    "forecast:lstm/h1",
    "forecast:lstm/h3",
];

fn stored(market: &Market) -> Market {
    let bytes = postcard::to_stdvec(market).expect("a market can be stored");
    postcard::from_bytes(&bytes).expect("and resumed")
}

fn check(policy: &BarPolicy, events: &[InputEvent], cuts: &[usize]) {
    let fresh = || market(policy.clone(), &COLUMNS, &[Timeframe::M1, Timeframe::M5], &[7, 60]);
    let whole = feed(&mut fresh(), events);
    let mut seen = Seen::default();
    let mut market = fresh();
    for (at, event) in events.iter().enumerate() {
        if cuts.contains(&at) {
            market = stored(&market);
        }
        market.step(event, &mut seen);
    }
    assert_eq!(seen, whole);
}

#[test]
fn the_recorded_market_resumes_anywhere() {
    let Some(mut trades) = xrp_trades() else { return skip("the_recorded_market_resumes_anywhere") };
    trades.truncate(3_000);
    let cuts: Vec<usize> = (0..3_000).step_by(271).collect();
    check(&BarPolicy { trades_kept: 200, ..from_file() }, &trades, &cuts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_stream_resumes_anywhere(events in events(80), cuts in prop::collection::vec(0_usize..80, 1..4), fill: bool) {
        let gaps = if fill { GapPolicy::FillPrevClose } else { GapPolicy::Skip };
        check(&BarPolicy { gaps, ring: 50, ..from_file() }, &events, &cuts);
    }
}
