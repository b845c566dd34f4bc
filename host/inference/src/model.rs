//! One version of a model, loaded and tried: its graph, and everything that is said about it.

use std::sync::Arc;
use std::time::Duration;

use crate::backend::{BackendInfo, Port, Runtime};
use crate::digest::sha256;
use crate::features::{FeaturePlan, FeatureRow};
use crate::graph::Survey;
use crate::graphs::{Graphs, OpenGraph};
use crate::manifest::{Entry, GoldenFile, Input, Listed};
use crate::pool::RunFailure;
use crate::predict::Prepared;

/// What a model may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelLimits {
    /// Sessions, so calls at the same time.
    pub sessions: usize,
    /// Real time of one run.
    pub run: Duration,
    /// Real time of reading the graph.
    pub load: Duration,
    /// Windows of one run; more are run one batch after another.
    pub batch: usize,
}

impl Default for ModelLimits {
    fn default() -> Self {
        ModelLimits { sessions: 2, run: Duration::from_secs(2), load: Duration::from_secs(10), batch: 256 }
    }
}

/// Why a version is not put into force, in words for its author.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is not the one that the manifest speaks of.
    #[error("`{file}` is not what the manifest says: its digest is {found}")]
    Digest {
        /// Which file.
        file: String,
        /// Digest of what lies there.
        found: String,
    },
    /// The graph is refused before it is read.
    #[error("{0}")]
    Graph(String),
    /// The runtime cannot read it.
    #[error("{backend} cannot read the graph: {reason}")]
    Backend {
        /// Which runtime.
        backend: &'static str,
        /// What it says.
        reason: String,
    },
    /// The graph takes or gives something else than the manifest says.
    #[error("the {what} of the graph is {found}, and has to be {needed}")]
    Shape {
        /// `input` or `output`.
        what: &'static str,
        /// Its dimensions.
        found: String,
        /// Those that the manifest asks for.
        needed: String,
    },
    /// It did not come through its trial.
    #[error("{0}")]
    Trial(String),
    /// The golden file is broken.
    #[error("the golden file is unusable: {0}")]
    GoldenFile(String),
    /// The golden run has no answer.
    #[error("the golden window has no answer: {0}")]
    GoldenRun(String),
    /// The answer is another.
    #[error("the golden window gives {found} where {expected} is expected")]
    Golden {
        /// What came out.
        found: f64,
        /// What should.
        expected: f64,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Model {
    listed: Listed,
    plan: FeaturePlan,
    backend: BackendInfo,
    graph: Arc<OpenGraph>,
}

/// A graph, and how it is fed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunShape {
    graph: usize,
    dims: Vec<usize>,
    width: usize,
}

impl Model {
    /// Loads a version aside and tries it on its golden window. Its graph is taken from `graphs` where another version uses it.
    ///
    /// # Errors
    /// When it must not answer anybody.
    pub fn load(
        listed: Listed,
        graph: &[u8],
        golden: &[u8],
        graphs: &Graphs,
        (runtime, limits): (&Runtime, &ModelLimits),
    ) -> Result<Self, LoadError> {
        Self::screen(&listed, graph, golden)?;
        let entry = &listed.entry;
        let plan = FeaturePlan::parse(&entry.features, entry.timeframe)
            .map_err(|error| LoadError::Graph(error.to_string()))?;
        let backend = runtime.backend.info().clone();
        let refused = |reason| LoadError::Backend { backend: backend.name, reason };
        let graph = graphs.open(&entry.digest, graph, runtime, limits).map_err(refused)?;
        let input: Vec<_> = std::iter::once(None).chain(window_dims(entry).into_iter().map(Some)).collect();
        fits("input", &graph.input, &input)?;
        fits("output", &graph.output, &[None, Some(entry.outputs())])?;
        let model = Model { plan, backend, graph, listed };
        model.try_golden(golden)?;
        Ok(model)
    }

    /// Looks at the files of a version from outside: whether they are those that its entry speaks of, and what the graph is
    /// made of. No backend reads anything.
    ///
    /// # Errors
    /// When no backend should.
    pub fn screen(listed: &Listed, graph: &[u8], golden: &[u8]) -> Result<(), LoadError> {
        let entry = &listed.entry;
        same(&entry.file, graph, &entry.digest)?;
        same(&entry.golden.file, golden, &entry.golden.digest)?;
        Survey::of(graph).map(drop).map_err(|error| LoadError::Graph(error.to_string()))
    }

