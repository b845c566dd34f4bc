//! One worker thread: gives events their place on its log, steps the fold, hands everything to the ledger in one commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use sconce_domain::{Bar, Clock, Control, Deployed, InputEvent, InstrumentIndex, Nanos, Payload, Timeframe};
use sconce_ledger::{Commit, Ledger, Ticket};
use tokio::sync::oneshot;

use crate::checkpoint::{Checkpoints, Save, State, UniverseWorkerState, WorkerState};
use crate::effects::{Effects, GuestLine, UniverseRow};
use crate::error::EngineError;
use crate::fold::Fold;
use crate::intake::Intake;
use crate::judging::Marker;
use crate::look::Look;
use crate::telemetry;
use crate::universe::UniverseFold;

/// An event on its way to a log.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) instrument: InstrumentIndex,
    pub(crate) ts_event: Nanos,
    pub(crate) ts_init: Nanos,
    pub(crate) payload: Payload,
}

/// What is known of an instrument, asked of its worker.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketView {
    /// Price of its newest trade.
    pub last_price: Option<f64>,
    /// Trades held.
    pub trades_cached: u64,
    /// Trades that came after their bar was final.
    pub late_trades: u64,
    /// Events refused by hygiene.
    pub refused: u64,
    /// The open bar of the timeframe that was asked for.
    pub forming: Option<Bar>,
}

/// A message to a worker.
#[derive(Debug)]
pub(crate) enum ToWorker {
    /// Events in order; the reply, where wanted, comes when they are handed to the ledger.
    Events(Vec<Arrival>),
    /// A control event, at a moment that is the same for all workers, or at the worker's own. The reply comes when it is
    /// handed to the ledger.
    Control(Box<Control>, Nanos, oneshot::Sender<()>),
    /// A question about an instrument.
    Ask(InstrumentIndex, Option<Timeframe>, oneshot::Sender<MarketView>),
    /// Anything else that is read and not changed.
    Look(Look),
    /// What is in force.
    Deployments(oneshot::Sender<Vec<Arc<Deployed>>>),
    /// Make the checkpoint of this set.
    Checkpoint(u64),
    /// Finish: everything sent before this has been handed to the ledger when the reply comes.
    Stop(oneshot::Sender<()>),
}

/// A message to the universe worker.
#[derive(Debug)]
pub(crate) enum ToUniverse {
    /// Rows of a source, the time up to which it will send no more, and how far it is on its log.
    Rows(usize, Vec<UniverseRow>, Nanos, u64),
    /// A source has made its checkpoint of this set.
    Checkpoint(u64),
    /// A control event, at the moment at which the workers obey it. The reply comes when it is handed to the ledger.
    Control(Box<Control>, Nanos, oneshot::Sender<()>),
    /// Answer when everything before this has been handed to the ledger.
    Pass(oneshot::Sender<()>),
    /// Finish.
    Stop(oneshot::Sender<()>),
}

/// Where a log ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogEnd {
    /// `seq` of the newest event.
    pub(crate) seq: u64,
    /// Highest `ts_init`.
    pub(crate) ts_init: Nanos,
}

impl LogEnd {
    /// The next event of the log. `ts_init` never runs backwards.
    fn next(&mut self, arrival: Arrival) -> InputEvent {
        self.seq += 1;
        self.ts_init = self.ts_init.max(arrival.ts_init);
        InputEvent {
            seq: self.seq,
            ts_event: arrival.ts_event,
            ts_init: self.ts_init,
            instrument: arrival.instrument,
            payload: arrival.payload,
        }
    }

    /// The time up to which no more rows come. One nanosecond back: rows of imported bars wait until their moment is
    /// over, because several bars may come at once.
    pub(crate) fn watermark(&self) -> Nanos {
        self.ts_init - 1
    }

    /// A control event of the moment `at`, or of the present one where that is later. It moves time no further.
    fn control(&mut self, control: Control, at: Nanos) -> InputEvent {
        let at = at.max(self.ts_init);
        self.next(Arrival {
            instrument: InstrumentIndex::NONE,
            ts_event: at,
            ts_init: at,
            payload: Payload::Control(control),
        })
    }
}

/// What a worker thread owns.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) number: u32,
    pub(crate) fold: Fold,
    pub(crate) end: LogEnd,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) universe: std::sync::mpsc::SyncSender<ToUniverse>,
    /// Events handled since the process started.
    pub(crate) done: Arc<AtomicU64>,
    pub(crate) intake: Intake,
    pub(crate) checkpoints: Checkpoints,
    /// The newest hand-over to the ledger.
    pub(crate) ticket: Option<Ticket>,
}

impl Worker {
    /// Gives up what could not be made again.
    pub(crate) fn resume(mut self) -> Result<Self, EngineError> {
        let lost = self.fold.give_up_absent();
        if self.obey(lost, &mut Effects::default()) { Ok(self) } else { Err(EngineError::WorkerStopped(self.number)) }
    }

