//! Folds the committed logs again, from a checkpoint or from their beginning, so that a restart is no restart: same rows,
//! same instances, nothing said twice.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::{Control, InputEvent, Nanos, Payload, Record};
use sconce_ledger::{Ledger, Recovery};

use super::EngineOptions;
use crate::effects::Effects;
use crate::error::EngineError;
use crate::fold::{Fold, FoldOptions, KillKey};
use crate::intake::Intake;
use crate::status::StatusBoard;
use crate::universe::UniverseFold;
use crate::worker::LogEnd;

/// What a start has at hand.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) recovery: &'a Recovery,
    pub(crate) plugins: &'a Arc<dyn Plugins>,
    pub(crate) board: &'a StatusBoard,
    pub(crate) options: &'a EngineOptions,
}

/// Folds to go on from, and where on the logs they stand.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// Fold, what is known of its input, and position on its log, by worker.
    pub(crate) workers: Vec<(Fold, Intake, u64)>,
    pub(crate) universe: UniverseFold,
    /// Position on the universe's log.
    pub(crate) universe_seq: u64,
    /// Position on each worker's log up to which the universe has taken in its rows.
    pub(crate) taken: Vec<u64>,
}

/// Folds brought to where the logs end.
#[derive(Debug)]
pub(super) struct Recovered {
    pub(super) workers: Vec<(Fold, Intake, LogEnd)>,
    pub(super) universe: UniverseFold,
    pub(super) universe_end: LogEnd,
    /// Position on each worker's log up to which the universe has taken in its rows.
    pub(super) taken: Vec<u64>,
    /// What the universe says about rows that were committed while its own words were not yet.
    pub(super) unsaid: Effects,
    universe_committed: Nanos,
}

impl Recovered {
    /// What all logs say about where their input comes from.
    pub(super) fn intake(&self) -> Intake {
        let mut joined = Intake::default();
        self.workers.iter().for_each(|(_, intake, _)| joined.join(intake));
        joined
    }
}

impl Ground<'_> {
    /// Empty folds, for the whole logs.
    pub(crate) fn begin_empty(&self) -> Result<Beginning, EngineError> {
        let workers = self.options.workers;
        let kills = self.kills(&vec![0; workers as usize + 1])?;
        let fold =
            |worker| (Fold::new(Arc::clone(self.plugins), self.fold_options(worker, &kills)), Intake::default(), 0);
        let (plugins, board) = (Arc::clone(self.plugins), self.board.clone());
        Ok(Beginning {
            workers: (0..workers).map(fold).collect(),
            universe: UniverseFold::new(plugins, board, workers as usize, workers, kills.clone()),
            universe_seq: 0,
            taken: vec![0; workers as usize],
        })
    }

    pub(super) fn fold_options(&self, worker: u32, kills: &BTreeSet<KillKey>) -> FoldOptions {
        FoldOptions { worker, policy: self.options.policy.clone(), kills: kills.clone(), board: self.board.clone() }
    }

    /// Folds what the logs hold behind the beginning.
    pub(super) fn fold_on(&self, beginning: Beginning) -> Result<Recovered, EngineError> {
        let universe = self.options.workers;
        let mut recovered = Recovered {
            workers: Vec::new(),
            universe: beginning.universe,
            universe_end: self.end(universe),
            taken: beginning.taken,
            unsaid: Effects::default(),
            universe_committed: Nanos::MIN,
        };
        for event in events(self.ledger, universe, beginning.universe_seq)? {
            let event = event?;
            match &event.payload {
                Payload::Control(control) => recovered.universe.control(control, event.ts_event),
                Payload::Tick => {
                    recovered.universe_committed = recovered.universe_committed.max(event.ts_event);
                }
                _ => {}
            }
        }
        let mut sources = Vec::new();
        for (worker, (fold, intake, seq)) in (0..).zip(beginning.workers) {
            let events: Events = Box::new(events(self.ledger, worker, seq)?);
            sources.push(Source { worker, fold, intake, end: self.end(worker), events: events.peekable() });
        }
        // Worker by worker in order of time, so that few rows wait for the universe.
        while let Some(source) = next_source(&mut sources) {
            source.step(&mut recovered)?;
        }
        for source in sources {
            recovered.workers.push(source.finish(self.recovery)?);
        }
        Ok(recovered)
    }

    fn end(&self, worker: u32) -> LogEnd {
        let position = self.recovery.workers.get(&worker).copied().unwrap_or_default();
        LogEnd { seq: position.input_seq, ts_init: position.last_ts_init.max(Nanos(0)) }
    }

    /// Calls that the brake stopped, from every log behind these positions, before any of them is folded.
    pub(super) fn kills(&self, positions: &[u64]) -> Result<BTreeSet<KillKey>, EngineError> {
        let mut kills = BTreeSet::new();
        for (worker, position) in (0..).zip(positions) {
            for event in events(self.ledger, worker, *position)? {
                if let Payload::Control(Control::Kill { deployment, instrument, row_seq }) = event?.payload {
                    kills.insert((deployment, instrument, row_seq));
                }
            }
        }
        Ok(kills)
    }
}

type Events = Box<dyn Iterator<Item = Result<InputEvent, EngineError>>>;

/// A worker's log on its way through its fold.
struct Source {
    worker: u32,
    fold: Fold,
    intake: Intake,
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
        self.intake.note(&event);
        let mut effects = Effects::default();
        self.fold.step(&event, &mut effects);
        let rows = std::mem::take(&mut effects.universe);
        effects.clear();
        let taken = &mut recovered.taken[self.worker as usize];
        if event.seq <= *taken {
            return Ok(());
        }
        *taken = event.seq;
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
    fn finish(mut self, recovery: &Recovery) -> Result<(Fold, Intake, LogEnd), EngineError> {
        self.fold.publish_statuses(self.end.ts_init);
        let (worker, made) = (self.worker, self.fold.row_seq());
        let taped = recovery.workers.get(&worker).map_or(0, |position| position.row_seq);
        if made == taped {
            return Ok((self.fold, self.intake, self.end));
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
        Record::Observation(_) | Record::Desired(_) | Record::Audit(_) | Record::Posture(_) | Record::Outcome(_) => {
            Nanos::MIN
        }
    }
}

/// The events of a log behind a position.
fn events(
    ledger: &Ledger,
    worker: u32,
    after: u64,
) -> Result<impl Iterator<Item = Result<InputEvent, EngineError>> + use<>, EngineError> {
    let events = ledger.read_inputs(worker, after + 1).map_err(|error| EngineError::Ledger(error.into()))?;
    Ok(events.map(|event| event.map_err(|error| EngineError::Ledger(error.into()))))
}
