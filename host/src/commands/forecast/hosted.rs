//! A hosted model and a file of bars: the model that fits the file is loaded as a host would load it, fed with the rows that a
//! host would feed it with, and asked once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use sconce_domain::symbol::Spelling;
use sconce_domain::{Clock as _, Instrument, MarketKind, Nanos, SystemClock, Timeframe};
use sconce_forecasters::ParseModelError;
use sconce_inference::backend::Runtime;
use sconce_inference::features::{ColumnRows, FeaturePlan, FeatureRow};
use sconce_inference::manifest::Task;
use sconce_inference::predict::{ENSEMBLE, Forecast, LeftOut, PathPoint, ensemble, path};
use sconce_inference::registry::ModelId;
use sconce_inference::{Model, ModelLimits, Registry};

use super::{Step, print, words};
use crate::cli::{BadRows, DataDirArgs, FileArgs, ForecastArgs};
use crate::commands::file_market::FileMarket;
use crate::commands::progress;
use crate::config::Settings;
use crate::telemetry::complain;

/// The quote of a coin that stands alone.
const USUAL_QUOTE: &str = "USD";

pub(super) fn run(args: &ForecastArgs, levels: &[f64], unknown: &ParseModelError) -> anyhow::Result<ExitCode> {
    let now = SystemClock.now();
    let registry = registry(args.hosted.models.clone(), now)?;
    words::known(&registry, now, &args.model, unknown)?;
    refuse_what_is_for_others(args)?;
    let bars = Bars::open(args)?;
    let market = args.hosted.market.map_or(MarketKind::Real, MarketKind::from);
    let models = chosen(&registry, args, &bars, market, now)?;
    for model in &models {
        let last = model.entry().horizons.last().copied().unwrap_or(0) as usize;
        anyhow::ensure!(
            args.horizon <= last,
            "`{}` answers up to {last} bars ahead; a horizon of {} is longer",
            model.entry().name,
            args.horizon
        );
    }
    let (forecast, left_out) = ask(args, &bars, &models)?;
    words::said(&forecast, &models, &left_out).iter().for_each(|line| complain(line));
    print(&args.level, &steps(&forecast, u32::try_from(args.horizon)?, levels)?)
}

fn registry(folder: Option<PathBuf>, now: Nanos) -> anyhow::Result<Registry> {
    let settings = Settings::for_data_dir(&DataDirArgs { data_dir: None, config: None })?;
    let runtime = Runtime::find(&settings.library_search());
    runtime.notes.iter().for_each(|note| complain(note));
    let registry = Registry::new(folder.unwrap_or(settings.models), runtime, ModelLimits::default());
    registry.refresh(now);
    Ok(registry)
}

fn refuse_what_is_for_others(args: &ForecastArgs) -> anyhow::Result<()> {
    anyhow::ensure!(args.horizon > 0, "a horizon of 0 steps; give at least 1");
    anyhow::ensure!(args.order.is_none(), "`{}` has no order; --order is for `arima`", args.model);
    anyhow::ensure!(args.season_length == 1, "`{}` knows no season of a length", args.model);
    let column = args.column.as_deref().unwrap_or("close");
    anyhow::ensure!(
        column == "close",
        "`{}` is fed with whole bars and answers with closes, not `{column}`",
        args.model
    );
    Ok(())
}

/// The files that a model is fed from.
struct Bars {
    own: FileArgs,
    instrument: Instrument,
    timeframe: Timeframe,
    /// By base symbol.
    beside: BTreeMap<String, FileArgs>,
}

impl Bars {
    fn open(args: &ForecastArgs) -> anyhow::Result<Self> {
        let spelling = args.hosted.instrument.as_deref();
        let spelling =
            spelling.context("--instrument is missing: say what the file is about, such as BTC or BTC-USD")?;
        let own = file(&args.data, spelling, args.hosted.timeframe)?;
        let opened = FileMarket::open(&own)?;
        let mut beside = BTreeMap::new();
        for text in &args.hosted.beside {
            let (base, path) = text
                .split_once('=')
                .with_context(|| format!("--beside {text}: write BASE=FILE, such as ETH=eth.csv"))?;
            let of_it = file(Path::new(path), base, Some(opened.timeframe))?;
            let base = FileMarket::open(&of_it)?.instrument.base;
            anyhow::ensure!(beside.insert(base.clone(), of_it).is_none(), "--beside names {base} twice");
        }
        let own = FileArgs { timeframe: Some(opened.timeframe), ..own };
        Ok(Bars { own, instrument: opened.instrument, timeframe: opened.timeframe, beside })
    }

    /// The file of a coin.
    fn of(&self, base: &str) -> Option<&FileArgs> {
        if base == self.instrument.base { Some(&self.own) } else { self.beside.get(base) }
    }

    /// Rows of what a model is fed with.
    fn rows(&self, plan: &FeaturePlan) -> anyhow::Result<Vec<FeatureRow>> {
        let bar = progress::count("bars");
        let read = |base: &str, columns| -> anyhow::Result<ColumnRows> {
            let file = self.of(base).with_context(|| format!("no bars of {base}"))?;
            FileMarket::open(file)?.rows(columns, &bar)
        };
        let mut others = BTreeMap::new();
        for (base, columns) in plan.others() {
            others.insert(base.clone(), read(base, columns)?);
        }
        let own = read(&self.instrument.base, plan.columns())?;
        bar.finish_and_clear();
        Ok(plan.table(&own, &others))
    }
}

