//! `sconce export features`: a table of features to train a model on. The bars go through the fold that a host runs, and the
//! rows through the code that makes a model's window, so the table holds what a hosted model would be fed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use sconce_domain::{ColumnName, Instrument, Nanos, Timeframe};
use sconce_inference::features::{ColumnRows, FeaturePlan, FeatureTable};
use sconce_market::BarPolicy;
use serde::{Deserialize, Serialize};

use super::demo_bars::DemoBars;
use crate::cli::{ExportFeaturesArgs, FileArgs};
use crate::column_rows;
use crate::commands::file_market::{FileMarket, moment};
use crate::commands::progress;
use crate::telemetry::complain;

/// What is read of a features file; it may hold more.
#[derive(Debug, Deserialize)]
struct Asked {
    names: Vec<String>,
    timeframe: Option<Timeframe>,
    definitions_digest: Option<String>,
}

/// What lies beside a table.
#[derive(Debug, Serialize)]
struct Sidecar<'a> {
    instrument: String,
    source: String,
    timeframe: Timeframe,
    rows: usize,
    names: &'a [String],
    definitions: &'a [String],
    definitions_digest: String,
}

pub(super) fn run(args: &ExportFeaturesArgs) -> anyhow::Result<ExitCode> {
    let format = Format::of(&args.out)?;
    let asked = asked(args)?;
    let timeframe = args.timeframe.or(asked.timeframe).context("--timeframe is missing, such as --timeframe 1d")?;
    let plan = FeaturePlan::parse(&asked.names, timeframe)?;
    let repeated = plan.names().iter().find(|name| ["ts", "close"].contains(&name.as_str()));
    anyhow::ensure!(repeated.is_none(), "the table has `ts` and `close` already: leave them out of the features");
    let digest = plan.definitions_digest();
    if asked.definitions_digest.is_some_and(|known| known.trim_start_matches("sha256:") != &digest[7..]) {
        complain("the definitions of these features are not those that the features file was written with");
    }
    let source = Source::open(args, &plan)?;
    let from = args.from.as_deref().map(Nanos::parse).transpose()?.unwrap_or(Nanos(i64::MIN));
    let to = args.to.as_deref().map(Nanos::parse).transpose()?.unwrap_or(Nanos(i64::MAX));
    let mut table = source.table(&plan, from, to)?;
    table.retain(|row| (from..=to).contains(&row.ts));
    anyhow::ensure!(!table.is_empty(), "no bar closes in the time that was asked for");
    format.write(&args.out, plan.names(), &table)?;
    let sidecar = Sidecar {
        instrument: source.instrument().id().to_string(),
        source: source.words(args),
        timeframe,
        rows: table.len(),
        names: plan.names(),
        definitions: plan.definitions(),
        definitions_digest: digest,
    };
    let beside = args.out.with_extension("features.json");
    std::fs::write(&beside, serde_json::to_string_pretty(&sidecar)? + "\n")
        .with_context(|| format!("writing {} failed", beside.display()))?;
    let whole = table.iter().filter(|row| row.values.iter().all(|value| value.is_finite())).count();
    let (first, last) = (table.first().map_or(from, |row| row.ts), table.last().map_or(to, |row| row.ts));
    complain(&format!(
        "{} rows of {} features from {} to {}, {whole} of them without an empty cell",
        table.len(),
        plan.names().len(),
        moment(first),
        moment(last)
    ));
    Ok(ExitCode::SUCCESS)
}

fn asked(args: &ExportFeaturesArgs) -> anyhow::Result<Asked> {
    let Some(path) = &args.model_features else {
        anyhow::ensure!(
            !args.columns.is_empty(),
            "name the features: --columns log_return_1,rsi_14 or --model-features FILE.json"
        );
        let names = args.columns.iter().map(|name| name.trim().to_owned()).collect();
        return Ok(Asked { names, timeframe: None, definitions_digest: None });
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {} failed", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no features file", path.display()))
}

/// Where the bars come from: the coin that is exported first, then those that its features name.
enum Source {
    Files(Vec<(Instrument, FileArgs)>),
    Demo(DemoBars, Instrument),
}

impl Source {
    fn open(args: &ExportFeaturesArgs, plan: &FeaturePlan) -> anyhow::Result<Self> {
        match args.feed.as_deref() {
            Some("demo") => {
                let market = DemoBars { seed: args.demo_seed };
                let [base] = args.instrument.as_slice() else {
                    anyhow::bail!("name one coin of the demo market, such as --instrument BTC");
                };
                anyhow::ensure!(
                    args.from.is_some() && args.to.is_some(),
                    "the demo market has no beginning and no end: give --from and --to"
                );
                plan.others().keys().try_for_each(|base| market.instrument(base).map(drop))?;
                Ok(Source::Demo(market, market.instrument(base)?))
            }
            Some(other) => anyhow::bail!("unknown feed `{other}`: use `demo`, or files with --data"),
            None => Self::files(args, plan),
        }
    }

