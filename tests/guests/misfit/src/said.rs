//! Short ways to say things.

use crate::sconce::strategy::types::{Attribute, Body, Direction, Level, Output, Scalar, Signal};

pub fn signal(label: &str, score: f64) -> Signal {
    Signal {
        label: label.into(),
        direction: Direction::Neutral,
        score,
        probability: None,
        horizon: None,
        levels: vec![],
        attributes: vec![],
        finding: false,
    }
}

pub fn say(signal: Signal) -> Output {
    Output { instrument: None, body: Body::Signal(signal) }
}

pub fn level(name: &str, price: f64) -> Level {
    Level { name: name.into(), price }
}

pub fn text(name: &str, value: impl Into<String>) -> Attribute {
    Attribute { name: name.into(), value: Scalar::Text(value.into()) }
}

pub fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.into(), value: Scalar::Int(value) }
}
