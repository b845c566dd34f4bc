//! Pre-flights: a deployment that may come into force is shown the newest rows of the tape, beside the one that is.
//!
//! Both are instances of their own that begin with the first of these rows, off the workers, and are dropped at the end. A
//! deployment of universe scope is shown the rows of all its instruments, as the universe's worker would release them.

mod player;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use sconce_domain::ports::{Plugins, Preflight, Tried};
use sconce_domain::time::DAY;
use sconce_domain::{Body, Deployed, InstrumentId, InstrumentIndex, Nanos, Output, Row, Scope};
use sconce_ledger::Ledger;

use crate::deployments::Prepared;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::instance::own_trigger;
use crate::rerun::Layouts;
use player::{Player, Shown};

/// How far back is looked first; four times as far each time after.
const FIRST_LOOK: i64 = DAY;
/// So far back at most.
const LAST_LOOK: i64 = 64 * DAY;

impl Engine {
    /// Shows `candidate` the newest `rows` rows of each of its instruments, beside `present`.
    pub async fn preflight(
        &self,
        candidate: &Prepared,
        present: Option<Arc<Deployed>>,
        rows: usize,
    ) -> Result<Preflight, EngineError> {
        let candidate = Arc::new(candidate.deployed().clone());
        let Some(now) = self.market_time() else {
            let why = "there are no rows before any data";
            return Ok(Preflight { skipped: Some(why.to_owned()), ..Preflight::default() });
        };
        let of_ledger = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        self.ledger().flush().await.map_err(of_ledger)?;
        let layouts = Layouts::new(self.ledger().layouts().await.map_err(of_ledger)?);
        let streams: Vec<Stream> = candidate.instruments.iter().filter_map(|id| self.stream(id)).collect();
        let stage = Stage {
            plugins: Arc::clone(self.forks().plugins()),
            ledger: self.ledger().clone(),
            layouts,
            present: present.filter(|present| present.scope == candidate.scope).map(|present| {
                // As if it had been in force all along: it is called with rows from before it was.
                Arc::new(Deployed { at: candidate.at, ..Deployed::clone(&present) })
            }),
            candidate,
            now,
            rows,
        };
        let turn = self.forks().turn().await;
        let play = move || {
            let played = stage.play(&streams);
            drop(turn);
            played
        };
        let played = tokio::task::spawn_blocking(play).await;
        played.map_err(|error| {
            EngineError::Request(sconce_domain::error::Failure::internal(format!("a pre-flight broke off: {error}")))
        })?
    }

    fn stream(&self, id: &InstrumentId) -> Option<Stream> {
        let index = self.index_of(id)?;
        let worker = u32::try_from(self.worker_of(index)).ok()?;
        Some(Stream { id: id.clone(), index, worker })
    }
}

/// Where the rows of an instrument are.
struct Stream {
    id: InstrumentId,
    index: InstrumentIndex,
    worker: u32,
}

/// What a pre-flight needs.
struct Stage {
    plugins: Arc<dyn Plugins>,
    ledger: Ledger,
    layouts: Layouts,
    candidate: Arc<Deployed>,
    present: Option<Arc<Deployed>>,
    now: Nanos,
    rows: usize,
}

impl Stage {
    fn play(&self, streams: &[Stream]) -> Result<Preflight, EngineError> {
        let mut preflight = Preflight::default();
        let mut missing = BTreeSet::new();
        let mut all = Vec::new();
        for stream in streams {
            let rows = self.newest(stream)?;
            if let Some(row) = rows.last() {
                missing.extend(self.layouts.lacks(row, &self.candidate.needs.columns));
            }
            match self.candidate.scope {
                Scope::Instrument => {
                    let shown: Vec<Shown> = rows.iter().map(|row| Shown::Row(stream.id.clone(), row.clone())).collect();
                    preflight.instruments.push(self.one(Some(&stream.id), &shown));
                }
                Scope::Universe => all.extend(rows.into_iter().map(|row| (stream.id.clone(), row))),
            }
        }
        if self.candidate.scope == Scope::Universe {
            preflight.instruments.push(self.one(None, &player::released(all)));
        }
        preflight.missing = missing.into_iter().collect();
        Ok(preflight)
    }

