//! Delivery: each made row goes onto its chain and the tape, then to every reader that it concerns.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::ports::Fault;
use sconce_domain::{BarRecord, Control, DeploymentId, Digest, Row};

use super::market_sink::MadeRow;
use super::stream::Reader;
use super::{Fold, KillKey};
use crate::effects::{Effects, GuestLine, UniverseRow};
use crate::instance::{Instance, OwnRow, own_trigger};
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
        // Rebuilds put their warm-up rows on the tape, so they come before the row takes its place there.
        for position in 0..stream.readers.len() {
            self.revive(position, &row, later, effects);
        }
        self.row_seq += 1;
        let Some(stream) = self.streams.get_mut(&row.instrument) else { return };
        let call = Call {
            row: &row,
            chain: stream.chain.digest(),
            seq: self.row_seq,
            engine: self.engine,
            kills: &self.kills,
        };
        for reader in &mut stream.readers {
            call.deliver_to(reader, effects);
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

/// A row on its way to its readers, with its place on the tape.
struct Call<'a> {
    row: &'a MadeRow,
    chain: Digest,
    seq: u64,
    engine: Digest,
    kills: &'a BTreeSet<KillKey>,
}

impl Call<'_> {
    fn deliver_to(&self, reader: &mut Reader, effects: &mut Effects) {
        let Some(trigger) = own_trigger(&reader.deployed, self.row.ts, self.row.trigger) else { return };
        let values = project(&reader.projection, &self.row.values);
        let Some(instance) = &mut reader.instance else {
            effects.universe.push(UniverseRow {
                deployment: reader.deployed.spec.id.clone(),
                at: reader.deployed.at,
                ts: self.row.ts,
                instrument: self.row.instrument,
                trigger,
                values,
                chain: self.chain,
            });
            return;
        };
        if instance.is_callable(self.row.ts) {
            let own = OwnRow { ts: self.row.ts, trigger, position: 0, values: &values, chain: self.chain, ordinal: 0 };
            self.make(instance, own, effects);
        } else if !instance.is_dead() {
            instance.note_skipped(self.seq);
        }
    }

    fn make(&self, instance: &mut Instance, row: OwnRow<'_>, effects: &mut Effects) {
        let key = || (instance_id(instance), self.row.instrument, self.seq);
        let known_kill = !self.kills.is_empty() && self.kills.contains(&key());
        let answer = if known_kill { Err(instance.note_kill(row.ts)) } else { instance.call(row, self.engine) };
        for line in instance.take_log() {
            let instrument = instance.instrument().cloned();
            effects.lines.push(GuestLine { deployment: instance_id(instance), instrument, line });
        }
        match answer {
            Ok(outputs) => {
                for output in outputs {
                    record_output(instance, output, &mut effects.records);
                }
            }
            Err(fault) => {
                if fault == Fault::Deadline && !known_kill {
                    let (deployment, instrument, row_seq) = (instance_id(instance), self.row.instrument, self.seq);
                    effects.kills.push(Control::Kill { deployment, instrument, row_seq });
                }
                record_fault(instance, row.ts, &fault, &mut effects.records);
            }
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