    /// Runs the worker until it is told to stop or everybody has let go of its queue.
    pub(crate) fn spawn(mut self, inbox: Receiver<ToWorker>) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name(format!("worker-{}", self.number)).spawn(move || {
            let mut effects = Effects::default();
            while let Ok(message) = inbox.recv() {
                if !self.take(message, &mut effects) {
                    break;
                }
            }
        })
    }

    /// Handles one message; false to stop.
    fn take(&mut self, message: ToWorker, effects: &mut Effects) -> bool {
        match message {
            ToWorker::Events(arrivals) => {
                let count = arrivals.len() as u64;
                let goes_on = self.step_and_commit(arrivals, effects);
                self.done.fetch_add(count, Ordering::Relaxed);
                goes_on
            }
            ToWorker::Control(control, at, reply) => {
                let payload = Payload::Control(*control);
                let at = at.max(self.end.ts_init);
                let arrival = Arrival { instrument: InstrumentIndex::NONE, ts_event: at, ts_init: at, payload };
                let goes_on = self.step_and_commit(vec![arrival], effects);
                answer(reply, ());
                goes_on
            }
            ToWorker::Ask(instrument, timeframe, reply) => {
                answer(reply, self.view(instrument, timeframe));
                true
            }
            ToWorker::Look(look) => {
                look.take(&self.fold);
                true
            }
            ToWorker::Deployments(reply) => {
                answer(reply, self.fold.deployments());
                true
            }
            ToWorker::Checkpoint(number) => self.checkpoint(number, effects),
            ToWorker::Stop(reply) => {
                answer(reply, ());
                false
            }
        }
    }

    /// Puts control events of the worker's own onto its log and obeys them.
    fn obey(&mut self, controls: Vec<Control>, effects: &mut Effects) -> bool {
        if controls.is_empty() {
            return true;
        }
        let at = self.end.ts_init;
        let arrival = |control| Arrival {
            instrument: InstrumentIndex::NONE,
            ts_event: at,
            ts_init: at,
            payload: Payload::Control(control),
        };
        self.step_and_commit(controls.into_iter().map(arrival).collect(), effects)
    }

    /// Hands over what is known after the newest batch. Serialising and writing are not this thread's work.
    fn checkpoint(&mut self, number: u64, effects: &mut Effects) -> bool {
        let begun = self.clock.now();
        let lost = self.fold.take_snapshots();
        if !self.obey(lost, effects) {
            return false;
        }
        let state = WorkerState { fold: self.fold.state(), intake: self.intake.clone() };
        self.checkpoints.save(Save {
            number,
            worker: self.number,
            input_seq: self.end.seq,
            ticket: self.ticket,
            state: State::Worker(Box::new(state)),
        });
        telemetry::checkpoint_pause(self.clock.now() - begun);
        self.universe.send(ToUniverse::Checkpoint(number)).is_ok()
    }

    fn view(&self, instrument: InstrumentIndex, timeframe: Option<Timeframe>) -> MarketView {
        let market = self.fold.market();
        let counters = market.counters(instrument);
        MarketView {
            last_price: market.last_price(instrument),
            trades_cached: market.trades_kept(instrument) as u64,
            late_trades: counters.late_trades,
            refused: counters.dropped + counters.misdated + counters.bad_bars,
            forming: timeframe.and_then(|timeframe| self.fold.forming(instrument, timeframe)),
        }
    }

    fn step_and_commit(&mut self, arrivals: Vec<Arrival>, effects: &mut Effects) -> bool {
        effects.clear();
        let mut inputs = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let event = self.end.next(arrival);
            let now = event.ts_init;
            self.intake.note(&event);
            self.fold.step(&event, effects);
            inputs.push(event);
            for kill in std::mem::take(&mut effects.kills) {
                inputs.push(self.end.control(kill, now));
            }
        }
        if !effects.rows.is_empty() || !effects.records.is_empty() {
            self.fold.publish_statuses(self.clock.now());
        }
        log_lines(&effects.lines);
        telemetry::count(self.number, inputs.len(), effects);
        let rows = std::mem::take(&mut effects.universe);
        let commit = Commit {
            worker: self.number,
            inputs,
            rows: std::mem::take(&mut effects.rows),
            layouts: std::mem::take(&mut effects.layouts),
            records: std::mem::take(&mut effects.records),
            bars: std::mem::take(&mut effects.bars),
            recorded_at: self.clock.now(),
        };
        match self.ledger.submit(commit) {
            Ok(ticket) => self.ticket = Some(ticket),
            Err(error) => {
                tracing::error!(worker = self.number, %error, "the ledger takes no more; worker stops");
                return false;
            }
        }
        let (watermark, position) = (self.end.watermark(), self.end.seq);
        self.universe.send(ToUniverse::Rows(self.number as usize, rows, watermark, position)).is_ok()
    }
}

/// What the universe worker's thread owns.
#[derive(Debug)]
pub(crate) struct UniverseWorker {
    pub(crate) number: u32,
    pub(crate) fold: UniverseFold,
    pub(crate) end: LogEnd,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    /// Position on each source's log up to which its rows have been taken in.
    pub(crate) taken: Vec<u64>,
    /// How many sources have made their checkpoint of a set that others have not.
    pub(crate) marks: BTreeMap<u64, usize>,
    pub(crate) checkpoints: Checkpoints,
    /// The newest hand-over to the ledger.
    pub(crate) ticket: Option<Ticket>,
    /// Where it says how far time is over for all workers and for itself.
    pub(crate) marker: Marker,
}

