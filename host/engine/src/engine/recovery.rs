//! Folds the committed logs again, so that a restart is no restart: same rows, same instances, nothing said twice.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::sync::Arc;

use sconce_domain::ports::{Plugins, Resume};
use sconce_domain::{Control, InputEvent, InstrumentId, InstrumentIndex, Nanos, Payload, Record};
use sconce_ledger::{Ledger, Recovery};

use super::EngineOptions;
use crate::effects::Effects;
use crate::error::EngineError;
use crate::fold::{Fold, FoldOptions, KillKey};
use crate::status::StatusBoard;
use crate::universe::UniverseFold;
use crate::worker::LogEnd;

/// Folds brought to where the logs end.
pub(super) struct Recovered {
    pub(super) workers: Vec<(Fold, LogEnd)>,
    pub(super) universe: UniverseFold,
    pub(super) universe_end: LogEnd,
    pub(super) universe_committed: Nanos,
    /// What the universe says about rows that were committed while its own words were not yet.
    pub(super) unsaid: Effects,
    pub(super) registry: BTreeMap<InstrumentId, InstrumentIndex>,
    pub(super) resume: BTreeMap<InstrumentIndex, Resume>,
    /// Instruments whose past was imported to its end, or that have live data.
    pub(super) imported: BTreeSet<InstrumentIndex>,
    pub(super) reached: Option<Nanos>,
}

pub(super) fn fold_logs(
    ledger: &Ledger,
    recovery: &Recovery,
    plugins: &Arc<dyn Plugins>,
    board: &StatusBoard,
    options: &EngineOptions,
) -> Result<Recovered, EngineError> {
    let end = |worker: u32| {
        let position = recovery.workers.get(&worker).copied().unwrap_or_default();
        LogEnd { seq: position.input_seq, ts_init: position.last_ts_init.max(Nanos(0)) }
    };
    let universe_end = end(options.workers);
    let kills = known_kills(ledger, options.workers)?;
    let sources = options.workers as usize;
    let mut universe = UniverseFold::new(Arc::clone(plugins), board.clone(), sources, options.workers, kills.clone());
    let mut universe_committed = Nanos::MIN;
    for event in events(ledger, options.workers)? {
        let event = event?;
        match &event.payload {
            Payload::Control(control) => universe.control(control, event.ts_event),
            Payload::Tick => universe_committed = universe_committed.max(event.ts_event),
            _ => {}
        }
    }
    let mut recovered = Recovered {
        workers: Vec::new(),
        universe,
        universe_end,
        universe_committed,
        unsaid: Effects::default(),
        registry: BTreeMap::new(),
        resume: BTreeMap::new(),
        imported: BTreeSet::new(),
        reached: None,
    };
    let mut sources = Vec::new();
    for worker in 0..options.workers {
        let fold = Fold::new(
            Arc::clone(plugins),
            FoldOptions { worker, policy: options.policy.clone(), kills: kills.clone(), board: board.clone() },
        );
        let events: Events = Box::new(events(ledger, worker)?);
        sources.push(Source { worker, fold, end: end(worker), events: events.peekable() });
    }
    // Worker by worker in order of time, so that few rows wait for the universe.
    while let Some(source) = next_source(&mut sources) {
        source.step(&mut recovered)?;
    }
    for source in sources {
        recovered.workers.push(source.finish(recovery)?);
    }
    Ok(recovered)
}

type Events = Box<dyn Iterator<Item = Result<InputEvent, EngineError>>>;

/// A worker's log on its way through its fold.
struct Source {
    worker: u32,
    fold: Fold,
    end: LogEnd,
    events: Peekable<Events>,
}

/// The source whose next event is the earliest; one that cannot be read comes first.
fn next_source(sources: &mut [Source]) -> Option<&mut Source> {
    let waiting = sources.iter_mut().filter_map(|source| {
        let at = source.events.peek()?.as_ref().map_or(Nanos::MIN, |event| event.ts_init);
        Some((at, source))
    });
    waiting.min_by_key(|(at, source)| (*at, source.worker)).map(|(_, source)| source)
}

