//! Words of interface 0.1 as words of the domain.

use sconce_domain::deployment::Memory;
use sconce_domain::output::{ForecastPoint, Scalar};
use sconce_domain::ports::Fault;
use sconce_domain::{Body, Direction, Forecast, Needs, Said, Scope, Signal};

use super::bindings::exports::sconce::strategy::guest;
use super::types;
use crate::adapters::RawDescription;
use crate::options::OutputCaps;
use crate::output::refuse;

/// The outputs of one row. Their number is checked before any is converted.
pub(super) fn outputs(outputs: Vec<types::Output>, caps: &OutputCaps) -> Result<Vec<Said>, Fault> {
    if outputs.len() > caps.outputs {
        return Err(refuse(format!("{} outputs about one row, at most {} are taken", outputs.len(), caps.outputs)));
    }
    outputs.into_iter().map(output).collect()
}

/// The outputs of a block, each with the position of its row.
pub(super) fn placed_outputs(outputs: Vec<(u32, types::Output)>, _: &OutputCaps) -> Result<Vec<(u32, Said)>, Fault> {
    outputs.into_iter().map(|(row, said)| Ok((row, output(said)?))).collect()
}

fn output(output: types::Output) -> Result<Said, Fault> {
    let body = match output.body {
        types::Body::Signal(signal) => Body::Signal(self::signal(signal)?),
        types::Body::Forecast(forecast) => Body::Forecast(self::forecast(forecast)?),
    };
    Ok(Said { instrument: output.instrument, body })
}

fn signal(signal: types::Signal) -> Result<Signal, Fault> {
    Ok(Signal {
        label: signal.label,
        direction: match signal.direction {
            types::Direction::Long => Direction::Long,
            types::Direction::Short => Direction::Short,
            types::Direction::Neutral => Direction::Neutral,
        },
        score: signal.score,
        probability: signal.probability,
        horizon: signal.horizon.map(horizon).transpose()?,
        levels: signal.levels.into_iter().map(|level| (level.name, level.price)).collect(),
        attributes: attributes(signal.attributes),
        finding: signal.finding,
    })
}

fn forecast(forecast: types::Forecast) -> Result<Forecast, Fault> {
    let point = |point: types::ForecastPoint| {
        Ok(ForecastPoint {
            horizon: horizon(point.horizon)?,
            value: point.value,
            lower: point.lower,
            upper: point.upper,
        })
    };
    Ok(Forecast {
        target: forecast.target,
        level: forecast.level,
        points: forecast.points.into_iter().map(point).collect::<Result<_, Fault>>()?,
        attributes: attributes(forecast.attributes),
    })
}

fn horizon(nanos: u64) -> Result<i64, Fault> {
    i64::try_from(nanos).map_err(|_| refuse(format!("horizon of {nanos} ns is longer than time itself")))
}

fn attributes(attributes: Vec<types::Attribute>) -> Vec<(String, Scalar)> {
    let value = |scalar| match scalar {
        types::Scalar::Num(number) => Scalar::Num(number),
        types::Scalar::Int(number) => Scalar::Int(number),
        types::Scalar::Flag(flag) => Scalar::Flag(flag),
        types::Scalar::Text(text) => Scalar::Text(text),
    };
    attributes.into_iter().map(|attribute| (attribute.name, value(attribute.value))).collect()
}

impl From<types::Failure> for Fault {
    fn from(failure: types::Failure) -> Self {
        let text = |text: String| crate::log_book::clean(&text, crate::fault::MESSAGE_BYTES);
        match failure {
            types::Failure::NotReady(rows) => Fault::NotReady(rows),
            types::Failure::BadConfig(why) => Fault::BadConfig(text(why)),
            types::Failure::BadInput(why) => Fault::BadInput(text(why)),
            types::Failure::Internal(why) => Fault::Internal(text(why)),
            types::Failure::Other(why) => Fault::Other(text(why)),
        }
    }
}

impl From<guest::NeedsList> for Needs {
    fn from(needs: guest::NeedsList) -> Self {
        Needs {
            columns: needs.columns,
            look_back: needs.look_back,
            every_seconds: needs.every_seconds,
            abilities: needs.abilities,
        }
    }
}

impl From<guest::Description> for RawDescription {
    fn from(said: guest::Description) -> Self {
        let kind = |kind: guest::OutputKind| match kind {
            guest::OutputKind::Signal => "signal".to_owned(),
            guest::OutputKind::Forecast => "forecast".to_owned(),
        };
        RawDescription {
            id: said.id,
            name: said.name,
            version: said.version,
            description: said.description,
            outputs: said.outputs.into_iter().map(kind).collect(),
            score_scale: said.score_scale,
            config_schema: said.config_schema,
            scope: match said.scope {
                guest::Scope::Instrument => Scope::Instrument,
                guest::Scope::Universe => Scope::Universe,
            },
            memory: match said.memory {
                guest::Memory::Finite(rows) => Memory::Finite(rows),
                guest::Memory::Unbounded => Memory::Unbounded,
            },
        }
    }
}
