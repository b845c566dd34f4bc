//! What a worker's log says about where its input comes from: who is registered, and from where on feeds go on.

use std::collections::{BTreeMap, BTreeSet};

use sconce_domain::ports::Resume;
use sconce_domain::{Control, InputEvent, InstrumentId, InstrumentIndex, Nanos, Payload};
use serde::{Deserialize, Serialize};

use crate::answered::Answered;

/// Noted event by event; a checkpoint keeps it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Intake {
    pub(crate) registry: BTreeMap<InstrumentId, InstrumentIndex>,
    points: BTreeMap<InstrumentIndex, Point>,
    /// Instruments whose past was imported to its end, or that have live data.
    pub(crate) imported: BTreeSet<InstrumentIndex>,
    /// How far market time has come; absent before any data.
    pub(crate) reached: Option<Nanos>,
    /// What models have said.
    pub(crate) answered: Answered,
}

/// [`Resume`] as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Point {
    events: u64,
    last_trade_id: Option<u64>,
    last_ts_event: Option<Nanos>,
}

impl Intake {
    /// Takes note of an event.
    pub(crate) fn note(&mut self, event: &InputEvent) {
        // Before any data there is no time to be told.
        self.reached = self.reached.max(Some(event.ts_init).filter(|at| *at > Nanos(0)));
        if let Payload::Control(Control::Register { index, instrument }) = &event.payload {
            self.registry.insert(instrument.clone(), *index);
        }
        if let Payload::Answer(answer) = &event.payload {
            self.answered.note(event.instrument, answer);
            return;
        }
        if matches!(event.payload, Payload::Control(_) | Payload::Outage(_))
            || event.instrument == InstrumentIndex::NONE
        {
            return;
        }
        if !matches!(event.payload, Payload::Bar(_)) {
            self.imported.insert(event.instrument);
        }
        let point = self.points.entry(event.instrument).or_default();
        if event.payload == Payload::Tick {
            // The end of an import: its bars are none of the feed's own events.
            point.events = 0;
            return;
        }
        point.events += 1;
        point.last_ts_event = point.last_ts_event.max(Some(event.ts_event));
        if let Payload::Trade(trade) = &event.payload {
            point.last_trade_id = point.last_trade_id.max(Some(trade.id));
        }
    }

    /// Adds what another worker's log says.
    pub(crate) fn join(&mut self, other: &Intake) {
        self.registry.extend(other.registry.iter().map(|(id, index)| (id.clone(), *index)));
        self.points.extend(other.points.iter().map(|(index, point)| (*index, point.clone())));
        self.imported.extend(&other.imported);
        self.reached = self.reached.max(other.reached);
        self.answered.join(&other.answered);
    }

    /// Where feeds go on, by instrument.
    pub(crate) fn resume(&self) -> BTreeMap<InstrumentIndex, Resume> {
        let resume = |point: &Point| Resume {
            events: point.events,
            last_trade_id: point.last_trade_id,
            last_ts_event: point.last_ts_event,
        };
        self.points.iter().map(|(index, point)| (*index, resume(point))).collect()
    }
}
