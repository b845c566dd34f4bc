//! What the command tells beside the figures of a hosted model: which models there are where none fits, and which one
//! answered, from what, and how far it can be trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::{MarketKind, Nanos, Timeframe};
use sconce_forecasters::ParseModelError;
use sconce_inference::predict::{ENSEMBLE, Forecast, LeftOut};
use sconce_inference::{Model, Registry};

use crate::commands::file_market::moment;

/// Refuses a name that nobody in the folder has.
pub(super) fn known(registry: &Registry, now: Nanos, name: &str, unknown: &ParseModelError) -> anyhow::Result<()> {
    let names: BTreeSet<String> = registry.status(now).into_iter().map(|status| status.id.name).collect();
    if names.contains(name) || (name == ENSEMBLE && !names.is_empty()) {
        return Ok(());
    }
    let folder = registry.root().display();
    let hosted = if names.is_empty() {
        let why = registry.complaints().into_iter().map(|(_, reason)| format!(" ({reason})")).next();
        format!("{folder} holds no hosted model{}", why.unwrap_or_default())
    } else {
        format!("{folder} holds {}, {ENSEMBLE}", names.into_iter().collect::<Vec<_>>().join(", "))
    };
    anyhow::bail!("{unknown}; {hosted}")
}

/// What is asked for, for an error about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) coin: &'a str,
    pub(super) market: MarketKind,
    pub(super) timeframe: Timeframe,
}

/// Why nobody answers, and who there is: of the coin, or of any where it has none.
pub(super) fn none_fits(registry: &Registry, now: Nanos, wanted: Wanted<'_>, why: &str) -> String {
    let all = registry.status(now);
    let has_some = all.iter().any(|status| status.id.coin == wanted.coin);
    let mut there: BTreeMap<(String, MarketKind, String), Vec<String>> = BTreeMap::new();
    for status in all.into_iter().filter(|status| !has_some || status.id.coin == wanted.coin) {
        let bars = status.about.map_or_else(String::new, |about| format!(", bars of {}", about.timeframe));
        there.entry((status.id.coin, status.id.market, bars)).or_default().push(status.id.name);
    }
    let line = |((coin, market, bars), names): (&(String, MarketKind, String), &Vec<String>)| {
        format!("{coin} ({market}{bars}): {}", names.join(", "))
    };
    let list: Vec<String> = there.iter().map(line).collect();
    let Wanted { name, coin, market, timeframe } = wanted;
    format!(
        "no hosted model `{name}` fits bars of {timeframe} of {coin} ({}): {why}; {} holds {}",
        market,
        registry.root().display(),
        list.join("; ")
    )
}

/// What has to be said with a forecast, line by line.
pub(super) fn said(forecast: &Forecast, models: &[Arc<Model>], left_out: &[LeftOut]) -> Vec<String> {
    let about = &forecast.model;
    let mut lines = vec![
        format!(
            "{} of {} ({}), {}, run by {} {}",
            about.name,
            about.coin,
            about.market,
            short(&about.digest),
            about.backend.name,
            about.backend.version
        ),
        format!("stands on the close of {}: {}", moment(forecast.as_of), forecast.close),
    ];
    if forecast.members.is_empty() {
        lines.extend(models.iter().flat_map(|model| own(model)));
    }
    for member in &forecast.members {
        let weights: Vec<String> = member.weights.iter().map(|weight| format!("{weight:.3}")).collect();
        lines.push(format!("{}: {}, weights {}", member.model.name, short(&member.model.digest), weights.join(", ")));
        let model = models.iter().find(|model| model.entry().name == member.model.name);
        lines.extend(model.into_iter().flat_map(|model| own(model)));
    }
    lines.extend(left_out.iter().map(|one| format!("{}: left out: {}", one.name, one.reason)));
    if forecast.in_sample {
        lines.push("in sample: training may have seen what this speaks of".to_owned());
    }
    if !forecast.out_of_range.is_empty() {
        lines.push(format!("outside of what training saw: {}", forecast.out_of_range.join(", ")));
    }
    if forecast.interval_kind.is_none() {
        lines.push("it has no intervals".to_owned());
    }
    lines
}

/// What is said of a model itself, whatever it answers.
fn own(model: &Model) -> Vec<String> {
    let entry = model.entry();
    let (name, from, until) = (&entry.name, moment(entry.trained_from), moment(entry.trained_until));
    let mut lines = vec![format!("{name}: trained on {}, {from} to {until}", entry.trained_on)];
    let errors = entry.validation.rmse.iter().zip(&entry.validation.naive_rmse);
    let no_better = entry.horizons.iter().zip(errors).filter(|(_, (own, naive))| own >= naive);
    let list: Vec<String> = no_better.map(|(horizon, _)| horizon.to_string()).collect();
    if !list.is_empty() {
        let list = list.join(", ");
        lines.push(format!("{name}: not better than a forecast of no change at {list} bars ahead, by its validation"));
    }
    lines
}

/// `sha256:` and the first digits.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
