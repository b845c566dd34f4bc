//! Deployments of a fold: putting into force, swapping, retiring, rebuilding after a fault.

use std::collections::BTreeSet;
use std::sync::Arc;

use sconce_domain::ports::{Fault, GuestLog};
use sconce_domain::{
    ColumnName, Control, Deployed, DeploymentId, GenerationStart, InstrumentId, InstrumentIndex, Layout, Nanos, Record,
    Row, RowBlock, Scope, StartCause, Stopwatch, TimeframeSet, Trigger,
};

use super::Fold;
use super::stream::{Reader, Stream};
use crate::effects::{Effects, GuestLine, UniverseRow};
use crate::given::GivenColumn;
use crate::instance::{Instance, every_seconds, on_demand};
use crate::narration::record_failure;
use crate::row_models::RowModels;

/// Set in the number of a stopped start, which has no row of its own: the rest is the newest row on the tape.
pub(super) const A_START: u64 = 1 << 63;

impl Fold {
    pub(super) fn put_into_force(&mut self, deployed: &Arc<Deployed>, effects: &mut Effects) {
        let watch = Stopwatch::start();
        let before = self.deployed.insert(deployed.spec.id.clone(), Arc::clone(deployed));
        match before {
            Some(before) if reads_alike(&before, deployed) => self.take_places(deployed, effects),
            before => self.lay_out(deployed, before.is_some(), effects),
        }
        self.board.note_pause(&deployed.spec.id, deployed.at, watch.nanos());
    }

    /// A swap after which every stream has the same columns, triggers and order: only its instances change.
    fn take_places(&mut self, deployed: &Arc<Deployed>, effects: &mut Effects) {
        let id = &deployed.spec.id;
        for instrument in &deployed.instruments {
            let Some(index) = self.index_of(instrument) else { continue };
            let generation = self.generations.get(&(id.clone(), index)).copied().unwrap_or(0);
            let readers = self.streams.get_mut(&index).map(|stream| &mut stream.readers);
            let reader = readers.and_then(|readers| readers.iter_mut().find(|reader| reader.deployed.spec.id == *id));
            if let Some(reader) = reader {
                reader.deployed = Arc::clone(deployed);
                reader.instance = Some(Instance::new(Arc::clone(deployed), Some(instrument.clone()), generation));
            } else {
                self.attach(index, deployed);
                self.relayout(index, effects);
            }
            self.board.remove(&(id.clone(), Some(instrument.clone())));
            self.start_instance(index, deployed, (StartCause::Swap, deployed.at, 0), effects);
        }
    }

    /// Puts a deployment into force whatever it changes of the streams.
    fn lay_out(&mut self, deployed: &Arc<Deployed>, is_swap: bool, effects: &mut Effects) {
        let cause = if is_swap { StartCause::Swap } else { StartCause::Deploy };
        let left = self.detach(&deployed.spec.id);
        for instrument in deployed.instruments.clone() {
            let Some(index) = self.index_of(&instrument) else { continue };
            self.attach(index, deployed);
            self.relayout(index, effects);
            match deployed.scope {
                Scope::Instrument => self.start_instance(index, deployed, (cause, deployed.at, 0), effects),
                Scope::Universe => self.warm_universe(index, deployed, effects),
            }
        }
        for index in left {
            self.relayout(index, effects);
        }
    }

    pub(super) fn retire(&mut self, deployment: &DeploymentId, effects: &mut Effects) {
        self.deployed.remove(deployment);
        for index in self.detach(deployment) {
            self.relayout(index, effects);
        }
    }

    /// Makes a row on demand for a deployment, about one of its instruments or about all of them.
    pub(super) fn run_now(&mut self, deployment: &DeploymentId, about: Option<&InstrumentId>, effects: &mut Effects) {
        let Some(deployed) = self.deployed.get(deployment).cloned() else { return };
        let trigger = on_demand(&deployed);
        let wanted = deployed.instruments.iter().filter(|instrument| about.is_none_or(|about| about == *instrument));
        for instrument in wanted {
            if let Some(index) = self.index_of(instrument) {
                self.market.row_on_demand(index, trigger, &mut self.scratch);
            }
        }
        self.deliver(effects);
    }

    /// Rebuilds the dead instance of `deployment` from rows strictly before `now`; the market made `later` more rows.
    pub(super) fn rebuild(
        &mut self,
        index: InstrumentIndex,
        deployed: &Arc<Deployed>,
        now: Nanos,
        later: usize,
        effects: &mut Effects,
    ) {
        let lost = self.instance_mut(index, &deployed.spec.id).is_some_and(|instance| instance.is_lost());
        let cause = if lost { StartCause::Restart } else { StartCause::Rebuild };
        self.start_instance(index, deployed, (cause, now, later), effects);
    }

    fn index_of(&self, instrument: &InstrumentId) -> Option<InstrumentIndex> {
        self.ids.iter().find(|(_, id)| *id == instrument).map(|(index, _)| *index)
    }