/// A file of a coin in any spelling; one that stands alone is quoted in dollars.
fn file(path: &Path, spelling: &str, timeframe: Option<Timeframe>) -> anyhow::Result<FileArgs> {
    let read = Spelling::parse(spelling).with_context(|| format!("`{spelling}` names no instrument"))?;
    let quote = read.quote.as_deref().unwrap_or(USUAL_QUOTE);
    let venue = read.venue.as_ref().map_or_else(String::new, |venue| format!("@{venue}"));
    Ok(FileArgs {
        data: Some(path.to_path_buf()),
        instrument: Some(format!("{}-{quote}{venue}", read.base)),
        timeframe,
        on_bad_row: BadRows::Fail,
        mapping: None,
    })
}

/// The models that are asked: the one of that name, or all that an ensemble can weigh.
fn chosen(
    registry: &Registry,
    args: &ForecastArgs,
    bars: &Bars,
    market: MarketKind,
    now: Nanos,
) -> anyhow::Result<Vec<Arc<Model>>> {
    let coin = bars.instrument.base.as_str();
    let wanted = words::Wanted { name: &args.model, coin, market, timeframe: bars.timeframe };
    let none = |why: &str| anyhow::anyhow!(words::none_fits(registry, now, wanted, why));
    let of_coin = if args.model == ENSEMBLE {
        registry.available(coin, market, now)
    } else {
        let id = ModelId { coin: coin.to_owned(), name: args.model.clone(), market };
        vec![registry.find(&id, now).map_err(|error| none(&error.to_string()))?]
    };
    let mut misfits: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut fitting = Vec::new();
    for model in of_coin {
        match misfit(&model, bars) {
            None => fitting.push(model),
            Some(reason) => misfits.entry(reason).or_default().push(format!("`{}`", model.entry().name)),
        }
    }
    let lines: Vec<String> = misfits.iter().map(|(reason, names)| format!("{} {reason}", names.join(", "))).collect();
    if fitting.is_empty() {
        let why = if lines.is_empty() { "none of it can answer".to_owned() } else { lines.join("; ") };
        return Err(none(&why));
    }
    lines.iter().for_each(|line| complain(line));
    Ok(fitting)
}

/// Why a model cannot answer about these files.
fn misfit(model: &Model, bars: &Bars) -> Option<String> {
    let entry = model.entry();
    if entry.timeframe != bars.timeframe {
        return Some(format!(
            "asks for bars of {}, and the file is read as bars of {}",
            entry.timeframe, bars.timeframe
        ));
    }
    if entry.task == Task::Classification {
        return Some("gives probabilities of labels, no prices".to_owned());
    }
    let missing: Vec<&str> =
        model.plan().others().keys().map(String::as_str).filter(|base| bars.of(base).is_none()).collect();
    let list = missing.join(", ");
    (!missing.is_empty()).then(|| format!("needs bars of {list} as well: give --beside BASE=FILE for each"))
}

/// The answer, and who was left out of it.
fn ask(args: &ForecastArgs, bars: &Bars, models: &[Arc<Model>]) -> anyhow::Result<(Forecast, Vec<LeftOut>)> {
    // Models of a set are fed with the same features: their rows are made once.
    let mut tables: Vec<(&FeaturePlan, Vec<FeatureRow>)> = Vec::new();
    let (mut forecasts, mut left_out) = (Vec::new(), Vec::new());
    for model in models {
        if tables.iter().all(|(plan, _)| *plan != model.plan()) {
            tables.push((model.plan(), bars.rows(model.plan())?));
        }
        let rows = tables.iter().find(|(plan, _)| *plan == model.plan()).map_or(&[][..], |(_, rows)| rows.as_slice());
        let about = || format!("`{}` has no forecast", model.entry().name);
        let answer = model.forecast(&[rows]).pop().context("a window has an answer")?;
        match answer {
            Ok(forecast) => forecasts.push(forecast),
            Err(error) if args.model == ENSEMBLE => {
                left_out.push(LeftOut { name: model.entry().name.clone(), reason: error.to_string() });
            }
            Err(error) => return Err(anyhow::Error::from(error).context(about())),
        }
    }
    if args.model != ENSEMBLE {
        return Ok((forecasts.pop().context("one model was asked")?, left_out));
    }
    let (forecast, unweighed) = ensemble(&forecasts).with_context(|| {
        left_out.iter().map(|one| format!("{}: {}", one.name, one.reason)).collect::<Vec<_>>().join("; ")
    })?;
    left_out.extend(unweighed);
    Ok((forecast, left_out))
}

/// The path of a forecast with the bounds of these levels.
fn steps(forecast: &Forecast, horizon: u32, levels: &[f64]) -> anyhow::Result<Vec<Step>> {
    let same = |a: f64, b: f64| (a - b).abs() < 1e-9;
    let offered: Vec<f64> =
        forecast.horizons.iter().flat_map(|at| &at.intervals).take(2).map(|interval| interval.level).collect();
    if let Some(level) = levels.iter().find(|level| !offered.is_empty() && !offered.iter().any(|o| same(*o, **level))) {
        let list: Vec<String> = offered.iter().map(|level| format!("{}", (level * 1e4).round() / 1e2)).collect();
        anyhow::bail!(
            "`{}` has intervals of {} percent, not of {}",
            forecast.model.name,
            list.join(" and "),
            (level * 1e4).round() / 1e2
        );
    }
    let bounds = |point: &PathPoint, level: f64| {
        point.intervals.iter().find(|one| same(one.level, level)).map(|one| (one.lower, one.upper))
    };
    let step = |point: PathPoint| Step {
        forecast: point.price,
        bounds: levels.iter().map(|level| bounds(&point, *level)).collect(),
    };
    Ok(path(forecast, horizon).into_iter().map(step).collect())
}
