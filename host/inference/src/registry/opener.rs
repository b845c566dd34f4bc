//! Opening versions: screened, tried aside where there is a place for that, then opened here. Knows no folder and no state.

use std::sync::Arc;

use crate::backend::Runtime;
use crate::graphs::Graphs;
use crate::manifest::Listed;
use crate::model::{LoadError, Model, ModelLimits};
use crate::trial::{Candidate, Trial};

/// See the module.
#[derive(Debug)]
pub(super) struct Opener {
    pub(super) runtime: Runtime,
    pub(super) limits: ModelLimits,
    pub(super) trial: Option<Arc<dyn Trial>>,
    pub(super) graphs: Graphs,
}

impl Opener {
    /// Opens a version. `tried_by`: the runtime with which these very files came through a trial before; none is held then.
    pub(super) fn open(
        &self,
        listed: Listed,
        graph: &[u8],
        golden: &[u8],
        tried_by: Option<&str>,
    ) -> Result<Model, LoadError> {
        Model::screen(&listed, graph, golden)?;
        if let Some(trial) = self.trial.as_ref().filter(|_| tried_by != Some(self.name().as_str())) {
            trial.attempt(&Candidate { listed: &listed, graph, golden }).map_err(LoadError::Trial)?;
        }
        Model::load(listed, graph, golden, &self.graphs, (&self.runtime, &self.limits))
    }

    /// What is kept of a trial that a version came through; nothing where none was held.
    pub(super) fn tried_by(&self) -> Option<String> {
        self.trial.as_ref().map(|_| self.name())
    }

    fn name(&self) -> String {
        self.runtime.backend.info().to_string()
    }
}
