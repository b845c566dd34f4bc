//! Delivery: a made row goes to every reader that it concerns, in their order, then onto its chain and the tape. A reader
//! may find in it what one before it said, so the row is whole, and its chain known, only after the last of them.

use std::sync::Arc;

use sconce_domain::ports::{Fault, RowCall};
use sconce_domain::{BarRecord, Control, DeploymentId, Digest, InstrumentIndex, Nanos, Row, Said, Trigger};

use super::Fold;
use super::market_sink::MadeRow;
use super::posture::words;
use super::stream::{Reader, Stream};
use crate::effects::{Effects, GuestLine, UniverseRow};
use crate::instance::{Instance, Place, own_trigger};
use crate::narration::{record_fault, record_output};
use crate::row_models::RowModels;

impl Fold {
    /// Takes everything that the market made, in order.
    pub(super) fn deliver(&mut self, effects: &mut Effects) {
        if self.scratch.bars.is_empty() && self.scratch.rows.is_empty() {
            return;
        }
        for (index, ts_init, bar) in std::mem::take(&mut self.scratch.bars) {
            let Some(instrument) = self.ids.get(&index) else { continue };
            effects.bars.push(BarRecord { index, instrument: instrument.clone(), ts_init, bar });
        }
        let rows = std::mem::take(&mut self.scratch.rows);
        let count = rows.len();
        for (row, number) in rows.into_iter().zip(1..) {
            self.deliver_row(row, count - number, effects);
        }
    }

    /// Delivers a row; `later` rows were made after it already, when time went on in one leap.
    fn deliver_row(&mut self, mut row: MadeRow, later: usize, effects: &mut Effects) {
        let Some(stream) = self.streams.get(&row.instrument) else { return };
        // Rebuilds put their warm-up rows on the tape, so they come before the row takes its place there.
        for position in 0..stream.readers.len() {
            self.revive(position, &row, later, effects);
        }
        self.row_seq += 1;
        let heard = self.call_readers(&mut row, effects);
        if !heard.is_empty() {
            self.move_posture(row.instrument, row.ts, heard, effects);
        }
        let Some(stream) = self.streams.get_mut(&row.instrument) else { return };
        if !row.trigger.timeframes().is_empty() {
            stream.given.remember(row.ts, &row.values);
        }
        effects.rows.push(Row {
            seq: self.row_seq,
            ts: row.ts,
            instrument: row.instrument,
            trigger: row.trigger,
            layout: stream.layout.id,
            values: row.values,
        });
    }

    /// Asks every reader in turn, completes the row with what they say, then puts it on the chain and records their answers.
    fn call_readers(&mut self, row: &mut MadeRow, effects: &mut Effects) -> Vec<super::posture::Word> {
        let Some(stream) = self.streams.get_mut(&row.instrument) else { return Vec::new() };
        let rule = self.posture_rule.as_ref();
        stream.given.begin(rule.map(|_| &stream.posture), row.ts, &mut row.values);
        let mut heard = Vec::new();
        let Stream { readers, given, .. } = stream;
        for (reader, position) in readers.iter_mut().zip(0..) {
            let Some(trigger) = own_trigger(&reader.deployed, row.ts, row.trigger) else { continue };
            let values = project(&reader.projection, &row.values);
            let key = Called { instrument: row.instrument, seq: self.row_seq, ts: row.ts, trigger };
            let Some(answer) = key.ask(reader, &values, &self.kills, effects) else { continue };
            if let Answer::Said(said) = &answer {
                if reader.feeds {
                    given.hear(&reader.deployed.spec.id, row.ts, said, &mut row.values);
                }
                heard.extend(rule.into_iter().flat_map(|rule| words(rule, reader, (row.ts, trigger), &values, said)));
            }
            self.answers.push((position, key, values, answer));
        }
        stream.chain.push_row(row.ts, row.trigger, &stream.layout_digest, &row.values);
        let chain = stream.chain.digest();
        for (position, key, values, answer) in self.answers.drain(..) {
            let reader = &mut stream.readers[position];
            let standing = |column: &_| self.market.standing(row.instrument, column, row.ts);
            let models = RowModels::of(&reader.forecasts, standing);
            key.record(reader, values, answer, (chain, self.engine, models), effects);
        }
        heard
    }