impl UniverseWorker {
    /// Commits what was left unsaid when the process before this one ended, and gives up what could not be made again.
    pub(crate) fn resume(mut self, mut unsaid: Effects) -> Result<Self, EngineError> {
        let released = self.fold.released();
        self.fold.give_up_absent(released, &mut unsaid);
        if !self.commit_until(released, &mut unsaid) {
            return Err(EngineError::WorkerStopped(self.number));
        }
        self.marker.reach(released);
        Ok(self)
    }

    /// Runs the worker until it is told to stop or everybody has let go of its queue.
    pub(crate) fn spawn(mut self, inbox: Receiver<ToUniverse>) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("universe".to_owned()).spawn(move || {
            let mut effects = Effects::default();
            while let Ok(message) = inbox.recv() {
                if !self.take(message, &mut effects) {
                    break;
                }
            }
        })
    }

    fn take(&mut self, message: ToUniverse, effects: &mut Effects) -> bool {
        match message {
            ToUniverse::Rows(source, rows, watermark, position) => {
                self.taken[source] = position;
                self.rows(source, rows, watermark, effects)
            }
            ToUniverse::Checkpoint(number) => self.mark(number, effects),
            ToUniverse::Control(control, at, reply) => {
                self.fold.control(&control, at);
                let event = self.end.control(*control, at);
                effects.clear();
                let goes_on = self.commit(vec![event], effects);
                answer(reply, ());
                goes_on
            }
            ToUniverse::Pass(reply) => {
                answer(reply, ());
                true
            }
            ToUniverse::Stop(reply) => {
                answer(reply, ());
                false
            }
        }
    }

    fn rows(&mut self, source: usize, rows: Vec<UniverseRow>, watermark: Nanos, effects: &mut Effects) -> bool {
        effects.clear();
        let released = self.fold.push(source, rows, watermark, effects);
        self.fold.publish_statuses(self.clock.now());
        let goes_on = self.commit_until(released, effects);
        if goes_on {
            self.marker.reach(released);
        }
        goes_on
    }

    /// Makes the checkpoint of a set once all sources have made theirs: it has taken in what they had.
    fn mark(&mut self, number: u64, effects: &mut Effects) -> bool {
        let marks = self.marks.entry(number).or_default();
        *marks += 1;
        if *marks < self.taken.len() {
            return true;
        }
        self.marks.remove(&number);
        effects.clear();
        let released = self.fold.released();
        self.fold.take_snapshots(released, effects);
        if !self.commit_until(released, effects) {
            return false;
        }
        let state = UniverseWorkerState { fold: self.fold.state(), taken: self.taken.clone() };
        self.checkpoints.save(Save {
            number,
            worker: self.number,
            input_seq: self.end.seq,
            ticket: self.ticket,
            state: State::Universe(Box::new(state)),
        });
        true
    }

    /// Commits what was said up to `released`, if anything was.
    fn commit_until(&mut self, released: Nanos, effects: &mut Effects) -> bool {
        if effects.records.is_empty() && effects.kills.is_empty() {
            return true;
        }
        log_lines(&effects.lines);
        let mut inputs = vec![self.end.next(tick(released))];
        for kill in std::mem::take(&mut effects.kills) {
            inputs.push(self.end.control(kill, released));
        }
        self.commit(inputs, effects)
    }

    fn commit(&mut self, inputs: Vec<InputEvent>, effects: &mut Effects) -> bool {
        telemetry::count(self.number, inputs.len(), effects);
        let commit = Commit {
            worker: self.number,
            inputs,
            rows: Vec::new(),
            layouts: Vec::new(),
            records: std::mem::take(&mut effects.records),
            bars: Vec::new(),
            recorded_at: self.clock.now(),
        };
        let ticket = self.ledger.submit(commit);
        self.ticket = ticket.as_ref().ok().copied().or(self.ticket);
        ticket.is_ok()
    }
}

/// Notes on the universe's log how far everything has been delivered.
fn tick(released: Nanos) -> Arrival {
    Arrival { instrument: InstrumentIndex::NONE, ts_event: released, ts_init: released, payload: Payload::Tick }
}

/// Sends a reply; nobody may wait for it any more.
fn answer<T>(reply: oneshot::Sender<T>, value: T) {
    drop(reply.send(value));
}

/// Guests' lines in the operator's log.
fn log_lines(lines: &[GuestLine]) {
    for GuestLine { deployment, instrument, line } in lines {
        let instrument = instrument.as_ref().map_or("all", |id| id.as_str());
        match line.level {
            0 | 1 => tracing::debug!(target: "guest", %deployment, instrument, "{}", line.message),
            2 => tracing::info!(target: "guest", %deployment, instrument, "{}", line.message),
            3 => tracing::warn!(target: "guest", %deployment, instrument, "{}", line.message),
            _ => tracing::error!(target: "guest", %deployment, instrument, "{}", line.message),
        }
    }
}
