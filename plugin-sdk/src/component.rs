//! The component around a strategy: the generated guest traits on one side, the driver on the other.
//! Exists only in wasm builds; holds conversions and no behaviour.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use crate::bindings::exports::sconce::strategy::guest;
use crate::bindings::sconce::strategy::types as wire;
use crate::block::BlockView;
use crate::describe::{Memory, OutputKind, Scope};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::forecast::{Forecast, ForecastPoint};
use crate::output::{Body, Output};
use crate::signal::{Direction, Scalar, Signal, Text};
use crate::strategy::Strategy;

/// What `export_strategy!` exports for `S`.
#[doc(hidden)]
pub struct Component<S>(PhantomData<S>);

/// One exported instance.
#[doc(hidden)]
pub struct Cell<S>(RefCell<Driver<S>>);

impl<S> fmt::Debug for Component<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Component")
    }
}

impl<S> fmt::Debug for Cell<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell")
    }
}

impl<S: Strategy> guest::Guest for Component<S> {
    type Instance = Cell<S>;

    fn describe() -> guest::Description {
        let description = Driver::<S>::describe();
        guest::Description {
            id: description.id.to_owned(),
            name: description.name.to_owned(),
            version: description.version.to_owned(),
            description: description.description.to_owned(),
            outputs: description.outputs.iter().map(|kind| kind_to(*kind)).collect(),
            score_scale: description.score_scale.to_owned(),
            config_schema: description.config_schema.to_owned(),
            scope: match description.scope {
                Scope::Instrument => guest::Scope::Instrument,
                Scope::Universe => guest::Scope::Universe,
            },
            memory: match description.memory {
                Memory::Finite(rows) => guest::Memory::Finite(rows),
                Memory::Unbounded => guest::Memory::Unbounded,
            },
        }
    }

    fn needs(config: String) -> Result<guest::NeedsList, wire::Failure> {
        let needs = Driver::<S>::needs(&config).map_err(failure_to)?;
        Ok(guest::NeedsList {
            columns: needs.columns,
            look_back: needs.look_back,
            every_seconds: needs.every_seconds,
            abilities: needs.abilities,
        })
    }
}

impl<S: Strategy> guest::GuestInstance for Cell<S> {
    fn create(config: String, instruments: Vec<String>) -> Result<guest::Instance, wire::Failure> {
        let driver = Driver::<S>::create(&config, &instruments).map_err(failure_to)?;
        Ok(guest::Instance::new(Cell(RefCell::new(driver))))
    }

    fn restore(config: String, instruments: Vec<String>, state: Vec<u8>) -> Result<guest::Instance, wire::Failure> {
        let driver = Driver::<S>::restore(&config, &instruments, &state).map_err(failure_to)?;
        Ok(guest::Instance::new(Cell(RefCell::new(driver))))
    }

    fn warm_up(&self, rows: wire::Block) -> Result<(), wire::Failure> {
        let view = BlockView::new(rows.rows, rows.width, &rows.data).map_err(failure_to)?;
        self.0.borrow_mut().warm_up(&view).map_err(failure_to)
    }

    fn on_row(
        &self,
        ts: i64,
        instrument: u32,
        trigger: u32,
        row: Vec<f64>,
    ) -> Result<Vec<wire::Output>, wire::Failure> {
        let said = self.0.borrow_mut().on_row(ts, instrument, trigger, &row).map_err(failure_to)?;
        Ok(said.into_iter().map(output_to).collect())
    }

    fn run(&self, rows: wire::Block) -> Result<Vec<(u32, wire::Output)>, wire::Failure> {
        let view = BlockView::new(rows.rows, rows.width, &rows.data).map_err(failure_to)?;
        let said = self.0.borrow_mut().run(&view).map_err(failure_to)?;
        Ok(said.into_iter().map(|(position, output)| (position, output_to(output))).collect())
    }

    fn snapshot(&self) -> Result<Option<Vec<u8>>, wire::Failure> {
        self.0.borrow().snapshot().map_err(failure_to)
    }
}

fn kind_to(kind: OutputKind) -> guest::OutputKind {
    match kind {
        OutputKind::Signal => guest::OutputKind::Signal,
        OutputKind::Forecast => guest::OutputKind::Forecast,
    }
}

fn failure_to(failure: Failure) -> wire::Failure {
    match failure {
        Failure::NotReady(rows) => wire::Failure::NotReady(rows),
        Failure::BadConfig(text) => wire::Failure::BadConfig(text),
        Failure::BadInput(text) => wire::Failure::BadInput(text),
        Failure::Internal(text) => wire::Failure::Internal(text),
        Failure::Other(text) => wire::Failure::Other(text),
    }
}

pub(crate) fn failure_from(failure: wire::Failure) -> Failure {
    match failure {
        wire::Failure::NotReady(rows) => Failure::NotReady(rows),
        wire::Failure::BadConfig(text) => Failure::BadConfig(text),
        wire::Failure::BadInput(text) => Failure::BadInput(text),
        wire::Failure::Internal(text) => Failure::Internal(text),
        wire::Failure::Other(text) => Failure::Other(text),
    }
}

fn output_to(output: Output) -> wire::Output {
    let body = match output.body {
        Body::Signal(signal) => wire::Body::Signal(signal_to(signal)),
        Body::Forecast(forecast) => wire::Body::Forecast(forecast_to(forecast)),
    };
    wire::Output { instrument: output.instrument, body }
}

fn signal_to(signal: Signal) -> wire::Signal {
    wire::Signal {
        label: signal.label.into_owned(),
        direction: match signal.direction {
            Direction::Long => wire::Direction::Long,
            Direction::Short => wire::Direction::Short,
            Direction::Neutral => wire::Direction::Neutral,
        },
        score: signal.score,
        probability: signal.probability,
        horizon: signal.horizon,
        levels: signal.levels.into_iter().map(level_to).collect(),
        attributes: attributes_to(signal.attributes),
        finding: signal.finding,
    }
}

fn level_to((name, price): (Text, f64)) -> wire::Level {
    wire::Level { name: name.into_owned(), price }
}

fn forecast_to(forecast: Forecast) -> wire::Forecast {
    let point = |point: ForecastPoint| wire::ForecastPoint {
        horizon: point.horizon,
        value: point.value,
        lower: point.lower,
        upper: point.upper,
    };
    wire::Forecast {
        target: forecast.target.into_owned(),
        level: forecast.level,
        points: forecast.points.into_iter().map(point).collect(),
        attributes: attributes_to(forecast.attributes),
    }
}

fn attributes_to(attributes: Vec<(Text, Scalar)>) -> Vec<wire::Attribute> {
    let scalar = |value: Scalar| match value {
        Scalar::Num(value) => wire::Scalar::Num(value),
        Scalar::Int(value) => wire::Scalar::Int(value),
        Scalar::Flag(value) => wire::Scalar::Flag(value),
        Scalar::Text(value) => wire::Scalar::Text(value.into_owned()),
    };
    let attribute = |(name, value): (Text, Scalar)| wire::Attribute { name: name.into_owned(), value: scalar(value) };
    attributes.into_iter().map(attribute).collect()
}
