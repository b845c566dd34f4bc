//! The rows that the engine shows a plugin on the made market, for those who show them again in other ways.

use std::sync::Arc;

use sconce_domain::ports::StartInstance;
use sconce_domain::{Instrument, InstrumentIndex, Payload, RowBlock, Timeframe};
use sconce_market::{BarPolicy, FirstPartial};

use crate::artefact::Artefact;
use crate::made;
use crate::pass::{Order, Pass, PassError};
use crate::watch::{Hide, Watch};

/// The rows of so many bars, and how the instance that saw them was started; nothing where there was no row.
pub(crate) fn shown(
    artefact: &Artefact,
    config: &serde_json::Value,
    timeframe: Timeframe,
    bars: u64,
) -> Result<Option<(RowBlock, StartInstance)>, PassError> {
    let watch = Arc::new(Watch::new(Arc::clone(&artefact.plugins), Hide::Nothing).keeping_rows());
    let policy = BarPolicy { first_partial: FirstPartial::Include, ..BarPolicy::default() };
    let grace = policy.grace;
    let instruments = vec![Instrument::spot("AAA", "USDT", "made")];
    let order = Order { plugin: artefact.loaded.clone(), config: config.clone(), instruments, timeframe, policy };
    let mut pass = Pass::new(Arc::<Watch>::clone(&watch), &order)?;
    let mut end = made::OPENING;
    for number in 0..bars.min(made::most(timeframe)) {
        let bar = made::bar(timeframe, number);
        end = bar.ts_close() + grace;
        pass.step(InstrumentIndex(0), bar.ts_close(), end, Payload::Bar(bar));
        pass.answers(InstrumentIndex(0), &bar, number, end + 1);
        pass.drain(|_| {});
    }
    pass.finish(end + 2);
    Ok(watch.kept().filter(|(rows, _)| !rows.is_empty()))
}