    /// Takes a deployment's readers away; gives the streams that had one.
    fn detach(&mut self, deployment: &DeploymentId) -> Vec<InstrumentIndex> {
        let is_read = |stream: &Stream| stream.readers.iter().any(|reader| reader.deployed.spec.id == *deployment);
        let mut left = Vec::new();
        for (index, stream) in self.streams.iter_mut().filter(|(_, stream)| is_read(stream)) {
            stream.readers.retain(|reader| reader.deployed.spec.id != *deployment);
            self.board.remove(&(deployment.clone(), Some(stream.instrument.clone())));
            left.push(*index);
        }
        left
    }

    fn attach(&mut self, index: InstrumentIndex, deployed: &Arc<Deployed>) {
        let generation = self.generations.get(&(deployed.spec.id.clone(), index)).copied().unwrap_or(0);
        let Some(stream) = self.streams.get_mut(&index) else { return };
        let instance = (deployed.scope == Scope::Instrument)
            .then(|| Instance::new(Arc::clone(deployed), Some(stream.instrument.clone()), generation));
        stream.readers.push(Reader::new(Arc::clone(deployed), instance));
    }

    /// Gives a stream the columns and triggers of all its readers.
    fn relayout(&mut self, index: InstrumentIndex, effects: &mut Effects) {
        let Some(stream) = self.streams.get_mut(&index) else { return };
        let columns: BTreeSet<&String> =
            stream.readers.iter().flat_map(|reader| &reader.deployed.needs.columns).collect();
        let (mut of_market, mut given) = (Vec::new(), Vec::new());
        for column in columns {
            match GivenColumn::parse(column) {
                Ok(Some(column)) => given.push(column),
                // What is malformed the market refuses below.
                Ok(None) | Err(_) => of_market.push(ColumnName(column.clone())),
            }
        }
        let timeframes: TimeframeSet =
            stream.readers.iter().flat_map(|reader| reader.deployed.spec.timeframes.iter().copied()).collect();
        let timers: BTreeSet<u32> =
            stream.readers.iter().filter_map(|reader| every_seconds(&reader.deployed)).collect();
        let timers: Vec<u32> = timers.into_iter().collect();
        if let Err(error) = self.market.set_columns(index, &of_market) {
            // Columns were checked before the control event was written; a log from a newer host may name others.
            effects.lines.push(refusal(stream, &error.to_string()));
            return;
        }
        self.market.set_triggers(index, timeframes, &timers);
        stream.order_readers();
        let first = of_market.len();
        let named = given.iter().map(|column| ColumnName(column.to_string()));
        let layout = Layout::of(of_market.into_iter().chain(named).collect());
        let readers = &stream.readers;
        stream
            .given
            .set(first, given, |id| readers.iter().any(|reader| reader.feeds && reader.deployed.spec.id == *id));
        if layout != stream.layout {
            effects.layouts.push(layout.clone());
        }
        stream.set_layout(layout);
    }

    fn start_instance(
        &mut self,
        index: InstrumentIndex,
        deployed: &Arc<Deployed>,
        (cause, at, later): (StartCause, Nanos, usize),
        effects: &mut Effects,
    ) {
        let block = self.warm_up_block(index, deployed, at, later);
        let Some(instance) = self.instance_mut(index, &deployed.spec.id) else { return };
        let block = instance.strain(block);
        let warm_up = self.tape_block(index, deployed, &block, effects);
        let plugins = Arc::clone(&self.plugins);
        let kill = (deployed.spec.id.clone(), index, self.row_seq | A_START);
        let known_kill = self.kills.contains(&kill);
        let after = self.row_seq;
        let Some(instance) = self.instance_mut(index, &deployed.spec.id) else { return };
        instance.begin_at(warm_up, after);
        let outcome =
            if known_kill { instance.note_stopped_start(at) } else { instance.start(plugins.as_ref(), &block, at) };
        let (generation, instrument) = (instance.generation(), instance.instrument().cloned());
        if let Err(fault) = outcome {
            if fault == Fault::Deadline && !known_kill {
                effects.kills.push(Control::Kill { deployment: kill.0, instrument: kill.1, row_seq: kill.2 });
            }
            record_failure(instance, at, &fault, &mut effects.records);
        }
        self.generations.insert((deployed.spec.id.clone(), index), generation);
        effects.records.push(Record::Generation(Box::new(GenerationStart {
            deployment: deployed.spec.id.clone(),
            instrument,
            generation,
            cause,
            at,
            worker: self.worker,
            warm_up,
            deployed: Box::new((**deployed).clone()),
        })));
    }

