//! `sconce forecast`: the next values of a column of a file as CSV.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use sconce_domain::time::SECOND;
use sconce_domain::{Clock as _, SystemClock};
use sconce_forecasters::{ForecastTable, Model, fit_and_forecast};

use crate::cli::ForecastArgs;
use crate::telemetry::complain;

pub(super) fn run(args: &ForecastArgs) -> anyhow::Result<ExitCode> {
    let forecaster = forecaster(args)?;
    let levels = levels(&args.level)?;
    let series = sconce_datasets::read_column(&args.data, args.column.as_deref())?;
    let Forecaster::Statistical(model) = forecaster;
    let allowed = i64::try_from(args.deadline).unwrap_or(i64::MAX).saturating_mul(SECOND);
    let end = SystemClock.now().0.saturating_add(allowed);
    let late = || SystemClock.now().0 > end;
    let table = fit_and_forecast(&model, &series, args.horizon, args.season_length, &levels, &late)
        .with_context(|| format!("{}", args.data.display()))?;
    match &table.fallback {
        None => complain(&format!("{}: {} values, {}", table.requested, series.len(), table.used)),
        Some(reason) => complain(&format!("{}: {} answers instead: {reason}", table.requested, table.used)),
    }
    print(&args.level, &table)
}

/// Who can be asked by name.
enum Forecaster {
    /// Fitted to the file at once.
    Statistical(Model),
}

fn forecaster(args: &ForecastArgs) -> anyhow::Result<Forecaster> {
    let model: Model = args.model.parse()?;
    let Some(order) = &args.order else { return Ok(Forecaster::Statistical(model)) };
    anyhow::ensure!(matches!(model, Model::Arima(_)), "`{}` has no order; --order is for `arima`", args.model);
    let order = match &args.seasonal_order {
        Some(seasonal) => order.clone().with_season(seasonal.p, seasonal.d, seasonal.q),
        None => order.clone(),
    };
    let order = match args.constant {
        Some(constant) => order.with_constant(constant),
        None => order,
    };
    Ok(Forecaster::Statistical(Model::Arima(Some(order))))
}

/// Percent as probabilities.
fn levels(percent: &[f64]) -> anyhow::Result<Vec<f64>> {
    let one = |percent: &f64| {
        anyhow::ensure!(*percent > 0.0 && *percent < 100.0, "a level of {percent} percent; give one such as 80");
        Ok(percent / 100.0)
    };
    percent.iter().map(one).collect()
}

fn print(percent: &[f64], table: &ForecastTable) -> anyhow::Result<ExitCode> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let heads: Vec<String> = percent.iter().map(|percent| format!(",lo{percent},hi{percent}")).collect();
    writeln!(out, "step,forecast{}", heads.concat())?;
    for (at, mean) in table.mean.iter().enumerate() {
        write!(out, "{},{mean}", at + 1)?;
        for interval in &table.intervals {
            write!(out, ",{},{}", interval.lo[at], interval.hi[at])?;
        }
        writeln!(out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
