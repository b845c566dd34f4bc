//! Delivery: each made row goes onto its chain and the tape, then to every reader that it concerns.

use std::sync::Arc;

use sconce_domain::ports::Fault;
use sconce_domain::{BarRecord, Control, Deployed, InstrumentIndex, Row};

use super::Fold;
use super::market_sink::MadeRow;
use crate::effects::{Effects, GuestLine, UniverseRow};
use crate::instance::{OwnRow, own_trigger};
use crate::narration::{record_fault, record_output};

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
    fn deliver_row(&mut self, row: MadeRow, later: usize, effects: &mut Effects) {
        let Some(stream) = self.streams.get_mut(&row.instrument) else { return };
        stream.chain.push_row(row.ts, row.trigger, &stream.layout_digest, &row.values);
        let layout = stream.layout.id;
        // Rebuilds put their warm-up rows on the tape, so they come before the row takes its place there.
        for position in 0..stream_len(self, row.instrument) {
            self.revive(position, &row, later, effects);
        }
        self.row_seq += 1;
        for position in 0..stream_len(self, row.instrument) {
            self.deliver_to(position, &row, effects);
        }
        effects.rows.push(Row {
            seq: self.row_seq,
            ts: row.ts,
            instrument: row.instrument,
            trigger: row.trigger,
            layout,
            values: row.values,
        });
    }

    fn deliver_to(&mut self, position: usize, row: &MadeRow, effects: &mut Effects) {
        let Some(stream) = self.streams.get_mut(&row.instrument) else { return };
        let chain = stream.chain.digest();
        let reader = &stream.readers[position];
        let Some(trigger) = own_trigger(&reader.deployed, row.ts, row.trigger) else { return };
        let deployed = Arc::clone(&reader.deployed);
        let values = project(&reader.projection, &row.values);
        if reader.instance.is_none() {
            effects.universe.push(UniverseRow {
                deployment: deployed.spec.id.clone(),
                at: deployed.at,
                ts: row.ts,
                instrument: row.instrument,
                trigger,
                values,
                chain,
            });
            return;
        }
        let own = OwnRow { ts: row.ts, trigger, position: 0, values: &values, chain, ordinal: 0 };
        self.call(row.instrument, &deployed, own, effects);
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

    fn call(&mut self, index: InstrumentIndex, deployed: &Arc<Deployed>, row: OwnRow<'_>, effects: &mut Effects) {
        let id = &deployed.spec.id;
        let known_kill = !self.kills.is_empty() && self.kills.contains(&(id.clone(), index, self.row_seq));
        let (engine, row_seq) = (self.engine, self.row_seq);
        let Some(instance) = self.instance_mut(index, id).filter(|instance| instance.is_callable(row.ts)) else {
            return;
        };
        let answer = if known_kill { Err(instance.note_kill(row.ts)) } else { instance.call(row, engine) };
        let lines = instance.take_log();
        let instrument = instance.instrument().cloned();
        effects.lines.extend(lines.into_iter().map(|line| GuestLine {
            deployment: id.clone(),
            instrument: instrument.clone(),
            line,
        }));
        match answer {
            Ok(outputs) => {
                for output in outputs {
                    record_output(instance, output, &mut effects.records);
                }
            }
            Err(fault) => {
                if fault == Fault::Deadline && !known_kill {
                    effects.kills.push(Control::Kill { deployment: id.clone(), instrument: index, row_seq });
                }
                record_fault(instance, row.ts, &fault, &mut effects.records);
            }
        }
    }
}

fn stream_len(fold: &Fold, index: InstrumentIndex) -> usize {
    fold.streams.get(&index).map_or(0, |stream| stream.readers.len())
}

/// The deployment's columns of a row; a column that the row does not have is absent.
pub(super) fn project(projection: &[usize], values: &[f64]) -> Vec<f64> {
    projection.iter().map(|position| values.get(*position).copied().unwrap_or(f64::NAN)).collect()
}