    /// A universe instance lives elsewhere: its warm-up rows of this stream go there.
    fn warm_universe(&mut self, index: InstrumentIndex, deployed: &Arc<Deployed>, effects: &mut Effects) {
        let block = self.warm_up_block(index, deployed, deployed.at, 0);
        let warm_up = self.tape_block(index, deployed, &block, effects);
        let Some(stream) = self.streams.get(&index) else { return };
        let chain = stream.chain.digest();
        let mut values = Vec::new();
        for row in 0..block.len() {
            block.row_into(row, &mut values);
            effects.universe.push(UniverseRow {
                deployment: deployed.spec.id.clone(),
                at: deployed.at,
                ts: block.ts[row],
                instrument: index,
                trigger: block.trigger[row],
                values: values.clone(),
                chain,
                models: RowModels::default(),
            });
        }
        effects.records.push(Record::Generation(Box::new(GenerationStart {
            deployment: deployed.spec.id.clone(),
            instrument: Some(stream.instrument.clone()),
            generation: deployed.revision,
            cause: StartCause::Deploy,
            at: deployed.at,
            worker: self.worker,
            warm_up,
            deployed: Box::new((**deployed).clone()),
        })));
    }

    /// The rows before `at` that an instance is warmed up with, in the deployment's columns. As many as were made after
    /// `at` already are asked for besides, so that it makes no difference whether they were.
    fn warm_up_block(&self, index: InstrumentIndex, deployed: &Deployed, at: Nanos, later: usize) -> RowBlock {
        let columns: Vec<ColumnName> = deployed.needs.columns.iter().map(|column| ColumnName(column.clone())).collect();
        let is_given = |column: &ColumnName| !matches!(GivenColumn::parse(&column.0), Ok(None));
        let of_market: Vec<ColumnName> = columns.iter().filter(|column| !is_given(column)).cloned().collect();
        let timeframes: TimeframeSet = deployed.spec.timeframes.iter().copied().collect();
        let mut before = RowBlock::with_width(columns.len());
        let Some(stream) = self.streams.get(&index) else { return before };
        let look_back = deployed.needs.look_back as usize;
        let count = if look_back == 0 { 0 } else { look_back + later + 1 };
        let rows = self.market.warm_up_rows(index, &of_market, timeframes, count);
        let Ok(block) = rows else { return before };
        let mut values = Vec::new();
        let end = block.ts.partition_point(|ts| *ts < at);
        for row in end.saturating_sub(look_back)..end {
            block.row_into(row, &mut values);
            let (ts, mut known) = (block.ts[row], values.iter().copied());
            let value = |column| {
                if is_given(column) { stream.given.past(ts, column) } else { known.next().unwrap_or(f64::NAN) }
            };
            let own: Vec<f64> = columns.iter().map(value).collect();
            before.push(ts, block.trigger[row].with(Trigger::WARM_UP), block.instrument[row], &own);
        }
        before
    }

    /// Puts a warm-up block on the tape, in a layout of its own.
    fn tape_block(
        &mut self,
        index: InstrumentIndex,
        deployed: &Deployed,
        block: &RowBlock,
        effects: &mut Effects,
    ) -> Option<(u64, u64)> {
        if block.is_empty() {
            return None;
        }
        let columns = deployed.needs.columns.iter().map(|column| ColumnName(column.clone())).collect();
        let layout = Layout::of(columns);
        let first = self.row_seq + 1;
        for row in 0..block.len() {
            let mut values = Vec::with_capacity(block.columns.len());
            block.row_into(row, &mut values);
            self.row_seq += 1;
            effects.rows.push(Row {
                seq: self.row_seq,
                ts: block.ts[row],
                instrument: index,
                trigger: block.trigger[row],
                layout: layout.id,
                values,
            });
        }
        effects.layouts.push(layout);
        Some((first, self.row_seq))
    }

    pub(crate) fn instance_mut(&mut self, index: InstrumentIndex, deployment: &DeploymentId) -> Option<&mut Instance> {
        let readers = &mut self.streams.get_mut(&index)?.readers;
        readers.iter_mut().find(|reader| reader.deployed.spec.id == *deployment)?.instance.as_mut()
    }
}

/// Whether one can take the place of the other among the readers of a stream: same columns, triggers, say and order.
fn reads_alike(before: &Deployed, after: &Deployed) -> bool {
    let own = |deployed: &Deployed| {
        let spec = &deployed.spec;
        (
            spec.stage,
            spec.timeframes.clone(),
            spec.grants.clone(),
            every_seconds(deployed),
            deployed.instruments.clone(),
        )
    };
    let is_single = before.scope == Scope::Instrument && after.scope == Scope::Instrument;
    is_single && before.needs == after.needs && own(before) == own(after)
}

fn refusal(stream: &Stream, reason: &str) -> GuestLine {
    let deployment = stream.readers.last().map(|reader| reader.deployed.spec.id.clone());
    let unnamed = || "unknown".parse().expect("a valid deployment id");
    GuestLine {
        deployment: deployment.unwrap_or_else(unnamed),
        instrument: Some(stream.instrument.clone()),
        line: GuestLog { level: 4, message: format!("columns are refused: {reason}") },
    }
}
