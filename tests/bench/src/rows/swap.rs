//! How long a swap holds its worker: the step at which a compiled plugin takes the place of another, beside the same step
//! without a swap.

use std::sync::Arc;
use std::time::Instant;

use sconce_domain::ports::Plugins;
use sconce_domain::{Control, Deployed};

use super::Setting;
use crate::folding::{self, Driven};
use crate::ours;
use crate::report::{Figure, span};
use crate::sample::{median, quantile};

/// Bars of history before the first swap: as many as the market keeps.
const HISTORY: u64 = 1_500;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    [1, 8].into_iter().map(|instruments| one(setting, instruments)).collect()
}

fn one(setting: &Setting, count: usize) -> anyhow::Result<Figure> {
    let plugins: Arc<dyn Plugins> = ours::runtime()?;
    let first = plugins.add(&ours::read(&setting.plugin("zones"))?)?.digest;
    let second = plugins.add(&ours::read(&setting.plugin("trend-score"))?)?.digest;
    let instruments = folding::instruments(count);
    let make = |digest| folding::deployed(plugins.as_ref(), digest, "{}", &instruments);
    let turns = [make(first)?, make(second)?];
    let mut driven = Driven::new(Arc::clone(&plugins), &instruments);
    driven.control(Control::Deploy(Box::new(turns[0].clone())), ours::at(0));
    driven.steps(&folding::bars(0, HISTORY, count as u32));

    let (mut with, mut without) = (Vec::new(), Vec::new());
    for n in 0..setting.pick(40, 200) {
        let next = turns[(n as usize + 1) % turns.len()].clone();
        let at = HISTORY + 2 * n;
        // In force from the moment of the bar on, so that the bar's own step makes the swap.
        let revision = u32::try_from(n)? + 2;
        let deployed = Deployed { revision, at: ours::at(at) + 1, ..next };
        driven.control(Control::Deploy(Box::new(deployed)), ours::at(at) - 1);
        with.push(first_step(&mut driven, at, count));
        without.push(first_step(&mut driven, at + 1, count));
    }
    with.sort_unstable_by(f64::total_cmp);
    let ordinary = median(without);
    let what = format!("swap pause, {count} instrument{} on the worker", if count == 1 { "" } else { "s" });
    let note = format!(
        "p99 {}, longest {}; the same step without a swap takes {}; zones and trend-score take turns, warm-up is in it; \
         the aim is 1 ms",
        span(quantile(&with, 0.99) - ordinary),
        span(quantile(&with, 1.0) - ordinary),
        span(ordinary)
    );
    Ok(Figure::published(&what, span(quantile(&with, 0.5) - ordinary)).note(note))
}

/// Takes the bars of minute `n`; gives the nanoseconds of the first one's step.
fn first_step(driven: &mut Driven, n: u64, instruments: usize) -> f64 {
    let bars = folding::bars(n, n + 1, instruments as u32);
    let began = Instant::now();
    driven.step(&bars[0]);
    let took = began.elapsed().as_nanos() as f64;
    driven.steps(&bars[1..]);
    driven.forget();
    took
}
