//! `sconce run`: one pass over a market file, on the fold that a server runs.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use sconce_domain::{Body, Direction, InputEvent, Output};
use sconce_kit::pass::{Order, Pass, Spoken};
use sconce_kit::watch::{Hide, Watch};

use super::{config, open, words};
use crate::cli::{RunArgs, RunFormat};
use crate::column_rows::policy;
use crate::commands::file_market::{FileMarket, moment, number};
use crate::commands::progress;
use crate::telemetry::complain;

/// What came of the events is printed after so many of them.
const BATCH: u64 = 1_024;

pub(in crate::commands) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let config = config(args.component.config.as_deref())?;
    let artefact = open(&args.component.file)?;
    let file = FileMarket::open(&args.file)?;
    let watch = Arc::new(Watch::new(Arc::clone(&artefact.plugins), Hide::Nothing));
    let order = Order {
        plugin: artefact.loaded.clone(),
        config,
        instruments: vec![file.instrument.clone()],
        timeframe: file.timeframe,
        policy: policy(),
    };
    let mut pass = Pass::new(Arc::<Watch>::clone(&watch), &order)?;
    let mut printer = Printer::new(args.format)?;
    let bar = progress::count("events");
    let mut taken: u64 = 0;
    let mut broken = None;
    let end = file.events(|InputEvent { instrument, ts_event, ts_init, payload, .. }| {
        pass.step(instrument, ts_event, ts_init, payload);
        taken += 1;
        if taken.is_multiple_of(BATCH) {
            bar.inc(BATCH);
            broken = broken.take().or(printer.take(&mut pass).err());
        }
    });
    let end = end?;
    if let Some(end) = end {
        pass.finish(end);
    }
    let printed = printer.take(&mut pass).and_then(|()| printer.end());
    bar.finish_and_clear();
    if let Some(error) = broken.or(printed.err()) {
        // Whoever reads may stop reading.
        return if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(ExitCode::SUCCESS) } else { Err(error.into()) };
    }
    let seen = watch.seen();
    complain(&format!(
        "{} events, {} rows, {} calls",
        words::count(taken),
        words::count(pass.rows()),
        words::count(seen.calls)
    ));
    complain(&words::said(&seen));
    complain(&format!("most of one call: {}", words::used(&seen, artefact.usual())));
    words::failures(&seen).for_each(|line| complain(&line));
    Ok(if seen.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes what is said as it comes.
struct Printer {
    format: RunFormat,
    out: std::io::BufWriter<std::io::Stdout>,
    /// Of a table: whether its head is written.
    begun: bool,
}

const HEAD: [&str; 9] =
    ["as_of", "instrument", "kind", "label", "direction", "score", "probability", "finding", "body"];

impl Printer {
    fn new(format: RunFormat) -> std::io::Result<Self> {
        let mut printer = Printer { format, out: std::io::BufWriter::new(std::io::stdout()), begun: false };
        if format == RunFormat::Csv {
            printer.csv(&HEAD.map(str::to_owned))?;
        }
        Ok(printer)
    }

    fn take(&mut self, pass: &mut Pass) -> std::io::Result<()> {
        let mut result = Ok(());
        pass.drain(|spoken| match spoken {
            Spoken::Output(output) if result.is_ok() => result = self.output(&output),
            Spoken::Output(_) => {}
            Spoken::Fault(fault) => complain(&format!("{} {}: {}", moment(fault.as_of), fault.class, fault.message)),
            Spoken::Line(line) => complain(&format!("log: {}", words::plain(&line.line.message))),
        });
        result
    }

    fn output(&mut self, output: &Output) -> std::io::Result<()> {
        match self.format {
            RunFormat::Json => {
                self.out.write_all(&output.canonical())?;
                self.out.write_all(b"\n")
            }
            RunFormat::Csv => self.csv(&cells(output)?),
            RunFormat::Table => self.row(&cells(output)?),
        }
    }

    fn row(&mut self, cells: &[String]) -> std::io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.row(&HEAD.map(str::to_owned))?;
        }
        let [at, instrument, kind, label, direction, score, probability, finding, _] = cells else { return Ok(()) };
        let score = score.chars().take(12).collect::<String>();
        writeln!(
            self.out,
            "{at:<21}{instrument:<20}{kind:<10}{label:<24}{direction:<10}{score:<14}{probability:<12}{finding}"
        )
    }

    fn csv(&mut self, cells: &[String]) -> std::io::Result<()> {
        csv::Writer::from_writer(&mut self.out).write_record(cells).map_err(std::io::Error::other)
    }

    fn end(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// One output in the order of [`HEAD`]. A forecast is named after what it forecasts, and has no score.
fn cells(output: &Output) -> std::io::Result<[String; 9]> {
    let (kind, label, direction, score, probability, finding) = match &output.body {
        Body::Signal(signal) => (
            "signal",
            words::plain(&signal.label),
            direction(signal.direction).to_owned(),
            number(signal.score),
            signal.probability.map(number).unwrap_or_default(),
            signal.finding.to_string(),
        ),
        Body::Forecast(forecast) => {
            ("forecast", words::plain(&forecast.target), String::new(), String::new(), String::new(), String::new())
        }
    };
    let instrument = output.instrument.as_ref().map(ToString::to_string).unwrap_or_default();
    let body = serde_json::to_string(&output.body).map_err(std::io::Error::other)?;
    Ok([moment(output.as_of), instrument, kind.to_owned(), label, direction, score, probability, finding, body])
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Short => "short",
        Direction::Neutral => "neutral",
    }
}
