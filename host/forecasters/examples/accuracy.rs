//! Accuracy on the 359 weekly series of the M4 competition, scored as the competition did: started by `cargo xtask
//! accuracy`, which builds it optimised. Reads `reference/forecast/m4_weekly` in `../shared` or `SCONCE_SHARED`.
//!
//! Before it scores ours it scores the competition's own SES forecasts; where that is not the published score, it ends.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks on stdout and stderr")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sconce_forecasters::{Model, fit_and_forecast};

type Outcome<T> = Result<T, Box<dyn Error>>;
type Series = BTreeMap<String, Vec<f64>>;

const LEVEL: f64 = 0.95;

/// One line of the table.
struct Line {
    name: String,
    smape: f64,
    mase: f64,
    owa: f64,
    /// Share of the values inside the interval of 95 %, where there is one.
    coverage: Option<f64>,
    /// Series a second on one thread.
    speed: Option<f64>,
    /// Series that drift answered, of ours.
    fallbacks: Option<usize>,
}

/// What is scored against: the past and the future of each series.
struct Market {
    train: Series,
    test: Series,
}

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let markdown: Option<PathBuf> = match (args.next().as_deref(), args.next()) {
        (None, _) => None,
        (Some("--markdown"), Some(file)) => Some(file.into()),
        _ => return Err("usage: accuracy [--markdown FILE]".into()),
    };
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("SCONCE_SHARED").map_or(beside, PathBuf::from).join("reference/forecast/m4_weekly");
    if !folder.is_dir() {
        println!("SKIP accuracy: {} is absent", folder.display());
        return Ok(());
    }
    let market = Market { train: read(&folder.join("train.csv.gz"))?, test: read(&folder.join("test.csv.gz"))? };
    let published = published(&folder.join("published_scores.csv"))?;
    let (naive_smape, naive_mase) = *published.get("Naive2").ok_or("no published score of Naive2")?;
    let owa = |smape: f64, mase: f64| (smape / naive_smape + mase / naive_mase) / 2.0;
    hold_to_the_official(&market, &folder, &published)?;
    let mut lines: Vec<Line> = published
        .iter()
        .map(|(name, (smape, mase))| Line {
            name: format!("published: {name}"),
            smape: *smape,
            mase: *mase,
            owa: owa(*smape, *mase),
            coverage: None,
            speed: None,
            fallbacks: None,
        })
        .collect();
    let mut means: Vec<Series> = Vec::new();
    for model in [Model::Naive, Model::Ses, Model::Theta, Model::Ets, Model::Arima(None)] {
        let (line, paths) = ours(&market, &model, &owa)?;
        if model != Model::Naive {
            means.push(paths);
        }
        lines.push(line);
    }
    let mean = average(&means);
    let (smape, mase) = score(&market, &mean)?;
    let name = "ours: mean of SES, Theta, ETS, ARIMA".to_owned();
    lines.push(Line { name, smape, mase, owa: owa(smape, mase), coverage: None, speed: None, fallbacks: None });
    lines.sort_by(|a, b| a.owa.total_cmp(&b.owa));
    let table = table(&lines);
    print!("{table}");
    if let Some(file) = markdown {
        std::fs::write(&file, table)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// The files begin each line with a name; lines of `train` have different lengths.
fn read(path: &Path) -> Outcome<Series> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path)?).read_to_string(&mut text)?;
    let mut series = Series::new();
    for line in text.lines().skip(1) {
        let mut cells = line.split(',').map(|cell| cell.trim_matches('"'));
        let name = cells.next().ok_or("a line without a name")?.to_owned();
        let values = cells.take_while(|cell| !cell.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
        series.insert(name, values);
    }
    Ok(series)
}

fn published(path: &Path) -> Outcome<BTreeMap<String, (f64, f64)>> {
    let mut scores = BTreeMap::new();
    for record in csv::Reader::from_path(path)?.records() {
        let record = record?;
        scores.insert(record[0].to_owned(), (record[1].parse()?, record[2].parse()?));
    }
    Ok(scores)
}

