//! A plugin's behaviour as data, and the instance that behaves so. Every answer depends on the rows and on nothing else,
//! apart from the emergency brake, which a test pulls.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sconce_domain::deployment::Memory;
use sconce_domain::ports::{Fault, GuestLog, RowCall, RowHistory, StartInstance, Strategy};
use sconce_domain::time::MINUTE;
use sconce_domain::{Body, Direction, Nanos, RowBlock, Said, Scalar, Scope, Signal, Trigger};
use serde::{Deserialize, Serialize};

/// What an instance remembers and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// The present row only.
    Labeller,
    /// Everything since its start.
    Ema,
    /// The newest so many rows.
    Mean(u32),
    /// All instruments: one word per row, one about all of them, and a sum when the moment is complete.
    Breadth,
    /// Like `Ema`, but fails at every row whose minute is a multiple of the number.
    Moody(Mood, u32),
    /// Like `Breadth`, but fails so at every row of the second instrument.
    Crowd(Mood, u32),
    /// Like `Ema`, but traps on each row whose minute leaves this remainder by 97, in a warm-up as well.
    Poisoned(u32),
    /// Says what the newest row of `history` is.
    Peeker,
    /// Never has enough.
    NeverReady,
    /// A probability of 0.9 above the mean, and 0.1 below.
    Driver,
    /// Says the sum of what it is shown of its posture; proposes flat after four minutes, short at every seventh minute.
    Guard,
}

/// How a moody instance fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Mood {
    Trap,
    Fuel,
    Deadline,
    Internal,
    BadOutput,
    BadInput,
}

/// How an instance's state outlives the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) enum Keeps {
    /// It does not.
    #[default]
    Nothing,
    /// In snapshots.
    Snapshots,
    /// It remembers so many rows.
    Rows(u32),
    /// It dies when it is asked for a snapshot.
    DiesOfSnapshots,
}

/// A plugin; its JSON is the artefact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recipe {
    pub(crate) kind: Kind,
    pub(crate) version: u32,
    pub(crate) columns: Vec<String>,
    pub(crate) look_back: u32,
    pub(crate) every_seconds: Option<u32>,
    #[serde(default)]
    pub(crate) keeps: Keeps,
}

impl Kind {
    /// How much of the past decides what it says. `Mean` takes a row without a close as none, so twice as many as it sums up
    /// are asked for; what it peeks at comes from `history`.
    pub(crate) fn memory(self) -> Memory {
        match self {
            Kind::Labeller | Kind::Peeker => Memory::Finite(0),
            Kind::Mean(rows) => Memory::Finite(2 * rows),
            _ => Memory::Unbounded,
        }
    }

    pub(crate) fn scope(self) -> Scope {
        if matches!(self, Kind::Breadth | Kind::Crowd(..)) { Scope::Universe } else { Scope::Instrument }
    }
}

impl Recipe {
    pub(crate) fn new(kind: Kind) -> Self {
        let columns = vec!["close".to_owned(), "sma_3".to_owned()];
        Recipe { kind, version: 1, columns, look_back: 4, every_seconds: None, keeps: Keeps::default() }
    }

    /// The same kind on other columns.
    pub(crate) fn reading(kind: Kind, columns: &[&str]) -> Self {
        Recipe { columns: columns.iter().map(|column| (*column).to_owned()).collect(), ..Recipe::new(kind) }
    }

    /// What stands guard over postures.
    pub(crate) fn guard() -> Self {
        let columns = ["posture", "posture_age", "entry_price", "posture_peak", "posture_base_low"];
        Recipe::reading(Kind::Guard, &columns)
    }

    /// The abilities that it asks for.
    pub(crate) fn abilities(&self) -> Vec<String> {
        let ability = match self.kind {
            Kind::Peeker => "history",
            Kind::Guard => "posture",
            _ => return Vec::new(),
        };
        vec![ability.to_owned()]
    }

    pub(crate) fn artifact(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a recipe has string keys")
    }
}