    /// Rebuilds a dead instance that the row is for and whose breaker lets it try.
    fn revive(&mut self, position: usize, row: &MadeRow, later: usize, effects: &mut Effects) {
        let reader = self.streams.get(&row.instrument).and_then(|stream| stream.readers.get(position));
        let Some((reader, instance)) = reader.and_then(|reader| Some((reader, reader.instance.as_ref()?))) else {
            return;
        };
        let is_due = instance.is_dead() && instance.admits(row.ts);
        if is_due && own_trigger(&reader.deployed, row.ts, row.trigger).is_some() {
            let deployed = Arc::clone(&reader.deployed);
            self.rebuild(row.instrument, &deployed, row.ts, later, effects);
        }
    }
}

/// What came of asking a reader.
#[derive(Debug)]
pub(super) enum Answer {
    /// Its instance said this.
    Said(Vec<Said>),
    /// Its instance failed; true when that was known before.
    Failed(Fault, bool),
    /// Its instance lives elsewhere: the row goes there.
    Elsewhere,
}

/// Answers of one row, by the reader's position, with the values that the reader was shown.
pub(super) type Answers = Vec<(usize, Called, Vec<f64>, Answer)>;

/// One call: which row, and why it is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called {
    instrument: InstrumentIndex,
    seq: u64,
    ts: Nanos,
    /// The reader's own.
    trigger: Trigger,
}

impl Called {
    /// Asks a reader; nothing where its breaker is open.
    fn ask(
        &self,
        reader: &mut Reader,
        values: &[f64],
        kills: &std::collections::BTreeSet<super::KillKey>,
        effects: &mut Effects,
    ) -> Option<Answer> {
        let Some(instance) = &mut reader.instance else { return Some(Answer::Elsewhere) };
        if !instance.is_callable(self.ts) {
            if !instance.is_dead() {
                instance.note_skipped(self.seq);
            }
            return None;
        }
        let known_kill = !kills.is_empty() && kills.contains(&(instance_id(instance), self.instrument, self.seq));
        let answer = if known_kill {
            Err(instance.note_kill(self.ts, 0))
        } else {
            instance.ask(&RowCall { ts: self.ts, trigger: self.trigger, instrument: 0, values })
        };
        for line in instance.take_log() {
            let instrument = instance.instrument().cloned();
            effects.lines.push(GuestLine { deployment: instance_id(instance), instrument, line });
        }
        Some(match answer {
            Ok(said) => Answer::Said(said),
            Err(fault) => Answer::Failed(fault, known_kill),
        })
    }

    /// Records an answer to a row that is whole now.
    fn record(
        &self,
        reader: &mut Reader,
        values: Vec<f64>,
        answer: Answer,
        (chain, engine, models): (Digest, Digest, RowModels),
        effects: &mut Effects,
    ) {
        match (answer, &mut reader.instance) {
            (Answer::Said(said), Some(instance)) => {
                let place = Place { ts: self.ts, trigger: self.trigger, chain, ordinal: 0, models: &models };
                for output in instance.outputs(place, engine, said) {
                    record_output(instance, output, &mut effects.records);
                }
            }
            (Answer::Failed(fault, known_kill), Some(instance)) => {
                if fault == Fault::Deadline && !known_kill {
                    let (deployment, instrument, row_seq) = (instance_id(instance), self.instrument, self.seq);
                    effects.kills.push(Control::Kill { deployment, instrument, row_seq });
                }
                record_fault(instance, self.ts, &fault, &mut effects.records);
            }
            _ => effects.universe.push(UniverseRow {
                deployment: reader.deployed.spec.id.clone(),
                at: reader.deployed.at,
                ts: self.ts,
                instrument: self.instrument,
                trigger: self.trigger,
                values,
                chain,
                models,
            }),
        }
    }
}

fn instance_id(instance: &Instance) -> DeploymentId {
    instance.deployed().spec.id.clone()
}

/// The deployment's columns of a row; a column that the row does not have is absent.
pub(super) fn project(projection: &[usize], values: &[f64]) -> Vec<f64> {
    projection.iter().map(|position| values.get(*position).copied().unwrap_or(f64::NAN)).collect()
}
