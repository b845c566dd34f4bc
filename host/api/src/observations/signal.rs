//! One signal of `/v1/signals`: the newest output of a deployment about one instrument, in the documented shape.
//!
//! Numbers are taken from the levels and attributes of the output by name, without regard to case and punctuation
//! (`deepAccum` = `deep_accum`). What is missing is not made up: the symbol is left out and named.

use std::collections::BTreeMap;

use sconce_domain::ports::store::OutputRow;
use sconce_domain::ports::{DeploymentStatus, InstanceState};
use sconce_domain::{Body, InstrumentId, Nanos, Scalar, Signal, Stage, time};
use serde::Serialize;
use utoipa::ToSchema;

use super::board::Board;
use crate::number::{Finite, Time, age_seconds, score_of_100};

/// The price zones around the market.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Zones {
    /// At or below: aggressive accumulation.
    pub(crate) deep_accum: Finite,
    /// At or below: accumulation.
    pub(crate) accum: Finite,
    /// At or above: distribution.
    pub(crate) distrib: Finite,
    /// At or above: aggressive distribution.
    pub(crate) safe_distrib: Finite,
}

/// Which side of an average the price is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum Way {
    /// Above it.
    Up,
    /// At or below it.
    Down,
}

/// Where the price stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Trend {
    /// Against the average of 20.
    pub(crate) sma20: Way,
    /// Against the average of 50.
    pub(crate) sma50: Way,
    /// Relative strength over 14, 0 to 100.
    pub(crate) rsi14: Finite,
}

/// Which artefact said it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Producer {
    /// Short name of the plugin.
    #[schema(example = "zones")]
    pub(crate) id: String,
    /// Its version; absent when the artefact is no longer loaded.
    #[schema(required, example = "0.1.0")]
    pub(crate) version: Option<String>,
    /// BLAKE3 digest of its bytes.
    #[schema(example = "0000000000000000000000000000000000000000000000000000000000000000")]
    pub(crate) digest: String,
}

/// How far a signal can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// Current.
    Ok,
    /// Older than twice its interval.
    Stale,
    /// The newest call failed; this is the last good one.
    Faulted,
    /// Its deployment is paused; this is the last one.
    Paused,
}

/// One signal. The first block of fields is the documented shape; the rest says where it is from and how old it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SignalBody {
    /// The plugin's word.
    #[schema(example = "Observation")]
    pub(crate) label: String,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100, example = 72)]
    pub(crate) score: u8,
    /// Base symbol.
    #[schema(example = "BTC")]
    pub(crate) market: String,
    /// Prices have two decimals from 1 upwards and six significant digits below.
    pub(crate) price: Finite,
    /// Average of 20 closes.
    pub(crate) sma20: Finite,
    /// Average of 50 closes.
    pub(crate) sma50: Finite,
    /// Average true range over 14, in quote units.
    pub(crate) atr14: Finite,
    /// Relative strength over 14, 0 to 100.
    pub(crate) rsi14: Finite,
    /// Volume over twice its recent average.
    pub(crate) vol_spike: bool,
    /// `atr14` as percent of `price`, two decimals.
    pub(crate) atr_pct: Finite,
    /// Price zones.
    pub(crate) zones: Zones,
    /// Where the price stands.
    pub(crate) trend: Trend,

    /// How far it can be relied on.
    pub(crate) status: Standing,
    /// The newest moment that it knows of, in market time.
    pub(crate) as_of: Time,
    /// Seconds since `as_of` on the clock of its feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub(crate) age_s: Option<i64>,
    /// Full id of the instrument.
    #[schema(example = "BTC-USDT@demo")]
    pub(crate) instrument: String,
    /// Id of the output; `/host/v1/outputs/{id}` has its provenance.
    #[schema(example = "00000000000000000000000000000000")]
    pub(crate) output_id: String,
    /// Which artefact said it.
    pub(crate) producer: Producer,
    /// Digest over every row that led to it.
    #[schema(example = "0000000000000000000000000000000000000000000000000000000000000000")]
    pub(crate) input_digest: String,
    /// `ohlc` or `close_proxy`: what the range was computed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ohlc")]
    pub(crate) atr_kind: Option<String>,
    /// The parts of the score.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) score_parts: BTreeMap<String, Finite>,
    /// Share of the needed columns that were present, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coverage: Option<Finite>,
    /// True when its market is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) synthetic: Option<bool>,
    /// The feed behind it, when its market is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) feed: Option<String>,
    /// Market seconds per wall second, when its market is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<Finite>,
}

