//! A host in a directory of its own: ledger and engine, and what they said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sconce_domain::symbol::Resolver;
use sconce_domain::{
    Clock, DeploymentSpec, Digest, Instrument, Nanos, Outcome, Output, OutputId, PostureChange, PostureOptions, Record,
    Stage, StrategyLogLine, Timeframe,
};
use sconce_engine::{Admitted, Engine, EngineError, EngineOptions, Prepared, Verifier, admit, prepare, reconcile};
use sconce_ledger::{DataDir, FsyncPolicy, Ledger, LedgerOptions};
use sconce_market::{BarPolicy, FirstPartial};

use crate::double::Double;
use crate::guest::Recipe;
use crate::market::Script;

/// A clock that stands still: nothing that is said depends on it.
#[derive(Debug)]
struct Frozen;

impl Clock for Frozen {
    fn now(&self) -> Nanos {
        Nanos(1)
    }
}

pub(crate) fn policy() -> BarPolicy {
    BarPolicy { first_partial: FirstPartial::Include, ..BarPolicy::default() }
}

/// A deployment that a test wants.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) recipe: Recipe,
    pub(crate) spec: DeploymentSpec,
}

/// A deployment of `recipe` on all instruments at minute bars.
pub(crate) fn wanted(id: &str, recipe: Recipe) -> Wanted {
    let spec = DeploymentSpec {
        id: id.parse().expect("a valid id"),
        plugin: id.to_owned(),
        name: String::new(),
        description: String::new(),
        category: String::new(),
        instruments: vec!["*".to_owned()],
        timeframes: vec![Timeframe::M1],
        stage: Stage::Active,
        shadow_of: None,
        every_seconds: None,
        grants: vec!["history".to_owned(), "posture".to_owned()],
        limits: sconce_domain::Limits::default(),
        config: serde_json::json!({}),
    };
    Wanted { recipe, spec }
}

impl Wanted {
    pub(crate) fn version(&self, version: u32) -> Self {
        Wanted { recipe: Recipe { version, ..self.recipe.clone() }, spec: self.spec.clone() }
    }

    pub(crate) fn prepare(&self, plugins: &Double, instruments: &[Instrument]) -> Prepared {
        let plugin = plugins.load(&self.recipe);
        prepare(plugins, &Resolver::new(instruments.to_vec()), &self.spec, plugin).expect("it can run")
    }
}

/// How postures move in these tests.
pub(crate) fn rule() -> PostureOptions {
    PostureOptions { driver: "driver".parse().expect("a valid id"), ..PostureOptions::default() }
}

/// A ledger and an engine over it.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) dir: DataDir,
    pub(crate) ledger: Ledger,
    pub(crate) plugins: Arc<Double>,
    pub(crate) engine: Engine,
}

/// So many workers, and a checkpoint after so many events.
pub(crate) fn options(workers: u32, checkpoint_events: u64) -> EngineOptions {
    EngineOptions { workers, policy: policy(), checkpoint_events }
}

/// Options of a ledger that waits for nobody.
pub(crate) fn ledger_options() -> LedgerOptions {
    LedgerOptions {
        fsync: FsyncPolicy::Off,
        gather: Duration::ZERO,
        clock: Arc::new(Frozen),
        ..LedgerOptions::default()
    }
}

/// The directory, once the life before has let go of it: its workers do when they have seen that nobody sends any more.
fn free(root: &Path) -> DataDir {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match DataDir::open(root) {
            Ok(dir) => return dir,
            Err(error) => assert!(Instant::now() < deadline, "nobody else holds the directory: {error}"),
        }
        std::thread::yield_now();
    }
}

impl Host {
    pub(crate) fn open(root: &Path, plugins: &Arc<Double>, workers: u32) -> Self {
        Self::try_open(root, plugins, &options(workers, 64), ledger_options()).expect("starts")
    }

    pub(crate) fn try_open(
        root: &Path,
        plugins: &Arc<Double>,
        options: &EngineOptions,
        ledger: LedgerOptions,
    ) -> Result<Self, EngineError> {
        let dir = free(root);
        let (ledger, recovery) = Ledger::open(&dir, ledger).expect("opens");
        let shared = Arc::clone(plugins) as Arc<dyn sconce_domain::ports::Plugins>;
        let engine = Engine::start(ledger.clone(), &recovery, &shared, Arc::new(Frozen), options)?;
        Ok(Host { dir, ledger, plugins: Arc::clone(plugins), engine })
    }

    /// Makes the instruments known and puts exactly these deployments in force.
    pub(crate) async fn desire(&self, instruments: &[Instrument], wanted: &[Wanted]) {
        let script = Script::new(instruments.to_vec(), Vec::new());
        self.engine.open_market(&script, &[], Nanos(0)).await.expect("the market opens");
        self.engine.set_posture(&rule()).await.expect("the rule is taken");
        let desired: Vec<Prepared> = wanted
            .iter()
            .map(|wanted| {
                self.dir.put_artifact(&wanted.recipe.artifact()).expect("the artefact is kept");
                wanted.prepare(&self.plugins, instruments)
            })
            .collect();
        let Admitted { admitted: desired, refused } = admit(desired);
        assert!(refused.is_empty(), "{refused:?}");
        let running = self.engine.deployments().await.expect("the workers answer");
        let controls = reconcile(&desired, &running, self.engine.next_moment());
        self.engine.apply(controls).await.expect("the workers take controls");
    }

