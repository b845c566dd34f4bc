//! Outputs: what a plugin said, with its provenance, and the canonical bytes that `verify` compares.

use std::fmt;
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::deployment::DeploymentId;
use crate::digest::{Digest, decode_hex, encode_hex};
use crate::instrument::InstrumentId;
use crate::row::Trigger;
use crate::time::Nanos;

/// Which way a signal leans; renderers turn it into each endpoint's words.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Up.
    Long,
    /// Down.
    Short,
    /// Neither.
    Neutral,
}

/// A small value of an attribute. Numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Scalar {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A finite number.
    Num(f64),
    /// A text.
    Text(String),
}

/// By what stands there, in one look: attributes are read by the million.
impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flag, a number or a text")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(number).map_or(Scalar::Num(number as f64), Scalar::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
        Ok(Scalar::Num(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }
}

/// What a plugin thinks of an instrument now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The plugin's word, such as `Accumulation`.
    pub label: String,
    /// Which way it leans.
    pub direction: Direction,
    /// On the plugin's declared scale; finite.
    pub score: f64,
    /// Probability that the direction is right, where the plugin gives one; in [0, 1].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub probability: Option<f64>,
    /// How long it claims to hold, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub horizon: Option<i64>,
    /// Named prices: zones, stop, targets.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub levels: Vec<(String, f64)>,
    /// Anything else worth keeping, in the plugin's order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attributes: Vec<(String, Scalar)>,
    /// Flagged as worth reporting: a finding.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub finding: bool,
}

/// One point of a forecast.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastPoint {
    /// Nanoseconds after `as_of`.
    pub horizon: i64,
    /// Expected value.
    pub value: f64,
    /// Lower end of the interval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lower: Option<f64>,
    /// Upper end of the interval.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub upper: Option<f64>,
}

/// What a plugin or model expects to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// What is forecast, such as `close`.
    pub target: String,
    /// Nominal level of the intervals, in (0, 1).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub level: Option<f64>,
    /// Points, nearest first.
    pub points: Vec<ForecastPoint>,
    /// Anything else worth keeping.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub attributes: Vec<(String, Scalar)>,
}

/// A signal or a forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A signal.
    Signal(Signal),
    /// A forecast.
    Forecast(Forecast),
}

/// What came out of one call, before the host adds where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Universe scope: position among the deployment's instruments; absent: the instance's own, or the market as a whole.
    pub instrument: Option<u32>,
    /// What was said.
    pub body: Body,
}

/// Where an output came from; with the stream and `as_of`, which name one row on the tape, enough to make it again.
/// Nothing here depends on how instruments are spread over workers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Digest of the artefact.
    pub plugin: Digest,
    /// Digest of the canonical configuration.
    pub config: Digest,
    /// Versions of the models whose answers stood in the row's columns of this deployment, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub models: Vec<Digest>,
    /// Whether one of those answers spoke of a time from which its model may have learned.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub in_sample: bool,
    /// Engine version, target, settings and fuel table.
    pub engine: Digest,
    /// Which start of the deployment.
    pub generation: u32,
    /// The stream's chain after the row: every row that the stream ever showed, in order.
    pub input: Digest,
    /// Why the row was made.
    pub trigger: Trigger,
}

/// One output as kept in the ledger. Its canonical bytes hold no sequence number, wall time or latency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Hash of deployment, generation, instrument, `as_of` and ordinal.
    pub id: OutputId,
    /// Who said it.
    pub deployment: DeploymentId,
    /// About what; absent: about all instruments of the deployment together.
    pub instrument: Option<InstrumentId>,
    /// The newest moment that it may know of.
    pub as_of: Nanos,
    /// Counts from 0 what the instance said at this moment: in one call, or in universe scope in one call per row.
    pub ordinal: u32,
    /// Where it came from.
    pub provenance: Provenance,
    /// What was said.
    pub body: Body,
}

impl Output {
    /// The canonical bytes: compact JSON, fields in declaration order, numbers in their shortest form that reads back equal.
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an output has string keys and finite numbers")
    }
}

