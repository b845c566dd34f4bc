//! What a build says on the made market, and what another build says otherwise: the same rows for every build.

use std::collections::BTreeMap;
use std::sync::Arc;

use sconce_domain::{Bar, Body, InstrumentId, InstrumentIndex, Nanos, Output, Payload, Timeframe};
use sconce_market::{BarPolicy, FirstPartial};
use serde_json::Value;

use crate::artefact::Artefact;
use crate::made;
use crate::pass::{Order, Pass, PassError, Spoken};
use crate::watch::{Hide, Seen, Watch};

/// Where something was said: moment, instrument, ordinal.
type Place = (Nanos, Option<InstrumentId>, u32);

/// Everything that a build says on the made market.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What was said, in the bytes that a ledger would hold, and in short.
    said: BTreeMap<Place, (Vec<u8>, String)>,
    /// What the calls came to.
    pub seen: Seen,
}

/// What two builds say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// Said alike.
    pub alike: usize,
    /// Said otherwise.
    pub changed: usize,
    /// Said by the later build only.
    pub added: usize,
    /// Said by the earlier build only.
    pub gone: usize,
    /// The first of those that are not alike: the moment, the earlier word, the later word.
    pub first: Vec<(Nanos, Option<String>, Option<String>)>,
}

/// Bars by which the second instrument is ahead of the first.
const AHEAD: u64 = 1_000;
/// Differences that are told one by one.
const TOLD: usize = 5;

impl Sample {
    /// Plays `bars` bars of the made market.
    ///
    /// # Errors
    /// What a host would say to that deployment.
    pub fn take(artefact: &Artefact, config: &Value, timeframe: Timeframe, bars: u64) -> Result<Self, PassError> {
        let watch = Arc::new(Watch::new(Arc::clone(&artefact.plugins), Hide::Nothing));
        let order = Order {
            plugin: artefact.loaded.clone(),
            config: config.clone(),
            instruments: made::instruments(),
            timeframe,
            policy: BarPolicy { first_partial: FirstPartial::Include, ..BarPolicy::default() },
        };
        let grace = order.policy.grace;
        let mut pass = Pass::new(Arc::<Watch>::clone(&watch), &order)?;
        let mut said = BTreeMap::new();
        let mut end = made::OPENING;
        for number in 0..bars.min(made::most(timeframe)) {
            let first = made::bar(timeframe, number);
            // The same way some time later, at another price.
            let second =
                made::scaled(Bar { ts_open: first.ts_open, ..made::bar(timeframe, number + AHEAD) }, 0.05, 20.0);
            end = first.ts_close();
            let both = [(InstrumentIndex(0), first, number), (InstrumentIndex(1), second, number + AHEAD)];
            for (index, bar, _) in both {
                pass.step(index, end, end + grace, Payload::Bar(bar));
            }
            for (index, bar, number) in both {
                pass.answers(index, &bar, number, end + grace + 1);
            }
            pass.drain(|spoken| keep(&mut said, spoken));
        }
        pass.finish(end + 2 * timeframe.nanos() + grace);
        pass.drain(|spoken| keep(&mut said, spoken));
        Ok(Sample { said, seen: watch.seen() })
    }

    /// How many outputs there are.
    pub fn outputs(&self) -> usize {
        self.said.len()
    }

    /// What `later` says otherwise.
    pub fn drift(&self, later: &Sample) -> Drift {
        let mut drift = Drift::default();
        let mut told = Vec::new();
        for (place, (bytes, word)) in &self.said {
            match later.said.get(place) {
                Some((other, _)) if other == bytes => drift.alike += 1,
                Some((_, other)) => {
                    drift.changed += 1;
                    told.push((place.0, Some(word.clone()), Some(other.clone())));
                }
                None => {
                    drift.gone += 1;
                    told.push((place.0, Some(word.clone()), None));
                }
            }
        }
        for (place, (_, word)) in later.said.iter().filter(|(place, _)| !self.said.contains_key(*place)) {
            drift.added += 1;
            told.push((place.0, None, Some(word.clone())));
        }
        told.sort_by_key(|(at, ..)| *at);
        told.truncate(TOLD);
        drift.first = told;
        drift
    }
}

fn keep(said: &mut BTreeMap<Place, (Vec<u8>, String)>, spoken: Spoken) {
    if let Spoken::Output(output) = spoken {
        let place = (output.as_of, output.instrument.clone(), output.ordinal);
        let word = (serde_json::to_vec(&output.body).unwrap_or_default(), short(&output));
        said.insert(place, word);
    }
}

fn short(output: &Output) -> String {
    let about = output.instrument.as_ref().map(ToString::to_string).unwrap_or_default();
    match &output.body {
        Body::Signal(signal) => format!("{about} {} {}", signal.label, signal.score),
        Body::Forecast(forecast) => format!("{about} forecast of {} points", forecast.points.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(said: &[(i64, &str)]) -> Sample {
        let one = |&(at, word): &(i64, &str)| ((Nanos(at), None, 0), (word.as_bytes().to_vec(), word.to_owned()));
        Sample { said: said.iter().map(one).collect(), seen: Seen::default() }
    }

    #[test]
    fn each_kind_of_difference_is_counted() {
        let before = sample(&[(1, "a"), (2, "b"), (3, "c")]);
        let after = sample(&[(1, "a"), (2, "x"), (4, "d")]);
        let drift = before.drift(&after);
        assert_eq!((drift.alike, drift.changed, drift.added, drift.gone), (1, 1, 1, 1));
        let words = |word: &str| Some(word.to_owned());
        assert_eq!(
            drift.first,
            [(Nanos(2), words("b"), words("x")), (Nanos(3), words("c"), None), (Nanos(4), None, words("d"))]
        );
        assert_eq!(before.drift(&before), Drift { alike: 3, ..Drift::default() });
    }
}
