//! Runs instances again from the tape: the common ground of `verify` and `explain`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::ports::{Fault, Plugins};
use sconce_domain::{
    Control, Digest, GenerationStart, InstrumentId, InstrumentIndex, Layout, Nanos, Output, Record, Row, RowBlock,
    Scope, StartCause, Trigger,
};

use crate::chain::Chain;
use crate::effects::{Effects, UniverseRow};
use crate::fold::KillKey;
use crate::instance::{Instance, OwnRow, own_trigger};
use crate::status::StatusBoard;
use crate::universe::UniverseFold;

/// Layouts by number, with their digests.
#[derive(Debug, Default)]
pub(crate) struct Layouts(BTreeMap<u32, (Layout, Digest)>);

impl Layouts {
    pub(crate) fn new(layouts: Vec<Layout>) -> Self {
        Layouts(layouts.into_iter().map(|layout| (layout.id, (layout.clone(), layout.digest()))).collect())
    }

    fn digest(&self, layout: u32) -> Result<Digest, String> {
        self.0.get(&layout).map(|(_, digest)| *digest).ok_or_else(|| format!("layout {layout} is not known"))
    }

    /// Those of the named columns that a row does not hold.
    pub(crate) fn lacks(&self, row: &Row, columns: &[String]) -> Vec<String> {
        let held = self.0.get(&row.layout).map(|(layout, _)| layout);
        let lacks = |column: &&String| held.is_none_or(|layout| layout.columns.iter().all(|name| name.0 != **column));
        columns.iter().filter(lacks).cloned().collect()
    }

    /// The named columns of a row; absent where the layout has none of that name.
    pub(crate) fn project(&self, row: &Row, columns: &[String]) -> Vec<f64> {
        let layout = self.0.get(&row.layout).map(|(layout, _)| layout);
        let value = |column: &String| {
            let position = layout?.columns.iter().position(|name| name.0 == *column)?;
            row.values.get(position).copied()
        };
        columns.iter().map(|column| value(column).unwrap_or(f64::NAN)).collect()
    }
}

/// A live row with the chain after it.
#[derive(Debug, Clone)]
pub(crate) struct LinkedRow {
    pub(crate) row: Row,
    pub(crate) chain: Digest,
}

/// The live rows of a stream, each with the chain after it. `rows` are all rows of the stream on the tape, in order.
pub(crate) fn link(instrument: &InstrumentId, rows: Vec<Row>, layouts: &Layouts) -> Result<Vec<LinkedRow>, String> {
    let mut chain = Chain::of_instrument(instrument);
    let live = rows.into_iter().filter(|row| !row.trigger.contains(Trigger::WARM_UP));
    live.map(|row| {
        chain.push_row(row.ts, row.trigger, &layouts.digest(row.layout)?, &row.values);
        Ok(LinkedRow { row, chain: chain.digest() })
    })
    .collect()
}

/// One revision of a deployment on one instrument: its starts in order, and the moment at which the next took over.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) instrument: &'a InstrumentId,
    pub(crate) starts: Vec<&'a GenerationStart>,
    pub(crate) until: Nanos,
    /// Rows at which the brake stopped the call.
    pub(crate) kills: BTreeSet<Nanos>,
}

/// One call as it was made again.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) row: &'a Row,
    pub(crate) trigger: Trigger,
    pub(crate) values: &'a [f64],
    /// The answer; absent where the breaker let no call through.
    pub(crate) answer: Option<Result<Vec<Output>, Fault>>,
}

