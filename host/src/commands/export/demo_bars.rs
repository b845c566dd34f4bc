//! Bars of the demo market as far back as is asked for. Its past reaches some years back from its present; since it is a
//! function of time, a longer one is put together out of several presents.

use anyhow::Context;
use sconce_domain::ports::{Feed, History};
use sconce_domain::{Bar, Instrument, Nanos, SystemClock, Timeframe};
use sconce_feeds::demo::{DemoFeed, DemoOptions};

/// A demo market of one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemoBars {
    pub(super) seed: u64,
}

impl DemoBars {
    /// The demo's instrument with this base symbol.
    pub(super) fn instrument(self, base: &str) -> anyhow::Result<Instrument> {
        let all = self.at(Nanos(0))?.instruments();
        let wanted = base.split(['-', '/', '@']).next().unwrap_or(base).to_ascii_uppercase();
        let known = || all.iter().map(|one| one.base.clone()).collect::<Vec<_>>().join(", ");
        let found = all.iter().find(|one| one.base == wanted).cloned();
        found.with_context(|| format!("the demo market has no `{base}`; it has {}", known()))
    }

    /// Bars with `from <= ts_open` and `ts_close <= to`, oldest first.
    pub(super) fn bars(
        self,
        instrument: &Instrument,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
        seen: impl Fn(u64),
    ) -> anyhow::Result<Vec<Bar>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let mut pieces = Vec::new();
        let mut end = timeframe.bucket(to);
        while end > from {
            let feed = self.at(end)?;
            let earliest = feed.earliest(instrument, timeframe).context("the demo market has a past")?;
            let start = timeframe.bucket(earliest).max(from);
            let bars = runtime.block_on(feed.bars(instrument, timeframe, start, end))?;
            anyhow::ensure!(!bars.is_empty() || start == from, "the demo market has no bars before {}", end.datetime());
            seen(bars.len() as u64);
            pieces.push(bars);
            end = start;
        }
        Ok(pieces.into_iter().rev().flatten().collect())
    }

    fn at(self, start: Nanos) -> anyhow::Result<DemoFeed> {
        let options = DemoOptions { seed: self.seed, start: Some(start), ..DemoOptions::default() };
        Ok(DemoFeed::new(options, std::sync::Arc::new(SystemClock))?)
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::time::DAY;

    use super::*;

    #[test]
    fn a_long_past_has_no_seam() {
        let market = DemoBars { seed: 1 };
        let btc = market.instrument("btc-usdt").expect("listed");
        let (from, to) = (Nanos(12_000 * DAY), Nanos(16_000 * DAY));
        let bars = market.bars(&btc, Timeframe::D1, from, to, |_| {}).expect("bars");
        assert_eq!(bars.len(), 4_000);
        assert!(bars.windows(2).all(|pair| pair[0].ts_close() == pair[1].ts_open));
        let later = market.bars(&btc, Timeframe::D1, Nanos(13_000 * DAY), Nanos(14_321 * DAY), |_| {}).expect("bars");
        assert_eq!(bars[1_000..2_321], later);
        let error = market.instrument("DOGE").expect_err("not listed").to_string();
        assert_eq!(error, "the demo market has no `DOGE`; it has BTC, ETH, SOL, ADA, PUMP");
    }
}
