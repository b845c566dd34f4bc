//! Records made ready on the thread that submits them: canonical body, the columns for finding it, and the proof that
//! it reads back equal. Whatever passes here can be committed and projected later without a question.

use sconce_domain::output::ForecastPoint;
use sconce_domain::{Body, Nanos, Outcome, OutputId, Producer, Record, Scalar, Statement, Verdict};

use crate::db::read::record as read_back;
use crate::error::{LedgerError, Result};

/// A record with its body.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) record: Record,
    pub(crate) body: String,
    pub(crate) recorded_at: Nanos,
    /// Which worker said it; absent: it came through the API.
    pub(crate) worker: Option<u32>,
}

/// The columns of the table besides the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns<'a> {
    pub(crate) id: Option<OutputId>,
    pub(crate) deployment: Option<&'a str>,
    pub(crate) instrument: Option<&'a str>,
    pub(crate) as_of: Option<Nanos>,
}

impl Prepared {
    pub(crate) fn new(record: Record, recorded_at: Nanos, worker: Option<u32>) -> Result<Self> {
        let unrecordable = |what: String| LedgerError::Unrecordable { kind: record.kind(), what };
        let body = match &record {
            Record::Output(output) => {
                String::from_utf8(output.canonical()).map_err(|error| unrecordable(error.to_string()))?
            }
            other => serde_json::to_string(other).map_err(|error| unrecordable(error.to_string()))?,
        };
        let doubt = match &record {
            // The most frequent kinds, on the way of every row: for them, finite numbers are all that it takes.
            Record::Output(output) if is_finite(&output.body) => None,
            Record::Outcome(outcome) if is_known(outcome) => None,
            Record::Output(_) | Record::Outcome(_) => Some("a number is not finite".to_owned()),
            other => match read_back(other.kind(), &body) {
                Ok(back) if back == *other => None,
                Ok(_) => Some("it reads back as something else".to_owned()),
                Err(error) => Some(error.to_string()),
            },
        };
        match doubt {
            None => Ok(Prepared { record, body, recorded_at, worker }),
            Some(what) => Err(unrecordable(what)),
        }
    }

    pub(crate) fn columns(&self) -> Columns<'_> {
        match &self.record {
            Record::Output(output) => Columns {
                id: Some(output.id),
                deployment: Some(output.deployment.as_str()),
                instrument: output.instrument.as_ref().map(|id| id.as_str()),
                as_of: Some(output.as_of),
            },
            Record::StrategyLog(line) => {
                Columns { deployment: Some(line.strategy.as_str()), as_of: Some(line.ts), ..Columns::default() }
            }
            Record::Observation(observation) => Columns { as_of: Some(observation.ts), ..Columns::default() },
            Record::Fault(fault) => Columns {
                deployment: Some(fault.deployment.as_str()),
                instrument: fault.instrument.as_ref().map(|id| id.as_str()),
                as_of: Some(fault.as_of),
                ..Columns::default()
            },
            Record::Generation(start) => Columns {
                deployment: Some(start.deployment.as_str()),
                instrument: start.instrument.as_ref().map(|id| id.as_str()),
                as_of: Some(start.at),
                ..Columns::default()
            },
            Record::Audit(line) => Columns { as_of: Some(line.ts), ..Columns::default() },
            Record::Desired(change) => Columns { deployment: deployment(change), ..Columns::default() },
            // It stands once, like the output that it is about. Without `as_of` it is not among what was said at a time.
            Record::Outcome(outcome) => Columns {
                id: Some(outcome.id()),
                deployment: match &outcome.claim.producer {
                    Producer::Deployment { id, .. } => Some(id.as_str()),
                    Producer::Model { .. } => None,
                },
                instrument: Some(outcome.claim.instrument.as_str()),
                as_of: None,
            },
            Record::Posture(change) => Columns {
                deployment: Some(change.deployment.as_str()),
                instrument: Some(change.instrument.as_str()),
                as_of: Some(change.as_of),
                ..Columns::default()
            },
        }
    }
}

/// Whether JSON can hold every number of what was said.
fn is_finite(body: &Body) -> bool {
    let scalar = |(_, value): &(String, Scalar)| !matches!(value, Scalar::Num(number) if !number.is_finite());
    let maybe = |number: Option<f64>| number.is_none_or(f64::is_finite);
    match body {
        Body::Signal(signal) => {
            signal.score.is_finite()
                && maybe(signal.probability)
                && signal.levels.iter().all(|(_, level)| level.is_finite())
                && signal.attributes.iter().all(scalar)
        }
        Body::Forecast(forecast) => {
            let point = |point: &ForecastPoint| point.value.is_finite() && maybe(point.lower) && maybe(point.upper);
            maybe(forecast.level) && forecast.points.iter().all(point) && forecast.attributes.iter().all(scalar)
        }
    }
}

/// Whether JSON can hold every number of what was claimed and of what then happened.
fn is_known(outcome: &Outcome) -> bool {
    let pair = |(lower, upper): (f64, f64)| lower.is_finite() && upper.is_finite();
    let maybe = |number: Option<f64>| number.is_none_or(f64::is_finite);
    let claimed = match &outcome.claim.statement {
        Statement::Signal { score, probability, .. } => score.is_finite() && maybe(*probability),
        Statement::Forecast { value, interval, level } => {
            value.is_finite() && interval.is_none_or(pair) && maybe(*level)
        }
    };
    claimed
        && match outcome.verdict {
            Verdict::Moved { entry, exit } => pair((entry.price, exit.price)),
            Verdict::Closed { close, base, scale } => close.price.is_finite() && maybe(base) && maybe(scale),
            Verdict::Unjudged { .. } => true,
        }
}

