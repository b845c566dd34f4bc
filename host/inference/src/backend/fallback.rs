//! RTen: a runtime in pure Rust, for hosts without the library of ONNX Runtime. It has no trees, and a run of it cannot be
//! stopped, so graphs with loops are refused; what takes longer than the limit is refused afterwards.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use rten::{Dimension, Model, NodeId, RunOptions, ThreadPool, Value, ValueType};
use rten_tensor::prelude::*;
use rten_tensor::{Tensor, TensorView};
use sconce_domain::Stopwatch;

use super::{BackendInfo, Graph, InferenceBackend, Port, RunError, Session, brief, only};
use crate::graph::Survey;

/// Its version, which it does not tell itself.
const VERSION: &str = "0.27";

/// See the module.
#[derive(Debug)]
pub struct Fallback {
    info: BackendInfo,
    threads: Arc<ThreadPool>,
}

impl Fallback {
    /// Starts its one thread.
    #[must_use]
    pub fn new() -> Self {
        let info = BackendInfo { name: "rten", version: VERSION.to_owned() };
        Fallback { info, threads: Arc::new(ThreadPool::with_num_threads(1)) }
    }
}

impl Default for Fallback {
    fn default() -> Self {
        Self::new()
    }
}

impl InferenceBackend for Fallback {
    fn info(&self) -> &BackendInfo {
        &self.info
    }

    fn open(&self, bytes: &[u8], limit: Duration) -> Result<Arc<dyn Graph>, String> {
        let survey = Survey::of(bytes).map_err(|error| error.to_string())?;
        if let Some(tree) = survey.operators.iter().find(|op| op.starts_with("TreeEnsemble")) {
            return Err(format!("`{tree}` needs ONNX Runtime, whose library was not found"));
        }
        if let Some(op) = survey.loops() {
            return Err(format!("`{op}` needs ONNX Runtime, whose runs can be stopped"));
        }
        let began = Stopwatch::start();
        let model = guarded(|| Model::load(bytes.to_vec()).map_err(|error| brief(&error)))?;
        if began.nanos() > nanos(limit) {
            return Err(format!("the graph took longer than {limit:?} to load"));
        }
        let (in_id, out_id) =
            (only("input", model.input_ids().to_vec())?, only("output", model.output_ids().to_vec())?);
        let (input, output) = (port(&model, "input", in_id)?, port(&model, "output", out_id)?);
        let model = Arc::new(model);
        Ok(Arc::new(Opened { model, threads: Arc::clone(&self.threads), ids: (in_id, out_id), input, output }))
    }
}

struct Opened {
    model: Arc<Model>,
    threads: Arc<ThreadPool>,
    ids: (NodeId, NodeId),
    input: Port,
    output: Port,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("input", &self.input).field("output", &self.output).finish_non_exhaustive()
    }
}

impl Graph for Opened {
    fn input(&self) -> &Port {
        &self.input
    }

    fn output(&self) -> &Port {
        &self.output
    }

    fn session(&self) -> Result<Box<dyn Session>, String> {
        let (model, threads) = (Arc::clone(&self.model), Arc::clone(&self.threads));
        Ok(Box::new(Running { model, threads, ids: self.ids }))
    }
}

fn port(model: &Model, what: &str, id: NodeId) -> Result<Port, String> {
    let info = model.node_info(id).ok_or_else(|| format!("the {what} of the graph is not described"))?;
    if info.dtype().is_some_and(|dtype| dtype != ValueType::Tensor(rten::DataType::Float)) {
        return Err(format!("the {what} of the graph has to be a tensor of float32"));
    }
    let dims = info.shape().ok_or_else(|| format!("the {what} of the graph has no shape"))?;
    let size = |dim: Dimension| match dim {
        Dimension::Fixed(size) => Some(size),
        Dimension::Symbolic(_) => None,
    };
    Ok(Port { name: info.name().unwrap_or_default().to_owned(), dims: dims.into_iter().map(size).collect() })
}

struct Running {
    model: Arc<Model>,
    threads: Arc<ThreadPool>,
    ids: (NodeId, NodeId),
}

impl Session for Running {
    fn run(&mut self, input: &[f32], shape: &[usize], limit: Duration) -> Result<Vec<f32>, RunError> {
        if shape.iter().product::<usize>() != input.len() {
            return Err(RunError::Failed("the input does not fit its shape".to_owned()));
        }
        let began = Stopwatch::start();
        let answer = guarded(|| {
            let tensor = TensorView::from_data(shape, input);
            let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.threads)));
            let outputs = self.model.run(vec![(self.ids.0, tensor.into())], &[self.ids.1], Some(options));
            let output: Value = only("output", outputs.map_err(|error| brief(&error))?)?;
            let tensor: Tensor<f32> = output.try_into().map_err(|_| "the output is no tensor of float32".to_owned())?;
            Ok(tensor.to_vec())
        });
        if began.nanos() > nanos(limit) {
            return Err(RunError::Deadline(limit));
        }
        answer.map_err(RunError::Failed)
    }
}

/// A graph that nobody thought of may meet an assertion of the runtime; it costs the graph and nothing else.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the runtime met a graph that it cannot handle".to_owned()))
}

fn nanos(limit: Duration) -> u64 {
    u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX)
}