impl Source {
    fn step(&mut self, recovered: &mut Recovered) -> Result<(), EngineError> {
        let Some(event) = self.events.next().transpose()? else { return Ok(()) };
        note(&event, recovered);
        let mut effects = Effects::default();
        self.fold.step(&event, &mut effects);
        let rows = std::mem::take(&mut effects.universe);
        effects.clear();
        let reached = LogEnd { seq: event.seq, ts_init: event.ts_init };
        recovered.universe.push(self.worker as usize, rows, reached.watermark(), &mut effects);
        let committed = recovered.universe_committed;
        effects.records.retain(|record| time_of(record) > committed);
        if !effects.records.is_empty() {
            // Calls that were stopped before are on the log; what is stopped now was not said before.
            recovered.unsaid.kills.append(&mut effects.kills);
            recovered.unsaid.records.append(&mut effects.records);
        }
        Ok(())
    }

    /// The fold at the end of its log, if it came to what the tape holds.
    fn finish(mut self, recovery: &Recovery) -> Result<(Fold, LogEnd), EngineError> {
        self.fold.publish_statuses(self.end.ts_init);
        let (worker, made) = (self.worker, self.fold.row_seq());
        let taped = recovery.workers.get(&worker).map_or(0, |position| position.row_seq);
        if made == taped {
            return Ok((self.fold, self.end));
        }
        let reason = format!("it makes {made} rows where the tape has {taped}; `sconce verify --from-raw` names them");
        Err(EngineError::Replay { worker, reason })
    }
}

/// The market time that a record of the universe belongs to.
fn time_of(record: &Record) -> Nanos {
    match record {
        Record::Output(output) => output.as_of,
        Record::StrategyLog(line) => line.ts,
        Record::Fault(fault) => fault.as_of,
        Record::Generation(start) => start.at,
        Record::Observation(_) | Record::Desired(_) | Record::Audit(_) | Record::Posture(_) => Nanos::MIN,
    }
}

/// Notes what feeds need to go on, and who is registered.
fn note(event: &InputEvent, recovered: &mut Recovered) {
    // Before any data there is no time to be told.
    recovered.reached = recovered.reached.max(Some(event.ts_init).filter(|at| *at > Nanos(0)));
    if let Payload::Control(Control::Register { index, instrument }) = &event.payload {
        recovered.registry.insert(instrument.clone(), *index);
    }
    let is_import = matches!(event.payload, Payload::Bar(_) | Payload::Control(_));
    if !is_import && event.instrument != InstrumentIndex::NONE {
        recovered.imported.insert(event.instrument);
    }
    if event.payload == Payload::Tick && event.instrument != InstrumentIndex::NONE {
        // The end of an import: its bars are none of the feed's own events.
        recovered.resume.entry(event.instrument).or_default().events = 0;
    }
    if matches!(event.payload, Payload::Tick | Payload::Control(_)) {
        return;
    }
    let resume = recovered.resume.entry(event.instrument).or_default();
    resume.events += 1;
    resume.last_ts_event = resume.last_ts_event.max(Some(event.ts_event));
    if let Payload::Trade(trade) = &event.payload {
        resume.last_trade_id = resume.last_trade_id.max(Some(trade.id));
    }
}

/// Calls that the brake stopped, from every log, before any of them is folded.
fn known_kills(ledger: &Ledger, universe: u32) -> Result<BTreeSet<KillKey>, EngineError> {
    let mut kills = BTreeSet::new();
    for worker in 0..=universe {
        for event in events(ledger, worker)? {
            if let Payload::Control(Control::Kill { deployment, instrument, row_seq }) = event?.payload {
                kills.insert((deployment, instrument, row_seq));
            }
        }
    }
    Ok(kills)
}

fn events(
    ledger: &Ledger,
    worker: u32,
) -> Result<impl Iterator<Item = Result<InputEvent, EngineError>> + use<>, EngineError> {
    let events = ledger.read_inputs(worker, 1).map_err(|error| EngineError::Ledger(error.into()))?;
    Ok(events.map(|event| event.map_err(|error| EngineError::Ledger(error.into()))))
}