/// Runs a case over the rows of its stream and shows each call to `seen`.
pub(crate) fn rerun_instrument(
    plugins: &dyn Plugins,
    case: &Case<'_>,
    rows: &[LinkedRow],
    warm_up: &dyn Fn(&GenerationStart) -> RowBlock,
    layouts: &Layouts,
    seen: &mut dyn FnMut(Call<'_>),
) {
    let [first, rebuilds @ ..] = case.starts.as_slice() else { return };
    let deployed = Arc::new((*first.deployed).clone());
    let mut instance = Instance::new(Arc::clone(&deployed), Some(case.instrument.clone()), first.generation - 1);
    let mut rebuilds = rebuilds.iter().peekable();
    // A start that fails leaves the instance dead, as it did when it was made first.
    drop(instance.start(plugins, &warm_up(first), first.at));
    let engine = plugins.fingerprint();
    for LinkedRow { row, chain } in rows.iter().filter(|linked| linked.row.ts >= first.at && linked.row.ts < case.until)
    {
        let Some(trigger) = own_trigger(&deployed, row.ts, row.trigger) else { continue };
        if let Some(start) = rebuilds.next_if(|start| start.at <= row.ts) {
            drop(instance.start(plugins, &warm_up(start), start.at));
        }
        let values = layouts.project(row, &deployed.needs.columns);
        let answer =
            if !instance.admits(row.ts) || instance.is_dead() {
                None
            } else if case.kills.contains(&row.ts) {
                Some(Err(instance.note_kill(row.ts, 0)))
            } else {
                Some(instance.call(
                    OwnRow { ts: row.ts, trigger, position: 0, values: &values, chain: *chain, ordinal: 0 },
                    engine,
                ))
            };
        seen(Call { row, trigger, values: &values, answer });
    }
}

/// Runs one revision of a universe deployment over the merged rows of its instruments.
pub(crate) fn rerun_universe(
    plugins: &Arc<dyn Plugins>,
    start: &GenerationStart,
    streams: &[(InstrumentIndex, InstrumentId, Vec<LinkedRow>, RowBlock)],
    until: Nanos,
    kills: BTreeSet<KillKey>,
    layouts: &Layouts,
) -> Vec<Output> {
    let deployed = &start.deployed;
    let mut fold = UniverseFold::new(Arc::clone(plugins), StatusBoard::default(), 1, 0, kills);
    fold.set_generation(&deployed.spec.id, start.generation - 1);
    for (index, id, _, _) in streams {
        fold.control(&Control::Register { index: *index, instrument: id.clone() }, deployed.at);
    }
    fold.control(&Control::Deploy(deployed.clone()), deployed.at);
    let mut rows = Vec::new();
    for (index, _, linked, warm_up) in streams {
        let row = |ts, trigger, values, chain| UniverseRow {
            deployment: deployed.spec.id.clone(),
            at: deployed.at,
            ts,
            instrument: *index,
            trigger,
            values,
            chain,
        };
        let mut values = Vec::new();
        for position in 0..warm_up.len() {
            warm_up.row_into(position, &mut values);
            rows.push(row(warm_up.ts[position], warm_up.trigger[position], values.clone(), Digest::default()));
        }
        let in_force = linked.iter().filter(|linked| linked.row.ts >= deployed.at && linked.row.ts < until);
        for LinkedRow { row: taped, chain } in in_force {
            if let Some(trigger) = own_trigger(deployed, taped.ts, taped.trigger) {
                rows.push(row(taped.ts, trigger, layouts.project(taped, &deployed.needs.columns), *chain));
            }
        }
    }
    let mut effects = Effects::default();
    fold.push(0, rows, Nanos(i64::MAX - 1), &mut effects);
    let outputs = effects.records.into_iter().filter_map(|record| match record {
        Record::Output(output) => Some(*output),
        _ => None,
    });
    outputs.collect()
}

/// Whether a start began a revision rather than rebuilding a dead instance.
pub(crate) fn begins_revision(start: &GenerationStart) -> bool {
    match start.cause {
        StartCause::Deploy | StartCause::Swap => true,
        StartCause::Rebuild => false,
        // Nothing of the time before is left in it, apart from the rows that a universe instance is warmed up with.
        StartCause::Restart => start.deployed.scope == Scope::Instrument,
    }
}