    /// What is said about it.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.listed.entry
    }

    /// The same with its coin and version.
    pub(crate) fn listed(&self) -> &Listed {
        &self.listed
    }

    /// Base symbol.
    #[must_use]
    pub fn coin(&self) -> &str {
        &self.listed.coin
    }

    /// `sha256:` of everything that is said about it, the digest of its graph included.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.listed.version
    }

    /// Who runs it.
    #[must_use]
    pub fn backend(&self) -> &BackendInfo {
        &self.backend
    }

    /// What it is fed.
    #[must_use]
    pub fn plan(&self) -> &FeaturePlan {
        &self.plan
    }

    /// Why it was unloaded, if it was.
    #[must_use]
    pub fn unloaded(&self) -> Option<&str> {
        self.graph.closed()
    }

    /// What it has in common with the models whose windows can go through the graph together with its own.
    pub(crate) fn shape(&self) -> RunShape {
        RunShape {
            graph: Arc::as_ptr(&self.graph).addr(),
            dims: window_dims(self.entry()),
            width: self.entry().outputs(),
        }
    }

    /// Runs the graph on windows, several at once; the numbers of each are as the graph gives them.
    pub(crate) fn run(&self, windows: &[&Prepared]) -> Result<Vec<Vec<f64>>, RunFailure> {
        self.graph.run(windows, &window_dims(self.entry()), self.entry().outputs())
    }

    fn try_golden(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let unusable = |reason: String| LoadError::GoldenFile(reason);
        let golden: GoldenFile = serde_json::from_slice(bytes).map_err(|error| unusable(error.to_string()))?;
        if golden.input.len() != self.entry().window || golden.output.len() != self.entry().outputs() {
            return Err(unusable("it has another number of rows or outputs than the manifest says".to_owned()));
        }
        let tolerance = golden.tolerance;
        if !(0.0..=0.01).contains(&tolerance) {
            return Err(unusable(format!("a tolerance of {tolerance} is not 0 to 0.01")));
        }
        let row = |values: &Vec<f64>| FeatureRow { ts: sconce_domain::Nanos(0), close: 1.0, values: values.clone() };
        let rows: Vec<FeatureRow> = golden.input.iter().map(row).collect();
        let prepared = Prepared::of(self.entry(), &rows).map_err(|error| unusable(error.to_string()))?;
        let no_answer = |reason: String| LoadError::GoldenRun(reason);
        // Twice beside itself: a graph whose batch is not free shows it here.
        let answers = self.run(&[&prepared, &prepared]).map_err(|error| no_answer(error.to_string()))?;
        for answer in answers {
            let found = self.entry().unscaled(&answer).map_err(|error| no_answer(error.to_string()))?;
            for (found, expected) in found.into_iter().zip(&golden.output) {
                if (found - expected).abs() > tolerance {
                    return Err(LoadError::Golden { found, expected: *expected });
                }
            }
        }
        Ok(())
    }
}

/// Dimensions of one window, as the graph takes it.
fn window_dims(entry: &Entry) -> Vec<usize> {
    match entry.input {
        Input::Window => vec![entry.window, entry.features.len()],
        Input::Summary => vec![5 * entry.features.len()],
    }
}

fn same(file: &str, bytes: &[u8], digest: &str) -> Result<(), LoadError> {
    let found = sha256(bytes);
    if found == digest { Ok(()) } else { Err(LoadError::Digest { file: file.to_owned(), found }) }
}

/// A dimension that the graph leaves open fits any size; one that is asked to be open has to be so.
fn fits(what: &'static str, port: &Port, needed: &[Option<usize>]) -> Result<(), LoadError> {
    let fit = |(found, needed): (&Option<usize>, &Option<usize>)| found.is_none() || found == needed;
    if port.dims.len() == needed.len() && port.dims.iter().zip(needed).all(fit) {
        return Ok(());
    }
    Err(LoadError::Shape { what, found: dims(&port.dims), needed: dims(needed) })
}

fn dims(dims: &[Option<usize>]) -> String {
    let sizes = dims.iter().map(|dim| dim.map_or_else(|| "any".to_owned(), |size| size.to_string()));
    format!("[{}]", sizes.collect::<Vec<_>>().join(", "))
}