/// One running instance.
#[derive(Debug)]
pub(crate) struct Guest {
    recipe: Recipe,
    brake: Arc<AtomicBool>,
    history: Option<Arc<dyn RowHistory>>,
    dead: bool,
    level: f64,
    rows: i64,
    window: VecDeque<f64>,
    newest: BTreeMap<u32, f64>,
    log: Vec<GuestLog>,
}

impl Guest {
    pub(crate) fn new(recipe: Recipe, start: StartInstance, brake: Arc<AtomicBool>) -> Self {
        Guest {
            recipe,
            brake,
            history: start.history,
            dead: false,
            level: 0.0,
            rows: 0,
            window: VecDeque::new(),
            newest: BTreeMap::new(),
            log: Vec::new(),
        }
        .restored(start.snapshot.as_deref())
    }

    fn restored(mut self, snapshot: Option<&[u8]>) -> Self {
        if let Some(state) = snapshot {
            (self.level, self.rows, self.window, self.newest) = serde_json::from_slice(state).expect("its own");
        }
        self
    }

    fn take(&mut self, call: &RowCall<'_>) {
        let Some(value) = call.values.first().copied().filter(|value| value.is_finite()) else { return };
        self.rows += 1;
        self.level = 0.9 * self.level + 0.1 * value;
        self.newest.insert(call.instrument, value);
        self.window.push_back(value);
        while self.window.len() > 5 {
            self.window.pop_front();
        }
    }

    fn is_poison(&self, ts: Nanos) -> bool {
        matches!(self.recipe.kind, Kind::Poisoned(rest) if ts.0 / MINUTE % 97 == i64::from(rest))
    }

    fn fault(&self, call: &RowCall<'_>) -> Option<Fault> {
        if self.is_poison(call.ts) {
            return Some(Fault::Trap("poison".to_owned()));
        }
        let (mood, every) = match self.recipe.kind {
            Kind::Moody(mood, every) => (mood, every),
            Kind::Crowd(mood, every) if call.instrument == 1 => (mood, every),
            _ => return None,
        };
        if (call.ts.0 / MINUTE) % i64::from(every) != 0 {
            return None;
        }
        match mood {
            Mood::Trap => Some(Fault::Trap("unreachable".to_owned())),
            Mood::Fuel => Some(Fault::OutOfFuel(1_000)),
            Mood::Deadline => self.brake.load(Ordering::Relaxed).then_some(Fault::Deadline),
            Mood::Internal => Some(Fault::Internal("a defect".to_owned())),
            Mood::BadOutput => Some(Fault::BadOutput("a score that is not finite".to_owned())),
            Mood::BadInput => Some(Fault::BadInput("this row".to_owned())),
        }
    }

    fn say(&self, call: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        let value = |column: usize| call.values.get(column).copied().unwrap_or(f64::NAN);
        let own = |score: f64| vec![self.word(None, score, self.level)];
        Ok(match self.recipe.kind {
            Kind::Labeller if value(0).is_finite() => vec![self.word(None, value(0), value(1))],
            Kind::Labeller => Vec::new(),
            Kind::Mean(n) => {
                let mean = self.window.iter().rev().take(n as usize).sum::<f64>() / f64::from(n);
                vec![self.word(None, mean, value(0))]
            }
            Kind::Ema | Kind::Moody(..) | Kind::Poisoned(_) => own(self.level + self.rows as f64),
            _ if call.trigger.contains(Trigger::COHORT) => own(self.newest.values().sum()),
            Kind::Breadth | Kind::Crowd(..) => {
                [Some(call.instrument), None].map(|about| self.word(about, value(0), self.level)).into()
            }
            Kind::Peeker => {
                let seen = self.history.as_ref().map(|history| history.rows(3)).unwrap_or_default();
                if let Some(peeked) = seen.ts.iter().find(|ts| **ts >= call.ts) {
                    return Err(Fault::Internal(format!("saw {peeked} at {}", call.ts)));
                }
                own(seen.columns.first().map_or(0.0, |closes| closes.iter().filter(|close| close.is_finite()).sum()))
            }
            Kind::NeverReady => return Err(Fault::NotReady(5)),
            Kind::Driver if !(value(0) - value(1)).is_finite() => Vec::new(),
            Kind::Driver => vec![self.worded(value(0), value(1), |signal| {
                signal.probability = Some(if value(0) > value(1) { 0.9 } else { 0.1 });
            })],
            Kind::Guard => {
                let sum = call.values.iter().filter(|value| value.is_finite()).sum();
                let proposal = match (value(0), value(1)) {
                    (posture, age) if posture != 0.0 && age > 240.0 => Some("flat"),
                    (posture, _) if posture == 0.0 && call.ts.0 / MINUTE % 7 == 0 => Some("short"),
                    _ => None,
                };
                vec![self.worded(sum, 0.0, |signal| {
                    let attribute = |word: &str| ("posture".to_owned(), Scalar::Text(word.to_owned()));
                    signal.attributes.extend(proposal.map(attribute));
                })]
            }
        })
    }

