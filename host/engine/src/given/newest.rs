//! The newest signal of each deployment that others read, about one instrument.

use std::collections::BTreeMap;

use sconce_domain::time::SECOND;
use sconce_domain::{Body, DeploymentId, Direction, Nanos, Said, Scalar, Signal};
use serde::{Deserialize, Serialize};

use super::OutputField;

/// A signal and its row's time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Newest {
    as_of: Nanos,
    signal: Signal,
}

/// What was said last, by deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct NewestSignals(BTreeMap<DeploymentId, Newest>);

impl NewestSignals {
    /// Takes what a deployment said at `as_of`; its last signal counts.
    pub(crate) fn hear(&mut self, deployment: &DeploymentId, as_of: Nanos, said: &[Said]) {
        let last = said.iter().rev().find_map(|said| match &said.body {
            Body::Signal(signal) => Some(signal),
            Body::Forecast(_) => None,
        });
        if let Some(signal) = last {
            self.0.insert(deployment.clone(), Newest { as_of, signal: signal.clone() });
        }
    }

    /// Forgets all but these.
    pub(crate) fn retain(&mut self, is_read: impl Fn(&DeploymentId) -> bool) {
        self.0.retain(|deployment, _| is_read(deployment));
    }

    /// A number of the newest signal, as a row of `ts` shows it; NaN is absent.
    pub(crate) fn value(&self, deployment: &DeploymentId, field: &OutputField, ts: Nanos) -> f64 {
        let Some(Newest { as_of, signal }) = self.0.get(deployment) else { return f64::NAN };
        match field {
            OutputField::Score => signal.score,
            OutputField::Probability => signal.probability.unwrap_or(f64::NAN),
            OutputField::Direction => match signal.direction {
                Direction::Long => 1.0,
                Direction::Neutral => 0.0,
                Direction::Short => -1.0,
            },
            OutputField::Age => (ts - *as_of) as f64 / SECOND as f64,
            OutputField::Attribute(name) => {
                let found = signal.attributes.iter().find(|(known, _)| known == name);
                found.map_or(f64::NAN, |(_, value)| number(value))
            }
        }
    }
}

fn number(value: &Scalar) -> f64 {
    match value {
        Scalar::Num(number) => *number,
        Scalar::Int(number) => *number as f64,
        Scalar::Flag(flag) => f64::from(u8::from(*flag)),
        Scalar::Text(_) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use sconce_domain::Forecast;

    use super::*;

    fn signal(score: f64) -> Said {
        let attributes = vec![
            ("num".to_owned(), Scalar::Num(0.25)),
            ("int".to_owned(), Scalar::Int(-3)),
            ("flag".to_owned(), Scalar::Flag(true)),
            ("text".to_owned(), Scalar::Text("1".to_owned())),
        ];
        Said {
            instrument: None,
            body: Body::Signal(Signal {
                label: "x".to_owned(),
                direction: Direction::Short,
                score,
                probability: Some(0.5),
                horizon: None,
                levels: Vec::new(),
                attributes,
                finding: false,
            }),
        }
    }

    fn forecast() -> Said {
        let forecast = Forecast { target: "close".to_owned(), level: None, points: vec![], attributes: vec![] };
        Said { instrument: None, body: Body::Forecast(forecast) }
    }

    #[test]
    fn every_number_of_a_signal_is_a_column() {
        let source: DeploymentId = "source".parse().expect("valid");
        let mut newest = NewestSignals::default();
        newest.hear(&source, Nanos(SECOND), &[signal(1.0), signal(2.0), forecast()]);
        newest.hear(&source, Nanos(9 * SECOND), &[forecast()]);
        let attribute = |name: &str| OutputField::Attribute(name.to_owned());
        let check = |field: OutputField, expected: Option<f64>| {
            let value = newest.value(&source, &field, Nanos(4 * SECOND));
            assert_eq!((!value.is_nan()).then_some(value), expected, "{field:?}");
        };
        check(OutputField::Score, Some(2.0));
        check(OutputField::Probability, Some(0.5));
        check(OutputField::Direction, Some(-1.0));
        check(OutputField::Age, Some(3.0));
        check(attribute("num"), Some(0.25));
        check(attribute("int"), Some(-3.0));
        check(attribute("flag"), Some(1.0));
        check(attribute("text"), None);
        check(attribute("none"), None);
        let other = "other".parse().expect("valid");
        assert!(newest.value(&other, &OutputField::Score, Nanos(0)).is_nan());
    }
}