/// 16 bytes, printed as 32 hex digits.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputId(pub [u8; 16]);

impl OutputId {
    /// The id of an output: the first 16 bytes of the BLAKE3 hash over its coordinates.
    pub fn new(
        deployment: &DeploymentId,
        generation: u32,
        instrument: Option<&InstrumentId>,
        as_of: Nanos,
        ordinal: u32,
    ) -> Self {
        let digest = Digest::of_parts(&[
            deployment.as_str().as_bytes(),
            &generation.to_le_bytes(),
            instrument.map_or(b"".as_slice(), |id| id.as_str().as_bytes()),
            &as_of.0.to_le_bytes(),
            &ordinal.to_le_bytes(),
        ]);
        let mut id = [0_u8; 16];
        id.copy_from_slice(&digest.0[..16]);
        OutputId(id)
    }

    /// The id of the outcome of this output at a horizon (nanoseconds) that ends at about `end`. It begins with that time:
    /// outcomes come by it, so an index of their ids grows at its end instead of everywhere.
    pub fn outcome(self, horizon: i64, end: Nanos) -> Self {
        let digest = Digest::of_parts(&[b"outcome", &self.0, &horizon.to_le_bytes()]);
        let mut id = [0_u8; 16];
        id[..8].copy_from_slice(&end.0.to_be_bytes());
        id[8..].copy_from_slice(&digest.0[..8]);
        OutputId(id)
    }
}

/// Why a text is no output id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an output id: expected 32 hex digits")]
pub struct ParseOutputIdError(pub String);

impl fmt::Display for OutputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(encode_hex(&self.0, &mut [[0; 2]; 16]))
    }
}

impl fmt::Debug for OutputId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutputId({self})")
    }
}

impl FromStr for OutputId {
    type Err = ParseOutputIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut id = [0_u8; 16];
        decode_hex(text, &mut id).ok_or_else(|| ParseOutputIdError(text.chars().take(64).collect()))?;
        Ok(OutputId(id))
    }
}

impl Serialize for OutputId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OutputId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Output {
        let deployment: DeploymentId = "scalp-perp-15m".parse().expect("valid");
        let instrument: InstrumentId = "BTC-USDT@demo".parse().expect("valid");
        Output {
            id: OutputId::new(&deployment, 1, Some(&instrument), Nanos(7), 0),
            deployment,
            instrument: Some(instrument),
            as_of: Nanos(7),
            ordinal: 0,
            provenance: Provenance {
                plugin: Digest::of(b"p"),
                config: Digest::of(b"c"),
                models: vec![],
                in_sample: false,
                engine: Digest::of(b"e"),
                generation: 1,
                input: Digest::of(b"i"),
                trigger: Trigger(4),
            },
            body: Body::Signal(Signal {
                label: "Accumulation".into(),
                direction: Direction::Long,
                score: 72.1,
                probability: None,
                horizon: None,
                levels: vec![("accum".into(), 91_500.0)],
                attributes: vec![("vol_spike".into(), Scalar::Flag(false)), ("rsi".into(), Scalar::Num(58.0))],
                finding: false,
            }),
        }
    }

    #[test]
    fn canonical_bytes_read_back_equal() {
        let output = sample();
        let bytes = output.canonical();
        let back: Output = serde_json::from_slice(&bytes).expect("canonical bytes are JSON");
        assert_eq!(back, output);
        assert_eq!(back.canonical(), bytes);
    }

    #[test]
    fn every_coordinate_changes_the_id() {
        let d: DeploymentId = "d".parse().expect("valid");
        let i: InstrumentId = "A-B@v".parse().expect("valid");
        let ids = [
            OutputId::new(&d, 1, Some(&i), Nanos(7), 0),
            OutputId::new(&d, 2, Some(&i), Nanos(7), 0),
            OutputId::new(&d, 1, None, Nanos(7), 0),
            OutputId::new(&d, 1, Some(&i), Nanos(8), 0),
            OutputId::new(&d, 1, Some(&i), Nanos(7), 1),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(ids[0].to_string().parse(), Ok(ids[0]));
    }
}
