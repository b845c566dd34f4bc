//! Bars, outputs, answers of models and prices of all workers as one stream: by time; at equal times bars, then outputs, then
//! what stands on the input logs; among these by worker or place in the ledger. Read a page at a time, and only up to a given time.

use std::collections::{BTreeMap, VecDeque};

use sconce_domain::{
    BarRecord, InputEvent, InstrumentId, InstrumentIndex, ModelAnswer, Nanos, Output, Payload, PricePoint, Record,
};
use sconce_ledger::{Ledger, LedgerError, LogReader};
use serde::{Deserialize, Serialize};

/// Bars or outputs that are read at once.
const PAGE: u32 = 2_000;

/// How far each source has been taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Position on each worker's input log.
    pub(super) inputs: Vec<u64>,
    /// `ts_init` and position of the newest bar.
    pub(super) bars: (Nanos, u64),
    /// `as_of` and sequence number of the newest output.
    pub(super) outputs: (Nanos, u64),
}

/// Something for the judge.
#[derive(Debug)]
pub(super) enum Item {
    Bar(Box<BarRecord>),
    Said(Box<Output>),
    Answered(InstrumentId, Box<ModelAnswer>),
    Price(InstrumentId, PricePoint),
    /// An event that tells neither.
    Other,
}

/// Names of instruments, read again when an unknown one comes.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeMap<InstrumentIndex, InstrumentId>);

impl Names {
    fn of(&mut self, ledger: &Ledger, index: InstrumentIndex) -> Result<Option<InstrumentId>, LedgerError> {
        if !self.0.contains_key(&index) {
            self.0 = ledger.instruments_blocking()?.into_iter().collect();
        }
        Ok(self.0.get(&index).cloned())
    }
}

/// A worker's input log, with the event that is next.
#[derive(Debug)]
struct Log {
    events: LogReader<InputEvent>,
    head: Option<InputEvent>,
}

impl Log {
    fn advance(&mut self) -> Result<(), LedgerError> {
        self.head = self.events.next().transpose()?;
        Ok(())
    }
}

/// The stream from a place up to a time.
#[derive(Debug)]
pub(super) struct Merge<'a> {
    ledger: &'a Ledger,
    names: &'a mut Names,
    to: Nanos,
    logs: Vec<Log>,
    bars: VecDeque<(u64, BarRecord)>,
    bars_end: bool,
    outputs: VecDeque<(u64, Output)>,
    outputs_end: bool,
}

/// Which source is next; the order decides between equal times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Bar,
    Output,
    Event(usize),
}

impl<'a> Merge<'a> {
    pub(super) fn open(
        ledger: &'a Ledger,
        names: &'a mut Names,
        place: &Place,
        to: Nanos,
    ) -> Result<Self, LedgerError> {
        let mut logs = Vec::with_capacity(place.inputs.len());
        for (worker, position) in (0..).zip(&place.inputs) {
            let mut log = Log { events: ledger.read_inputs(worker, position + 1)?, head: None };
            log.advance()?;
            logs.push(log);
        }
        let (bars, outputs) = (VecDeque::new(), VecDeque::new());
        Ok(Merge { ledger, names, to, logs, bars, bars_end: false, outputs, outputs_end: false })
    }

    /// The next item with its time, after which `place` has moved past it; nothing once all up to the given time is out.
    pub(super) fn next(&mut self, place: &mut Place) -> Result<Option<(Nanos, Item)>, LedgerError> {
        self.fill(place)?;
        let bar = self.bars.front().map(|(_, bar)| (bar.ts_init, Next::Bar));
        let output = self.outputs.front().map(|(_, output)| (output.as_of, Next::Output));
        let event = |(at, log): (usize, &Log)| log.head.as_ref().map(|event| (event.ts_init, Next::Event(at)));
        let events = self.logs.iter().enumerate().filter_map(event).filter(|(time, _)| *time <= self.to);
        let Some((time, next)) = bar.into_iter().chain(output).chain(events).min() else { return Ok(None) };
        let item = match next {
            Next::Bar => self.bars.pop_front().map(|(position, bar)| {
                place.bars = (bar.ts_init, position);
                Item::Bar(Box::new(bar))
            }),
            Next::Output => self.outputs.pop_front().map(|(seq, output)| {
                place.outputs = (output.as_of, seq);
                Item::Said(Box::new(output))
            }),
            Next::Event(at) => Some(self.event(at, &mut place.inputs[at])?),
        };
        Ok(item.map(|item| (time, item)))
    }

    /// Takes the event at the head of a log. When that fails the place stays before it, for the next try.
    fn event(&mut self, at: usize, position: &mut u64) -> Result<Item, LedgerError> {
        let Some(event) = self.logs[at].head.take() else { return Ok(Item::Other) };
        let (seq, price) = (event.seq, PricePoint::of(&event));
        let item = match (event.payload, price) {
            (Payload::Answer(answer), _) => {
                let instrument = self.names.of(self.ledger, event.instrument)?;
                instrument.map(|instrument| Item::Answered(instrument, answer))
            }
            (_, Some(price)) => {
                let instrument = self.names.of(self.ledger, event.instrument)?;
                instrument.map(|instrument| Item::Price(instrument, price))
            }
            (_, None) => None,
        };
        self.logs[at].advance()?;
        *position = seq;
        Ok(item.unwrap_or(Item::Other))
    }

    fn fill(&mut self, place: &Place) -> Result<(), LedgerError> {
        if self.bars.is_empty() && !self.bars_end {
            self.bars = self.ledger.bars_known_after(place.bars, self.to, PAGE)?.into();
            self.bars_end = self.bars.len() < PAGE as usize;
        }
        if self.outputs.is_empty() && !self.outputs_end {
            let entries = self.ledger.said_after(place.outputs, self.to, PAGE)?;
            self.outputs_end = entries.len() < PAGE as usize;
            let output = |entry: sconce_domain::Entry| match entry.record {
                Record::Output(output) => Some((entry.seq, *output)),
                _ => None,
            };
            self.outputs = entries.into_iter().filter_map(output).collect();
        }
        Ok(())
    }
}
