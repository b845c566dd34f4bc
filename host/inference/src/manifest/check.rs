//! What makes an entry unusable: lengths that do not fit each other, numbers out of their range, features that this host does
//! not have or means otherwise.

use super::types::{Entry, Interval, Task};
use crate::features::FeaturePlan;

/// Rows of a window; the summary looks five rows back.
const WINDOW: std::ops::RangeInclusive<usize> = 5..=1_000;
/// The most horizons or labels, and the longest horizon.
const MOST_OUTPUTS: usize = 64;
const LONGEST_HORIZON: u32 = 10_000;
/// Levels of the intervals.
const LEVELS: [f64; 2] = [0.8, 0.95];

/// Says what is wrong with an entry, for its author.
pub(super) fn check(coin: &str, entry: &Entry) -> Result<(), String> {
    ensure(is_coin(coin), || format!("`{coin}` is no base symbol in capitals"))?;
    ensure(is_name(&entry.name), || format!("`{}` is no name of small letters, digits, _ and -", entry.name))?;
    for (key, digest) in
        [("digest", &entry.digest), ("golden", &entry.golden.digest), ("definitions_digest", &entry.definitions_digest)]
    {
        ensure(is_digest(digest), || format!("`{key}` is no `sha256:` and 64 hexadecimal digits"))?;
    }
    ensure(entry.trained_from < entry.trained_until, || "`trained_from` is not before `trained_until`".to_owned())?;
    ensure(WINDOW.contains(&entry.window), || format!("a window of {} rows is not 5 to 1000", entry.window))?;
    horizons(entry)?;
    features(entry)?;
    task(entry)?;
    validation(entry)
}

fn horizons(entry: &Entry) -> Result<(), String> {
    let horizons = &entry.horizons;
    ensure((1..=MOST_OUTPUTS).contains(&horizons.len()), || "`horizons` has none or too many".to_owned())?;
    let rising = horizons.windows(2).all(|pair| pair[0] < pair[1]) && horizons[0] > 0;
    ensure(rising && horizons.iter().all(|h| *h <= LONGEST_HORIZON), || {
        "`horizons` are not rising whole numbers from 1 to 10000".to_owned()
    })
}

fn features(entry: &Entry) -> Result<(), String> {
    let plan = FeaturePlan::parse(&entry.features, entry.timeframe).map_err(|error| error.to_string())?;
    ensure(entry.features[0] == "log_return_1", || {
        format!("the first feature is `{}`, and has to be `log_return_1`", entry.features[0])
    })?;
    ensure(plan.definitions_digest() == entry.definitions_digest, || {
        "this host means something else by these features: `definitions_digest` is not theirs; train on a table that it \
         exports"
            .to_owned()
    })?;
    let (scaler, width) = (&entry.feature_scaler, entry.features.len());
    for (key, list) in
        [("center", &scaler.center), ("scale", &scaler.scale), ("low", &scaler.low), ("high", &scaler.high)]
    {
        length(&format!("feature_scaler.{key}"), list.len(), width)?;
        finite(&format!("feature_scaler.{key}"), list)?;
    }
    ensure(scaler.scale.iter().all(|scale| *scale >= 0.0), || "a scale of `feature_scaler` is below 0".to_owned())?;
    let ordered = scaler.low.iter().zip(&scaler.high).all(|(low, high)| low <= high);
    ensure(ordered, || "a `low` of `feature_scaler` is above its `high`".to_owned())
}

fn task(entry: &Entry) -> Result<(), String> {
    match entry.task {
        Task::Regression => {
            ensure(entry.labels.is_empty(), || "a regression has no `labels`".to_owned())?;
            ensure(entry.target.as_deref() == Some("log_return"), || "`target` has to be `log_return`".to_owned())?;
            let scaler = entry.target_scaler.as_ref().ok_or("a regression needs its `target_scaler`")?;
            length("target_scaler.center", scaler.center.len(), entry.horizons.len())?;
            length("target_scaler.scale", scaler.scale.len(), entry.horizons.len())?;
            finite("target_scaler.center", &scaler.center)?;
            finite("target_scaler.scale", &scaler.scale)?;
            ensure(scaler.scale.iter().all(|s| *s >= 0.0), || "a scale of `target_scaler` is below 0".to_owned())?;
            entry.interval.as_ref().map_or(Ok(()), |interval| quantiles(interval, entry.horizons.len()))
        }
        Task::Classification => {
            ensure((2..=MOST_OUTPUTS).contains(&entry.labels.len()), || {
                "a classification needs two `labels` or more".to_owned()
            })?;
            let mut labels = entry.labels.clone();
            labels.sort();
            labels.dedup();
            let distinct = labels.len() == entry.labels.len() && labels.iter().all(|label| !label.trim().is_empty());
            ensure(distinct, || "a label is empty or stands twice".to_owned())?;
            ensure(entry.target_scaler.is_none() && entry.interval.is_none(), || {
                "a classification has neither `target_scaler` nor `interval`".to_owned()
            })
        }
    }
}

fn quantiles(interval: &Interval, horizons: usize) -> Result<(), String> {
    ensure(interval.kind == "residual_quantiles", || format!("unknown interval kind `{}`", interval.kind))?;
    ensure(interval.levels == LEVELS, || "`levels` have to be 0.8 and 0.95".to_owned())?;
    length("interval.quantiles", interval.quantiles.len(), horizons)?;
    for row in &interval.quantiles {
        finite("interval.quantiles", row)?;
        ensure(row.windows(2).all(|pair| pair[0] <= pair[1]), || "quantiles of a horizon do not rise".to_owned())?;
    }
    Ok(())
}

fn validation(entry: &Entry) -> Result<(), String> {
    let (validation, horizons) = (&entry.validation, entry.horizons.len());
    ensure(entry.trained_until <= validation.from && validation.from < validation.until, || {
        "the validation begins before `trained_until`, or ends before it begins".to_owned()
    })?;
    length("validation.n", validation.n.len(), horizons)?;
    ensure(validation.n.iter().all(|n| *n > 0), || "`validation.n` holds a 0".to_owned())?;
    length("validation.direction_hit", validation.direction_hit.len(), horizons)?;
    let shares = validation.direction_hit.iter().flatten().all(|share| (0.0..=1.0).contains(share));
    ensure(shares, || "a `direction_hit` is no share from 0 to 1".to_owned())?;
    let errors = [
        ("rmse", &validation.rmse),
        ("mae", &validation.mae),
        ("naive_rmse", &validation.naive_rmse),
        ("naive_mae", &validation.naive_mae),
    ];
    for (key, list) in errors {
        if entry.task == Task::Classification && list.is_empty() {
            continue;
        }
        length(&format!("validation.{key}"), list.len(), horizons)?;
        finite(&format!("validation.{key}"), list)?;
        ensure(list.iter().all(|error| *error >= 0.0), || format!("an error of `validation.{key}` is below 0"))?;
    }
    Ok(())
}

fn length(key: &str, found: usize, needed: usize) -> Result<(), String> {
    ensure(found == needed, || format!("`{key}` has {found} entries, {needed} are needed"))
}

fn finite(key: &str, list: &[f64]) -> Result<(), String> {
    ensure(list.iter().all(|x| x.is_finite()), || format!("`{key}` holds something that is no finite number"))
}

fn ensure(holds: bool, says: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(says()) }
}

fn is_coin(coin: &str) -> bool {
    (1..=20).contains(&coin.len()) && coin.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    begins && name.len() <= 40 && name.bytes().all(letter)
}

fn is_digest(digest: &str) -> bool {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