    /// The newest rows that the candidate would have been called with, oldest first.
    fn newest(&self, stream: &Stream) -> Result<Vec<Row>, EngineError> {
        let of_ledger = |error: sconce_ledger::LedgerError| EngineError::Ledger(error.into());
        let mut look = FIRST_LOOK;
        loop {
            let from = Nanos(self.now.0.saturating_sub(look));
            let taped = self.ledger.rows_of(stream.worker, stream.index, from, self.now + 1).map_err(of_ledger)?;
            let mut own = VecDeque::with_capacity(self.rows);
            for row in taped {
                let row = row.map_err(of_ledger)?;
                if own_trigger(&self.candidate, row.ts, row.trigger).is_some() {
                    if own.len() == self.rows {
                        own.pop_front();
                    }
                    own.push_back(row);
                }
            }
            if own.len() >= self.rows || look >= LAST_LOOK {
                return Ok(own.into());
            }
            look = look.saturating_mul(4);
        }
    }

    fn one(&self, about: Option<&InstrumentId>, shown: &[Shown]) -> Tried {
        let mut told = Tried {
            instrument: about.cloned(),
            rows: 0,
            said: 0,
            abstained: 0,
            faults: 0,
            first_fault: None,
            present_faults: 0,
            fuel: None,
            present_fuel: None,
            pairs: 0,
            alike: 0,
            first_difference: None,
        };
        let Some(first) = shown.first().map(Shown::ts) else { return told };
        let plugins = self.plugins.as_ref();
        let mut theirs = match Player::start(plugins, &self.candidate, about, first) {
            Ok(player) => player,
            Err(fault) => {
                (told.faults, told.first_fault) = (1, Some(fault.to_string()));
                return told;
            }
        };
        let mut ours = self.present.as_ref().and_then(|present| Player::start(plugins, present, about, first).ok());
        let engine = plugins.fingerprint();
        for shown in shown {
            let beside = ours.as_mut().and_then(|ours| ours.call(shown, &self.layouts, engine));
            let Some(answer) = theirs.call(shown, &self.layouts, engine) else { continue };
            told.present_faults += u64::from(matches!(&beside, Some(Err(fault)) if fault.feeds_breaker()));
            let beside = beside.and_then(Result::ok);
            told.rows += 1;
            match answer {
                Ok(said) if said.is_empty() => told.abstained += 1,
                Ok(said) => {
                    told.said += 1;
                    if let Some(before) = beside.filter(|before| !before.is_empty()) {
                        compare(&mut told, shown.ts(), &words(&before), &words(&said));
                    }
                }
                Err(fault) if fault.feeds_breaker() => {
                    told.faults += 1;
                    told.first_fault.get_or_insert_with(|| fault.to_string());
                    if theirs.is_dead() {
                        // Nobody waits for its rebuild here.
                        break;
                    }
                }
                Err(_) => told.abstained += 1,
            }
        }
        told.fuel = theirs.mean_fuel();
        told.present_fuel = ours.as_ref().and_then(Player::mean_fuel);
        told
    }
}

/// Labels and directions of what was said, and how many points where it is a forecast.
fn words(said: &[Output]) -> String {
    let word = |output: &Output| match &output.body {
        Body::Signal(signal) => format!("{} ({:?})", signal.label, signal.direction).to_lowercase(),
        Body::Forecast(forecast) => format!("forecast of {} points", forecast.points.len()),
    };
    said.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn compare(told: &mut Tried, at: Nanos, before: &str, after: &str) {
    told.pairs += 1;
    if before == after {
        told.alike += 1;
    } else {
        told.first_difference.get_or_insert_with(|| (at, before.to_owned(), after.to_owned()));
    }
}
