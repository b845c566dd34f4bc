//! The fold's part in postures: who is heard at a row, what prices are then, and what is recorded of a move.

use sconce_domain::time::MINUTE;
use sconce_domain::{
    Body, Deployed, DeploymentId, Digest, InputEvent, InstrumentIndex, Nanos, Payload, Posture, PostureCause,
    PostureChange, PostureOptions, Record, Said, Scalar, Signal, Timeframe, Trigger,
};
use sconce_market::Market;

use super::Fold;
use super::stream::Reader;
use crate::effects::Effects;
use crate::posture::{Evaluation, Heard, Prices};

/// The attribute that proposes a posture.
const PROPOSAL: &str = "posture";
/// How far the lowest price before a leg looks back.
const BASE: i64 = 5 * MINUTE;

/// Something that may move a posture, and who said it.
#[derive(Debug)]
pub(super) struct Word {
    deployment: DeploymentId,
    probability: Option<f64>,
    heard: Heard,
}

/// What of an answer may move the posture: the driver's probability, and the proposal of one who may. An answer that
/// somebody asked for moves nothing.
pub(super) fn words(
    rule: &PostureOptions,
    reader: &Reader,
    (ts, trigger): (Nanos, Trigger),
    values: &[f64],
    said: &[Said],
) -> Vec<Word> {
    if !reader.has_a_say() || trigger.contains(Trigger::ON_DEMAND) {
        return Vec::new();
    }
    let last = said.iter().rev().find_map(signal);
    let evaluation = last.filter(|_| reader.deployed.spec.id == rule.driver).map(|signal| {
        Heard::Evaluation(Evaluation {
            as_of: ts,
            probability: signal.probability.filter(|_| signal.direction != sconce_domain::Direction::Neutral),
            closed: !trigger.timeframes().is_empty(),
            inputs: digest(values),
        })
    });
    let word = |probability, heard| Word { deployment: id(&reader.deployed), probability, heard };
    let evaluation = evaluation.map(|heard| word(last.and_then(|signal| signal.probability), heard));
    let proposals = said.iter().filter(|_| reader.proposes).filter_map(signal);
    let proposals = proposals.filter_map(|signal| Some(word(signal.probability, Heard::Proposal(proposal(signal)?))));
    evaluation.into_iter().chain(proposals).collect()
}

fn id(deployed: &Deployed) -> DeploymentId {
    deployed.spec.id.clone()
}

fn signal(said: &Said) -> Option<&Signal> {
    match &said.body {
        Body::Signal(signal) => Some(signal),
        Body::Forecast(_) => None,
    }
}

fn proposal(signal: &Signal) -> Option<Posture> {
    let found = signal.attributes.iter().rev().find(|(name, _)| name == PROPOSAL);
    match found {
        Some((_, Scalar::Text(word))) => word.parse().ok(),
        _ => None,
    }
}

/// Digest of numbers, every NaN being the same.
fn digest(values: &[f64]) -> Digest {
    let bytes: Vec<u8> =
        values.iter().flat_map(|value| crate::chain::canonical(*value).to_bits().to_le_bytes()).collect();
    Digest::of(&bytes)
}

impl Fold {
    /// Moves the posture of an instrument by what was said at a row: the driver's word first, then proposals.
    pub(super) fn move_posture(
        &mut self,
        index: InstrumentIndex,
        ts: Nanos,
        mut words: Vec<Word>,
        effects: &mut Effects,
    ) {
        let (Some(rule), Some(stream)) = (&self.posture_rule, self.streams.get_mut(&index)) else { return };
        words.sort_by_key(|word| matches!(word.heard, Heard::Proposal(_)));
        for Word { deployment, probability, heard } in words {
            let cause = match heard {
                Heard::Evaluation(_) => PostureCause::Evaluation,
                Heard::Proposal(_) => PostureCause::Proposal,
            };
            for moved in stream.posture.step(rule, &heard, ts, || prices(&self.market, index, ts)) {
                effects.records.push(Record::Posture(Box::new(PostureChange {
                    instrument: stream.instrument.clone(),
                    as_of: ts,
                    from: moved.from,
                    to: moved.to,
                    cause,
                    deployment: deployment.clone(),
                    probability,
                    leg: moved.leg,
                    exit: moved.exit,
                })));
            }
        }
    }

    /// Notes what a trade, or a bar where there are no trades, says about the leg that runs.
    pub(super) fn observe_prices(&mut self, event: &InputEvent) {
        let Some(stream) = self.streams.get_mut(&event.instrument) else { return };
        let Some(leg) = stream.posture.leg().copied() else { return };
        match &event.payload {
            Payload::Trade(_) => {
                self.market.last_price(event.instrument).iter().for_each(|p| stream.posture.observe(*p))
            }
            Payload::Bar(bar) if bar.ts_close() > leg.started_at => {
                let seen = [bar.high, bar.low];
                seen.iter().filter(|price| price.is_finite()).for_each(|price| stream.posture.observe(*price));
            }
            _ => {}
        }
    }
}

/// What prices of an instrument are at `ts`.
fn prices(market: &Market, index: InstrumentIndex, ts: Nanos) -> Prices {
    let quote = market.quote(index);
    let known = |price: f64| price.is_finite().then_some(price);
    let newest = Timeframe::ALL.into_iter().find_map(|timeframe| market.bars(index, timeframe).next_back());
    Prices {
        bid: quote.and_then(|(_, quote)| known(quote.bid)),
        ask: quote.and_then(|(_, quote)| known(quote.ask)),
        last: market.last_price(index),
        close: newest.and_then(|bar| known(bar.close)),
        base_low: base_low(market, index, ts),
    }
}

/// Lowest price of the five minutes before `ts`: of trades, and where there are none of minute bars.
fn base_low(market: &Market, index: InstrumentIndex, ts: Nanos) -> Option<f64> {
    let from = ts - BASE;
    let trades = market.trades(index).filter(|(at, _)| *at >= from && *at <= ts).map(|(_, trade)| trade.price);
    let lowest = trades.reduce(f64::min);
    let bars = market.bars(index, Timeframe::M1).filter(|bar| bar.ts_open >= from && bar.ts_close() <= ts);
    lowest.or_else(|| bars.map(|bar| bar.low).filter(|low| low.is_finite()).reduce(f64::min))
}
