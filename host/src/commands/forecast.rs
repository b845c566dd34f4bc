//! `sconce forecast`: the next values of a column of a file as CSV. A statistical forecaster is fitted to the file at once; a
//! hosted model is asked for what follows the file's newest bar.

mod hosted;
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use sconce_domain::time::SECOND;
use sconce_domain::{Clock as _, SystemClock};
use sconce_forecasters::{ForecastTable, Model, fit_and_forecast};

use crate::cli::ForecastArgs;
use crate::telemetry::complain;

pub(super) fn run(args: &ForecastArgs) -> anyhow::Result<ExitCode> {
    let levels = levels(&args.level)?;
    match args.model.parse::<Model>() {
        Ok(model) => statistical(args, model, &levels),
        Err(unknown) => hosted::run(args, &levels, &unknown),
    }
}

fn statistical(args: &ForecastArgs, model: Model, levels: &[f64]) -> anyhow::Result<ExitCode> {
    let model = with_order(args, model)?;
    if let Some(option) = args.hosted.given() {
        anyhow::bail!("`{}` is fitted to a column; {option} is for hosted models", args.model);
    }
    let series = sconce_datasets::read_column(&args.data, args.column.as_deref())?;
    let allowed = i64::try_from(args.deadline).unwrap_or(i64::MAX).saturating_mul(SECOND);
    let end = SystemClock.now().0.saturating_add(allowed);
    let late = || SystemClock.now().0 > end;
    let table = fit_and_forecast(&model, &series, args.horizon, args.season_length, levels, &late)
        .with_context(|| format!("{}", args.data.display()))?;
    match &table.fallback {
        None => complain(&format!("{}: {} values, {}", table.requested, series.len(), table.used)),
        Some(reason) => complain(&format!("{}: {} answers instead: {reason}", table.requested, table.used)),
    }
    print(&args.level, &steps(&table))
}

fn with_order(args: &ForecastArgs, model: Model) -> anyhow::Result<Model> {
    let Some(order) = &args.order else { return Ok(model) };
    anyhow::ensure!(matches!(model, Model::Arima(_)), "`{}` has no order; --order is for `arima`", args.model);
    let order = match &args.seasonal_order {
        Some(seasonal) => order.clone().with_season(seasonal.p, seasonal.d, seasonal.q),
        None => order.clone(),
    };
    let order = match args.constant {
        Some(constant) => order.with_constant(constant),
        None => order,
    };
    Ok(Model::Arima(Some(order)))
}

/// Percent as probabilities.
fn levels(percent: &[f64]) -> anyhow::Result<Vec<f64>> {
    let one = |percent: &f64| {
        anyhow::ensure!(*percent > 0.0 && *percent < 100.0, "a level of {percent} percent; give one such as 80");
        Ok(percent / 100.0)
    };
    percent.iter().map(one).collect()
}

/// One step ahead: the forecast, and the bounds of each level; none where the model has no intervals.
struct Step {
    forecast: f64,
    bounds: Vec<Option<(f64, f64)>>,
}

fn steps(table: &ForecastTable) -> Vec<Step> {
    let step = |(at, mean): (usize, &f64)| Step {
        forecast: *mean,
        bounds: table.intervals.iter().map(|interval| Some((interval.lo[at], interval.hi[at]))).collect(),
    };
    table.mean.iter().enumerate().map(step).collect()
}

fn print(percent: &[f64], steps: &[Step]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let heads: Vec<String> = percent.iter().map(|percent| format!(",lo{percent},hi{percent}")).collect();
    writeln!(out, "step,forecast{}", heads.concat())?;
    for (at, step) in steps.iter().enumerate() {
        write!(out, "{},{}", at + 1, step.forecast)?;
        for bounds in &step.bounds {
            match bounds {
                Some((lo, hi)) => write!(out, ",{lo},{hi}")?,
                None => write!(out, ",,")?,
            }
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