    fn files(args: &ExportFeaturesArgs, plan: &FeaturePlan) -> anyhow::Result<Self> {
        anyhow::ensure!(!args.data.is_empty(), "--data FILE or --feed demo is missing: name what to read");
        anyhow::ensure!(
            args.data.len() == args.instrument.len(),
            "{} files and {} instruments: give each --data its --instrument, in order",
            args.data.len(),
            args.instrument.len()
        );
        let mut files: Vec<(Instrument, FileArgs)> = Vec::new();
        for (data, instrument) in args.data.iter().zip(&args.instrument) {
            let file = FileArgs {
                data: Some(data.clone()),
                instrument: Some(instrument.clone()),
                timeframe: Some(plan.timeframe()),
                on_bad_row: args.on_bad_row,
                mapping: args.mapping.clone(),
            };
            files.push((FileMarket::open(&file)?.instrument, file));
        }
        for base in plan.others().keys() {
            anyhow::ensure!(
                files.iter().any(|(known, _)| known.base == *base),
                "the features name {base}: add --data FILE --instrument {base}-… for it"
            );
        }
        Ok(Source::Files(files))
    }

    fn instrument(&self) -> &Instrument {
        match self {
            Source::Files(files) => &files[0].0,
            Source::Demo(_, instrument) => instrument,
        }
    }

    /// What a model that is trained on the table was trained on, for people.
    fn words(&self, args: &ExportFeaturesArgs) -> String {
        match self {
            Source::Files(_) => {
                let name = |path: &std::path::PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
                args.data.iter().filter_map(name).collect::<Vec<_>>().join(", ")
            }
            Source::Demo(market, ..) => format!("synthetic demo market, seed {}", market.seed),
        }
    }

    fn table(&self, plan: &FeaturePlan, from: Nanos, to: Nanos) -> anyhow::Result<FeatureTable> {
        let mut others = BTreeMap::new();
        for (base, columns) in plan.others() {
            others.insert(base.clone(), self.rows(base, plan.timeframe(), columns, (from, to))?);
        }
        let own = self.rows(&self.instrument().base, plan.timeframe(), plan.columns(), (from, to))?;
        Ok(plan.table(&own, &others))
    }

    fn rows(
        &self,
        base: &str,
        timeframe: Timeframe,
        columns: &[ColumnName],
        (from, to): (Nanos, Nanos),
    ) -> anyhow::Result<ColumnRows> {
        let bar = progress::count("bars");
        let rows = match self {
            Source::Files(files) => {
                let file = files.iter().find(|(known, _)| known.base == base).map(|(_, file)| file);
                FileMarket::open(file.with_context(|| format!("no file of {base}"))?)?.rows(columns, &bar)
            }
            Source::Demo(market, ..) => {
                // As many bars before as a host keeps, so that recursive columns are as warm as there.
                let lead = i64::try_from(BarPolicy::default().ring)?.saturating_mul(timeframe.nanos());
                let start = timeframe.bucket(Nanos((from - timeframe.nanos() - lead).0.max(0)));
                anyhow::ensure!(from >= Nanos(0), "the demo market begins in 1970; --from lies before");
                let instrument = market.instrument(base)?;
                let bars = market.bars(&instrument, timeframe, start, to, |count| bar.inc(count))?;
                column_rows::rows(&instrument, timeframe, columns, bars)
            }
        };
        bar.finish_and_clear();
        rows
    }
}

/// How a table is written.
#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Parquet,
}

impl Format {
    fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Format::Csv),
            Some("parquet") => Ok(Format::Parquet),
            _ => anyhow::bail!("{} ends neither in .csv nor in .parquet", path.display()),
        }
    }

    fn write(self, path: &Path, names: &[String], table: &FeatureTable) -> anyhow::Result<u64> {
        let context = || format!("writing {} failed", path.display());
        let out = BufWriter::new(File::create(path).with_context(context)?);
        let rows = table.iter().map(|row| (row.ts, row.close, row.values.as_slice()));
        match self {
            Format::Csv => sconce_datasets::write_features_csv(out, names, rows),
            Format::Parquet => sconce_datasets::write_features_parquet(out, names, rows),
        }
        .with_context(context)
    }
}