/// Mean sMAPE in percent, and mean MASE with the in-sample error of the naive forecast, as the competition has them for
/// weekly series.
fn score(market: &Market, paths: &Series) -> Outcome<(f64, f64)> {
    let (mut smape, mut mase) = (0.0, 0.0);
    for (name, actual) in &market.test {
        let (path, past) = (paths.get(name).ok_or("a series without forecast")?, &market.train[name]);
        let steps = past.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / (past.len() - 1) as f64;
        let pairs = || actual.iter().zip(path);
        let h = actual.len() as f64;
        smape += pairs().map(|(y, f)| 200.0 * (y - f).abs() / (y.abs() + f.abs())).sum::<f64>() / h;
        mase += pairs().map(|(y, f)| (y - f).abs()).sum::<f64>() / h / steps;
    }
    let count = market.test.len() as f64;
    Ok((smape / count, mase / count))
}

fn hold_to_the_official(market: &Market, folder: &Path, published: &BTreeMap<String, (f64, f64)>) -> Outcome<()> {
    let (smape, mase) = score(market, &read(&folder.join("official_SES.csv.gz"))?)?;
    let (their_smape, their_mase) = published.get("SES").ok_or("no published score of SES")?;
    if (smape - their_smape).abs() > 6e-4 || (mase - their_mase).abs() > 6e-4 {
        return Err(format!("the scores of the official SES forecasts are {smape:.4} and {mase:.4}").into());
    }
    Ok(())
}

fn ours(market: &Market, model: &Model, owa: &dyn Fn(f64, f64) -> f64) -> Outcome<(Line, Series)> {
    let mut paths = Series::new();
    let (mut inside, mut values, mut fallbacks) = (0_usize, 0_usize, 0);
    let began = Instant::now();
    for (at, (name, past)) in market.train.iter().enumerate() {
        let actual = &market.test[name];
        let table = fit_and_forecast(model, past, actual.len(), 1, &[LEVEL], &|| false)?;
        fallbacks += usize::from(table.fallback.is_some());
        let bounds = table.intervals[0].lo.iter().zip(&table.intervals[0].hi);
        inside += actual.iter().zip(bounds).filter(|(y, (lo, hi))| *lo <= *y && *y <= *hi).count();
        values += actual.len();
        paths.insert(name.clone(), table.mean);
        if at % 20 == 19 || at + 1 == market.train.len() {
            eprintln!(
                "{}: {} of {} series, {:.1} s",
                model.name(),
                at + 1,
                market.train.len(),
                began.elapsed().as_secs_f64()
            );
        }
    }
    let speed = Some(market.train.len() as f64 / began.elapsed().as_secs_f64());
    let (smape, mase) = score(market, &paths)?;
    let coverage = Some(inside as f64 / values as f64);
    Ok((
        Line {
            name: format!("ours: {}", model.name()),
            smape,
            mase,
            owa: owa(smape, mase),
            coverage,
            speed,
            fallbacks: Some(fallbacks),
        },
        paths,
    ))
}

fn average(members: &[Series]) -> Series {
    let one = |(name, path): (&String, &Vec<f64>)| {
        let mean = |at: usize| members.iter().map(|member| member[name][at]).sum::<f64>() / members.len() as f64;
        (name.clone(), (0..path.len()).map(mean).collect())
    };
    members.first().into_iter().flatten().map(one).collect()
}

fn table(lines: &[Line]) -> String {
    let mut text =
        "| method | sMAPE | MASE | OWA | in 95 % | series/s | fallbacks |\n|---|---|---|---|---|---|---|\n".to_owned();
    for line in lines {
        let coverage = line.coverage.map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let speed = line
            .speed
            .map_or("-".to_owned(), |speed| if speed < 100.0 { format!("{speed:.1}") } else { format!("{speed:.0}") });
        let fallbacks = line.fallbacks.map_or("-".to_owned(), |count| count.to_string());
        text += &format!(
            "| {} | {:.3} | {:.3} | {:.3} | {coverage} | {speed} | {fallbacks} |\n",
            line.name, line.smape, line.mase, line.owa
        );
    }
    text
}