    /// A word about its own instrument, changed in some way.
    fn worded(&self, score: f64, against: f64, change: impl FnOnce(&mut Signal)) -> Said {
        let mut said = self.word(None, score, against);
        if let Body::Signal(signal) = &mut said.body {
            change(signal);
        }
        said
    }

    fn word(&self, instrument: Option<u32>, score: f64, against: f64) -> Said {
        let up = score > against;
        let score = if score.is_finite() { score } else { 0.0 };
        let label = if up { "Accumulation" } else { "Distribution" };
        Said {
            instrument,
            body: Body::Signal(Signal {
                label: format!("{label} {}", self.recipe.version),
                direction: if up { Direction::Long } else { Direction::Short },
                score,
                probability: None,
                horizon: None,
                levels: Vec::new(),
                attributes: vec![("version".to_owned(), Scalar::Int(i64::from(self.recipe.version)))],
                finding: false,
            }),
        }
    }
}

impl Strategy for Guest {
    fn warm_up(&mut self, block: &RowBlock) -> Result<(), Fault> {
        if block.ts.iter().any(|ts| self.is_poison(*ts)) {
            self.dead = true;
            return Err(Fault::Trap("poison".to_owned()));
        }
        let mut values = Vec::new();
        for row in 0..block.len() {
            block.row_into(row, &mut values);
            let instrument = block.instrument[row];
            self.take(&RowCall { ts: block.ts[row], trigger: block.trigger[row], instrument, values: &values });
        }
        Ok(())
    }

    fn on_row(&mut self, call: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        if self.dead {
            return Err(Fault::Trap("called after its end".to_owned()));
        }
        self.take(call);
        self.log.push(GuestLog { level: 1, message: format!("row at {}", call.ts) });
        if let Some(fault) = self.fault(call) {
            self.dead = fault.kills_instance();
            return Err(fault);
        }
        self.say(call)
    }

    fn run(&mut self, block: &RowBlock) -> Result<Vec<(u32, Said)>, Fault> {
        let mut said = Vec::new();
        let mut values = Vec::new();
        for (row, position) in (0..block.len()).zip(0_u32..) {
            block.row_into(row, &mut values);
            let instrument = block.instrument[row];
            let call = RowCall { ts: block.ts[row], trigger: block.trigger[row], instrument, values: &values };
            said.extend(self.on_row(&call)?.into_iter().map(|word| (position, word)));
        }
        Ok(said)
    }

    fn snapshot(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        match self.recipe.keeps {
            Keeps::Nothing | Keeps::Rows(_) => Ok(None),
            Keeps::Snapshots => {
                let state = (self.level, self.rows, &self.window, &self.newest);
                Ok(Some(serde_json::to_vec(&state).expect("numbers are finite")))
            }
            Keeps::DiesOfSnapshots => {
                self.dead = true;
                Err(Fault::Trap("unreachable".to_owned()))
            }
        }
    }

    fn last_fuel(&self) -> u64 {
        self.rows.unsigned_abs()
    }

    fn take_log(&mut self) -> Vec<GuestLog> {
        std::mem::take(&mut self.log)
    }
}