fn deployment(change: &sconce_domain::DesiredChange) -> Option<&str> {
    use sconce_domain::DesiredChange;
    match change {
        DesiredChange::Deploy(spec) => Some(spec.id.as_str()),
        DesiredChange::Retire { deployment } | DesiredChange::Probation { deployment, .. } => Some(deployment.as_str()),
        DesiredChange::Keep { .. } | DesiredChange::Remove { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sconce_domain::{
        Claim, Digest, Direction, Forecast, Output, PricePoint, Provenance, Signal, Timeframe, Trigger, Unjudged,
    };

    use super::*;

    fn scalar() -> impl Strategy<Value = Scalar> {
        prop_oneof![
            any::<bool>().prop_map(Scalar::Flag),
            any::<i64>().prop_map(Scalar::Int),
            prop::num::f64::ANY.prop_map(Scalar::Num),
            ".*".prop_map(Scalar::Text),
        ]
    }

    fn named<T: std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<(String, T)>> {
        prop::collection::vec((".*", value), 0..3)
    }

    prop_compose! {
        fn signal()(label in ".*", score in prop::num::f64::ANY, probability in any::<Option<f64>>(), finding in any::<bool>(),
            horizon in any::<Option<i64>>(), levels in named(any::<f64>()), attributes in named(scalar())) -> Body {
            let direction = Direction::Short;
            Body::Signal(Signal { label, direction, score, probability, horizon, levels, attributes, finding })
        }
    }

    prop_compose! {
        fn forecast()(target in ".*", level in any::<Option<f64>>(), attributes in named(scalar()),
            points in prop::collection::vec(any::<(i64, f64, Option<f64>, Option<f64>)>(), 0..4)) -> Body {
            let point = |(horizon, value, lower, upper)| ForecastPoint { horizon, value, lower, upper };
            Body::Forecast(Forecast { target, level, points: points.into_iter().map(point).collect(), attributes })
        }
    }

    prop_compose! {
        fn price()(ts in any::<i64>(), price in prop::num::f64::ANY) -> PricePoint {
            PricePoint { ts: Nanos(ts), price }
        }
    }

    fn statement() -> impl Strategy<Value = Statement> {
        let signal = (".*", any::<f64>(), any::<Option<f64>>()).prop_map(|(label, score, probability)| {
            Statement::Signal { label, direction: Direction::Long, score, probability }
        });
        let forecast = (prop::num::f64::ANY, any::<Option<(f64, f64)>>(), any::<Option<f64>>())
            .prop_map(|(value, interval, level)| Statement::Forecast { value, interval, level });
        prop_oneof![signal, forecast]
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![
            (price(), price()).prop_map(|(entry, exit)| Verdict::Moved { entry, exit }),
            (price(), any::<Option<f64>>(), prop::option::of(prop::num::f64::ANY))
                .prop_map(|(close, base, scale)| Verdict::Closed { close, base, scale }),
            Just(Verdict::Unjudged { reason: Unjudged::NoClose }),
        ]
    }

    prop_compose! {
        fn outcome()(statement in statement(), verdict in verdict(), at in any::<i64>(), horizon in any::<i64>(),
            model in any::<bool>(), in_sample in any::<bool>()) -> Outcome {
            let id = "d".parse().expect("valid");
            let producer = if model {
                Producer::Model { name: "m".to_owned(), digest: Digest::default() }
            } else {
                Producer::Deployment { id, plugin: Digest::default() }
            };
            let claim = Claim {
                id: OutputId([7; 16]), producer, instrument: "BTC-USDT@demo".parse().expect("valid"), as_of: Nanos(at),
                ts_init: Nanos(at), horizon, step: in_sample.then_some(Timeframe::H1), in_sample, statement,
            };
            Outcome { claim, due: Nanos(at), verdict }
        }
    }

    proptest! {
        #[test]
        fn what_passes_reads_back_equal(body in prop_oneof![signal(), forecast()], at in any::<i64>()) {
            let deployment = "d".parse().expect("valid");
            let (id, nothing) = (OutputId::new(&deployment, 1, None, Nanos(at), 0), Digest::default());
            let provenance = Provenance {
                plugin: nothing,
                config: nothing,
                models: vec![],
                in_sample: false,
                engine: nothing,
                generation: 1,
                input: nothing,
                trigger: Trigger(1),
            };
            let finite = is_finite(&body);
            let as_of = Nanos(at);
            let output = Output { id, deployment, instrument: None, as_of, ordinal: 0, provenance, body };
            let prepared = Prepared::new(Record::Output(Box::new(output.clone())), as_of, None);
            prop_assert_eq!(prepared.is_ok(), finite);
            if let Ok(prepared) = prepared {
                let back = read_back("output", &prepared.body).expect("readable");
                prop_assert_eq!(back, Record::Output(Box::new(output)));
            }
        }

        #[test]
        fn an_outcome_that_passes_reads_back_equal(outcome in outcome()) {
            let finite = is_known(&outcome);
            let prepared = Prepared::new(Record::Outcome(Box::new(outcome.clone())), Nanos(1), None);
            prop_assert_eq!(prepared.is_ok(), finite);
            if let Ok(prepared) = prepared {
                let back = read_back("outcome", &prepared.body).expect("readable");
                prop_assert_eq!(back, Record::Outcome(Box::new(outcome)));
            }
        }
    }
}