/// Shapes `row`, or says in a few words why it cannot. `wall` absent: without ages that grow by themselves.
pub(crate) fn shape(
    board: &Board,
    deployment: &DeploymentStatus,
    instrument: &InstrumentId,
    row: &OutputRow,
    clock: Ages,
) -> Result<SignalBody, String> {
    let Body::Signal(signal) = &row.output.body else {
        return Err("the newest output is a forecast, not a signal".to_owned());
    };
    let said = Said(signal);
    let price = said.need("price")?;
    let (sma20, sma50) = (said.need("sma20")?, said.need("sma50")?);
    let (atr14, rsi14) = (said.need("atr14")?, said.need("rsi14")?.hundredths());
    let way = |average: Finite| if price > average { Way::Up } else { Way::Down };
    let present = board.present(instrument, clock.wall);
    let synthetic = board.feed_of(instrument).filter(|feed| feed.info.synthetic);
    Ok(SignalBody {
        label: signal.label.clone(),
        score: score_of_100(signal.score).ok_or("the score is not a number")?,
        market: instrument.instrument().base,
        atr_pct: Finite::new(100.0 * atr14.get() / price.get()).ok_or("the price is zero")?.hundredths(),
        vol_spike: said.flag("vol_spike")?,
        zones: said.zones()?,
        trend: Trend { sma20: way(sma20), sma50: way(sma50), rsi14 },
        price: price.price(),
        sma20: sma20.price(),
        sma50: sma50.price(),
        atr14: atr14.price(),
        rsi14,
        status: standing(deployment, instrument, row, present),
        as_of: Time(row.output.as_of),
        age_s: clock.shown.then(|| age_seconds(present, row.output.as_of)),
        instrument: instrument.to_string(),
        output_id: row.output.id.to_string(),
        producer: producer(board, deployment, row),
        input_digest: row.output.provenance.input.to_string(),
        atr_kind: said.text("atr_kind"),
        score_parts: said.score_parts(),
        coverage: said.number("coverage"),
        synthetic: synthetic.map(|_| true),
        feed: synthetic.map(|feed| feed.info.name.clone()),
        speed: synthetic.and_then(|feed| feed.info.speed).and_then(Finite::new),
    })
}

/// What "now" is, and whether ages are written out. They are left out where a body is compared, not sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ages {
    /// The wall clock.
    pub(crate) wall: Nanos,
    /// Written out.
    pub(crate) shown: bool,
}

fn standing(deployment: &DeploymentStatus, instrument: &InstrumentId, row: &OutputRow, present: Nanos) -> Standing {
    let seconds = deployment.spec.every_seconds.map(|every| i64::from(every) * time::SECOND);
    let interval = seconds.or_else(|| deployment.spec.timeframes.first().map(|timeframe| timeframe.nanos()));
    let instance = deployment.instance(instrument);
    let faulted = instance.and_then(|instance| {
        let fault = instance.last_fault.as_ref()?;
        Some(instance.state == InstanceState::Rebuilding || instance.last_run.is_none_or(|run| run.as_of < fault.as_of))
    });
    if deployment.stage == Stage::Paused {
        Standing::Paused
    } else if faulted == Some(true) {
        Standing::Faulted
    } else if interval.is_some_and(|interval| present - row.output.as_of > interval.saturating_mul(2)) {
        Standing::Stale
    } else {
        Standing::Ok
    }
}

fn producer(board: &Board, deployment: &DeploymentStatus, row: &OutputRow) -> Producer {
    let digest = row.output.provenance.plugin;
    let (id, version) = match board.known.plugins.get(&digest) {
        Some((id, version)) => (id.clone(), Some(version.clone())),
        None if digest == deployment.plugin => (deployment.plugin_id.clone(), Some(deployment.plugin_version.clone())),
        None => (deployment.plugin_id.clone(), None),
    };
    Producer { id, version, digest: digest.to_string() }
}

/// Names as they are compared: letters and digits in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// A signal whose levels and attributes are looked up by name.
struct Said<'a>(&'a Signal);

impl Said<'_> {
    fn attribute(&self, name: &str) -> Option<&Scalar> {
        let wanted = plain(name);
        self.0.attributes.iter().find(|(name, _)| plain(name) == wanted).map(|(_, value)| value)
    }

    fn number(&self, name: &str) -> Option<Finite> {
        let level = || self.0.levels.iter().find(|(level, _)| plain(level) == plain(name)).map(|(_, price)| *price);
        self.attribute(name).and_then(as_number).or_else(level).and_then(Finite::new)
    }

    fn need(&self, name: &str) -> Result<Finite, String> {
        self.number(name).ok_or_else(|| format!("the newest output lacks {name}"))
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        match self.attribute(name) {
            Some(Scalar::Flag(flag)) => Ok(*flag),
            Some(Scalar::Int(number)) => Ok(*number != 0),
            Some(Scalar::Num(number)) => Ok(*number != 0.0),
            _ => Err(format!("the newest output lacks {name}")),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.attribute(name)? {
            Scalar::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn zones(&self) -> Result<Zones, String> {
        let zone = |name: &str| self.need(name).map(Finite::price);
        Ok(Zones {
            deep_accum: zone("deepAccum")?,
            accum: zone("accum")?,
            distrib: zone("distrib")?,
            safe_distrib: zone("safeDistrib")?,
        })
    }

    /// Attributes named `score_…`, `score.…` or `score_parts.…`, by what follows.
    fn score_parts(&self) -> BTreeMap<String, Finite> {
        let part = |name: &str| {
            let rest = name.strip_prefix("score_parts").or_else(|| name.strip_prefix("score"))?;
            let part = rest.strip_prefix(['_', '.', '/', ':'])?;
            (!part.is_empty()).then(|| part.to_owned())
        };
        let parts =
            self.0.attributes.iter().filter_map(|(name, value)| Some((part(name)?, Finite::new(as_number(value)?)?)));
        parts.collect()
    }
}

fn as_number(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Num(number) => Some(*number),
        Scalar::Int(number) => Some(*number as f64),
        Scalar::Flag(_) | Scalar::Text(_) => None,
    }
}
