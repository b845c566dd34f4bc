//! Runs instances again from the tape: the common ground of `verify` and `explain`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sconce_domain::ports::{Fault, Plugins};
use sconce_domain::{
    Control, Deployed, Digest, GenerationStart, InstrumentId, InstrumentIndex, Layout, Nanos, Output, Record, Row,
    RowBlock, Scope, StartCause, Trigger,
};

use sconce_market::{AnswerBook, ForecastColumn};

use crate::chain::Chain;
use crate::effects::{Effects, UniverseRow};
use crate::fold::KillKey;
use crate::instance::{Instance, OwnRow, own_trigger};
use crate::row_models::{RowModels, forecasts};
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
    /// What models said about it.
    pub(crate) answers: &'a AnswerBook,
    pub(crate) starts: Vec<&'a GenerationStart>,
    pub(crate) until: Nanos,
    /// Rows at which the brake stopped the call.
    pub(crate) kills: BTreeSet<Nanos>,
}

/// What one instrument gives to a universe instance.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) index: InstrumentIndex,
    pub(crate) instrument: InstrumentId,
    pub(crate) rows: Vec<LinkedRow>,
    pub(crate) warm_up: RowBlock,
    /// What models said about it.
    pub(crate) answers: &'a AnswerBook,
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
    let asked = forecasts(&deployed.needs.columns);
    for LinkedRow { row, chain } in rows.iter().filter(|linked| linked.row.ts >= first.at && linked.row.ts < case.until)
    {
        let Some(trigger) = own_trigger(&deployed, row.ts, row.trigger) else { continue };
        if let Some(start) = rebuilds.next_if(|start| start.at <= row.ts) {
            drop(instance.start(plugins, &warm_up(start), start.at));
        }
        let values = layouts.project(row, &deployed.needs.columns);
        let models = RowModels::recalled(&asked, case.answers, row.ts);
        let answer = if !instance.admits(row.ts) || instance.is_dead() {
            None
        } else if case.kills.contains(&row.ts) {
            Some(Err(instance.note_kill(row.ts, 0)))
        } else {
            let (ts, chain, models) = (row.ts, *chain, &models);
            Some(instance.call(OwnRow { ts, trigger, position: 0, values: &values, chain, ordinal: 0, models }, engine))
        };
        seen(Call { row, trigger, values: &values, answer });
    }
}

/// Runs one revision of a universe deployment over the merged rows of its instruments.
pub(crate) fn rerun_universe(
    plugins: &Arc<dyn Plugins>,
    start: &GenerationStart,
    streams: &[Source<'_>],
    until: Nanos,
    kills: BTreeSet<KillKey>,
    layouts: &Layouts,
) -> Vec<Output> {
    let deployed = &start.deployed;
    let mut fold = UniverseFold::new(Arc::clone(plugins), StatusBoard::default(), 1, 0, kills);
    fold.set_generation(&deployed.spec.id, start.generation - 1);
    for Source { index, instrument, .. } in streams {
        fold.control(&Control::Register { index: *index, instrument: instrument.clone() }, deployed.at);
    }
    fold.control(&Control::Deploy(deployed.clone()), deployed.at);
    let asked = forecasts(&deployed.needs.columns);
    let rows = streams.iter().flat_map(|source| universe_rows(source, deployed, &asked, until, layouts)).collect();
    let mut effects = Effects::default();
    fold.push(0, rows, Nanos(i64::MAX - 1), &mut effects);
    let outputs = effects.records.into_iter().filter_map(|record| match record {
        Record::Output(output) => Some(*output),
        _ => None,
    });
    outputs.collect()
}

/// What a universe instance was shown of one instrument before `until`: first the rows that warmed it up.
fn universe_rows(
    source: &Source<'_>,
    deployed: &Deployed,
    asked: &[ForecastColumn],
    until: Nanos,
    layouts: &Layouts,
) -> Vec<UniverseRow> {
    let row = |ts, trigger, values, chain, models| UniverseRow {
        deployment: deployed.spec.id.clone(),
        at: deployed.at,
        ts,
        instrument: source.index,
        trigger,
        values,
        chain,
        models,
    };
    let Source { warm_up, rows: linked, answers, .. } = source;
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for position in 0..warm_up.len() {
        warm_up.row_into(position, &mut values);
        let (ts, trigger) = (warm_up.ts[position], warm_up.trigger[position]);
        rows.push(row(ts, trigger, values.clone(), Digest::default(), RowModels::default()));
    }
    let in_force = linked.iter().filter(|linked| linked.row.ts >= deployed.at && linked.row.ts < until);
    for LinkedRow { row: taped, chain } in in_force {
        if let Some(trigger) = own_trigger(deployed, taped.ts, taped.trigger) {
            let values = layouts.project(taped, &deployed.needs.columns);
            rows.push(row(taped.ts, trigger, values, *chain, RowModels::recalled(asked, answers, taped.ts)));
        }
    }
    rows
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
