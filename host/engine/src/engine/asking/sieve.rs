//! What of the answers can stand on the log: those that are sound, about an instrument that is known and the close that was
//! asked about, and not there yet.

use std::collections::BTreeMap;

use sconce_domain::{InstrumentId, InstrumentIndex, ModelAnswer, Nanos, Payload, Timeframe};

use crate::answered::Answered;
use crate::telemetry;
use crate::worker::Arrival;

/// The most answers that one question brings.
const MOST: usize = 10_000;

/// The question, and when its answers become known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) timeframe: Timeframe,
    pub(super) close: Nanos,
    pub(super) at: Nanos,
}

/// What becomes facts, in one order whatever the order in which it was said.
pub(super) fn sift(
    asked: Asked,
    given: Vec<(InstrumentId, ModelAnswer)>,
    index_of: impl Fn(&InstrumentId) -> Option<InstrumentIndex>,
    answered: &mut Answered,
) -> Vec<Arrival> {
    let mut refused: BTreeMap<&str, (u64, String)> = BTreeMap::new();
    let mut taken = Vec::new();
    for (instrument, answer) in given {
        match check(asked, &answer, index_of(&instrument), taken.len()) {
            Ok(index) => taken.push((index, answer)),
            Err(reason) => {
                let model: String = answer.model.chars().take(ModelAnswer::LONGEST_NAME).collect();
                let first = || format!("{model} about {instrument}");
                refused.entry(reason).or_insert_with(|| (0, first())).0 += 1;
            }
        }
    }
    for (reason, (count, first)) in refused {
        telemetry::answers("refused", count);
        let Asked { timeframe, close, .. } = asked;
        tracing::warn!(%timeframe, %close, count, "answers of models are refused, the first by {first}: {reason}");
    }
    taken.sort_by(|(a, left), (b, right)| (a, &left.model, left.version).cmp(&(b, &right.model, right.version)));
    let offered = taken.len();
    taken.retain(|(index, answer)| {
        let known = answered.knows(*index, answer);
        answered.note(*index, answer);
        !known
    });
    telemetry::answers("known", (offered - taken.len()) as u64);
    telemetry::answers("taken", taken.len() as u64);
    let arrival = |(instrument, answer): (InstrumentIndex, ModelAnswer)| Arrival {
        instrument,
        ts_event: answer.as_of,
        ts_init: asked.at,
        payload: Payload::Answer(Box::new(answer)),
    };
    taken.into_iter().map(arrival).collect()
}

fn check(
    asked: Asked,
    answer: &ModelAnswer,
    index: Option<InstrumentIndex>,
    taken: usize,
) -> Result<InstrumentIndex, &'static str> {
    let index = index.ok_or("the instrument is not known")?;
    if (answer.timeframe, answer.as_of) != (asked.timeframe, asked.close) {
        return Err("it is not about the bar that was asked about");
    }
    if !answer.is_sound() {
        return Err("its name or its numbers are impossible");
    }
    if asked.at - asked.close > 2 * asked.timeframe.nanos() {
        return Err("it comes so late that it would be believed no more");
    }
    if taken >= MOST { Err("there are too many") } else { Ok(index) }
}