    pub(crate) async fn feed(&self, script: &Script) {
        self.engine.run_feed(script, None).await.expect("the feed runs");
    }

    /// Closes the ledger under the engine's feet, as a killed process does, and waits until the directory is free.
    pub(crate) fn drop_it(self) {
        let root = self.dir.root().to_owned();
        self.ledger.close();
        drop(self);
        drop(free(&root));
    }

    pub(crate) fn verifier(&self, plugins: &Arc<Double>) -> Verifier {
        let plugins = Arc::clone(plugins) as Arc<dyn sconce_domain::ports::Plugins>;
        Verifier::new(self.ledger.clone(), self.dir.clone(), plugins)
    }

    /// Waits until everything that was sent is in the ledger, then reads it.
    pub(crate) async fn said(&self) -> Said {
        self.engine.shutdown().await.expect("shuts down");
        Said::read(&self.ledger).await
    }
}

/// What the ledger holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) outputs: BTreeMap<OutputId, String>,
    pub(crate) lines: BTreeMap<String, u32>,
    pub(crate) starts: BTreeSet<String>,
    pub(crate) faults: BTreeMap<String, u32>,
    pub(crate) moves: Vec<PostureChange>,
    /// By output and horizon.
    pub(crate) outcomes: BTreeMap<(OutputId, i64), Outcome>,
}

impl Said {
    pub(crate) async fn read(ledger: &Ledger) -> Self {
        let mut said = Said::default();
        for entry in ledger.entries(0, u32::MAX).await.expect("reads") {
            said.take(entry.record);
        }
        said
    }

    pub(crate) fn take(&mut self, record: Record) {
        match record {
            Record::Output(output) => {
                let canonical = String::from_utf8(output.canonical()).expect("JSON");
                let before = self.outputs.insert(output.id, canonical);
                assert_eq!(before, None, "said twice");
            }
            Record::StrategyLog(line) => *self.lines.entry(text(&line)).or_default() += 1,
            Record::Fault(fault) => *self.faults.entry(format!("{fault:?}")).or_default() += 1,
            Record::Generation(mut start) => {
                // Where rows are taped depends on how instruments are spread; what they hold does not.
                start.worker = 0;
                start.warm_up = start.warm_up.map(|(first, last)| (0, last - first));
                assert!(self.starts.insert(format!("{start:?}")), "started twice: {start:?}");
            }
            Record::Posture(change) => {
                // Workers take turns in the ledger; each instrument's moves are in order.
                let before = self.moves.iter().rfind(|other| other.instrument == change.instrument);
                assert!(before.is_none_or(|before| before.to == change.from && before.as_of <= change.as_of));
                let key = |change: &PostureChange| (change.as_of, change.instrument.clone());
                let at = self.moves.partition_point(|other| key(other) <= key(&change));
                self.moves.insert(at, *change);
            }
            Record::Outcome(outcome) => {
                let claim = &outcome.claim;
                let before = self.outcomes.insert((claim.id, claim.horizon), *outcome.clone());
                assert_eq!(before, None, "judged twice");
            }
            Record::Observation(_) | Record::Desired(_) | Record::Audit(_) => {}
        }
    }

    /// The first few differences, for people.
    pub(crate) fn differences(&self, other: &Said) -> Vec<String> {
        let texts = |said: &Said| -> BTreeSet<String> {
            let counted = |(text, count): (&String, &u32)| format!("{count} x {text}");
            let lines = said.lines.iter().chain(&said.faults).map(counted);
            let outcomes = said.outcomes.values().map(|outcome| format!("{outcome:?}"));
            let moves = said.moves.iter().map(|change| format!("{change:?}"));
            said.outputs
                .values()
                .cloned()
                .chain(lines)
                .chain(said.starts.iter().cloned())
                .chain(moves)
                .chain(outcomes)
                .collect()
        };
        let (ours, theirs) = (texts(self), texts(other));
        let only = |side: &str, a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
            a.difference(b).take(3).map(|text| format!("only {side}: {text}")).collect()
        };
        [only("left", &ours, &theirs), only("right", &theirs, &ours)].concat()
    }

    pub(crate) fn outputs(&self) -> Vec<Output> {
        self.outputs.values().map(|text| serde_json::from_str(text).expect("JSON")).collect()
    }

    pub(crate) fn of(&self, deployment: &str) -> Vec<Output> {
        let mut own: Vec<Output> =
            self.outputs().into_iter().filter(|output| output.deployment.as_str() == deployment).collect();
        own.sort_by_key(|output| (output.as_of, output.instrument.clone(), output.ordinal));
        own
    }
}

fn text(line: &StrategyLogLine) -> String {
    format!("{line:?}")
}

/// Digest of a recipe's artefact.
pub(crate) fn digest(recipe: &Recipe) -> Digest {
    Digest::of(&recipe.artifact())
}
