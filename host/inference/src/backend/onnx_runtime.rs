//! ONNX Runtime, loaded at run time from a library. One environment serves the whole process; its sessions have one thread
//! each, do not spin, and share the weights that were packed for the processor.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::builder::{GraphOptimizationLevel, LoadCanceler, PrepackedWeights, SessionBuilder};
use ort::session::{RunOptions, Session as OrtSession};
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use super::library::{Candidate, LibrarySearch};
use super::{BackendInfo, Graph, InferenceBackend, Port, RunError, Session, brief, only};
use crate::watchdog::{Stop, Watchdog};

/// Older libraries end the process where a newer one is asked for something they do not have.
const OLDEST_MINOR: u32 = 24;

/// The one environment of the process, once a library was loaded.
static LOADED: OnceLock<Loaded> = OnceLock::new();

#[derive(Debug)]
struct Loaded {
    environment: Environment,
    info: BackendInfo,
    library: PathBuf,
    watchdog: Arc<Watchdog>,
}

/// The library, loaded. Cheap to copy.
#[derive(Copy, Clone, Debug)]
pub struct OnnxRuntime(&'static Loaded);

impl OnnxRuntime {
    /// Loads the first library that works, and says what was passed over. A process loads one at most: later calls give it
    /// again, wherever they look.
    #[must_use]
    pub fn find(search: &LibrarySearch) -> (Option<Self>, Vec<String>) {
        if let Some(loaded) = LOADED.get() {
            return (Some(OnnxRuntime(loaded)), Vec::new());
        }
        let (candidates, mut notes) = search.candidates();
        for candidate in candidates {
            match load(&candidate) {
                Ok(loaded) => return (Some(OnnxRuntime(LOADED.get_or_init(|| loaded))), notes),
                Err(_) if candidate.source == "the system" => {}
                Err(reason) => notes.push(format!("{} ({}): {reason}", candidate.path.display(), candidate.source)),
            }
        }
        notes.push("no library of ONNX Runtime was found; `cargo xtask onnxruntime` fetches one".to_owned());
        (None, notes)
    }
}

fn load(candidate: &Candidate) -> Result<Loaded, String> {
    // Asked first, because nothing else of the library may be called before its version is known to do.
    let minor = ort::util::probe(&candidate.path).ok_or("it cannot be loaded, or is no library of ONNX Runtime 1.x")?;
    if minor < OLDEST_MINOR {
        return Err(format!("version 1.{minor} is too old; 1.{OLDEST_MINOR} or newer is needed"));
    }
    let watchdog = Watchdog::start().map_err(|error| brief(&error))?;
    let builder = ort::init_from(&candidate.path).map_err(|error| brief(&error))?;
    let environment = builder.with_name("sconce").with_telemetry(false).build().map_err(|error| brief(&error))?;
    // What it does step by step is nobody's news.
    environment.set_log_level(LogLevel::Warning);
    let info = BackendInfo { name: "onnxruntime", version: version(&candidate.path, minor) };
    Ok(Loaded { environment, info, library: candidate.path.clone(), watchdog: Arc::new(watchdog) })
}

/// The version as the file's name says it in full, else as far as the library says it.
fn version(path: &Path, minor: u32) -> String {
    let name = path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let full = name.and_then(|name| {
        let at = name.find(&format!("1.{minor}."))?;
        let digits: String = name[at..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        Some(digits.trim_end_matches('.').to_owned())
    });
    full.unwrap_or_else(|| format!("1.{minor}"))
}

impl InferenceBackend for OnnxRuntime {
    fn info(&self) -> &BackendInfo {
        &self.0.info
    }

    fn library(&self) -> Option<&Path> {
        Some(&self.0.library)
    }

    fn open(&self, bytes: &[u8], limit: Duration) -> Result<Arc<dyn Graph>, String> {
        let weights = PrepackedWeights::new();
        let session = commit(self.0, bytes, &weights, limit)?;
        let port =
            |what, outlets: &[Outlet]| only(what, outlets.iter().collect()).and_then(|outlet| port(what, outlet));
        let (input, output) = (port("input", session.inputs())?, port("output", session.outputs())?);
        let first = std::sync::Mutex::new(Some(session));
        Ok(Arc::new(Opened { loaded: self.0, bytes: bytes.into(), weights, limit, input, output, first }))
    }
}

#[derive(Debug)]
struct Opened {
    loaded: &'static Loaded,
    bytes: Arc<[u8]>,
    weights: PrepackedWeights,
    limit: Duration,
    input: Port,
    output: Port,
    /// The session that the graph was looked at with; the first one that is asked for.
    first: std::sync::Mutex<Option<OrtSession>>,
}

impl Graph for Opened {
    fn input(&self) -> &Port {
        &self.input
    }

    fn output(&self) -> &Port {
        &self.output
    }

    fn session(&self) -> Result<Box<dyn Session>, String> {
        let first = self.first.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let session = match first {
            Some(session) => session,
            None => commit(self.loaded, &self.bytes, &self.weights, self.limit)?,
        };
        Ok(Box::new(Running { session, watchdog: Arc::clone(&self.loaded.watchdog) }))
    }
}

fn commit(
    loaded: &'static Loaded,
    bytes: &[u8],
    weights: &PrepackedWeights,
    limit: Duration,
) -> Result<OrtSession, String> {
    let mut builder = options(loaded, weights).map_err(|error| brief(&error))?;
    let armed = loaded.watchdog.arm(limit, Arc::new(Loading(builder.canceler())));
    let session = builder.commit_from_memory(bytes);
    if armed.fired() {
        return Err(format!("the graph took longer than {limit:?} to load"));
    }
    session.map_err(|error| brief(&error))
}

fn options(loaded: &Loaded, weights: &PrepackedWeights) -> ort::Result<SessionBuilder> {
    let builder = OrtSession::builder(&loaded.environment)?
        .with_intra_threads(1)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_log_level(LogLevel::Warning)?
        .with_prepacked_weights(weights)?;
    Ok(builder)
}

fn port(what: &str, outlet: &Outlet) -> Result<Port, String> {
    let ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } = outlet.dtype() else {
        return Err(format!("the {what} of the graph is {}, and has to be a tensor of float32", outlet.dtype()));
    };
    let dims = shape.iter().map(|dim| usize::try_from(*dim).ok()).collect();
    Ok(Port { name: outlet.name().to_owned(), dims })
}

struct Loading(LoadCanceler);

impl Stop for Loading {
    fn stop(&self) {
        drop(self.0.cancel());
    }
}

impl Stop for RunOptions {
    fn stop(&self) {
        drop(self.terminate());
    }
}

struct Running {
    session: OrtSession,
    watchdog: Arc<Watchdog>,
}

impl Session for Running {
    fn run(&mut self, input: &[f32], shape: &[usize], limit: Duration) -> Result<Vec<f32>, RunError> {
        let failed = |error: ort::Error| RunError::Failed(brief(&error));
        let tensor = TensorRef::from_array_view((shape, input)).map_err(failed)?;
        let options = Arc::new(RunOptions::new().map_err(failed)?);
        let armed = self.watchdog.arm(limit, Arc::<RunOptions>::clone(&options));
        let outputs = self.session.run_with_options(ort::inputs![tensor], &options);
        if armed.fired() {
            return Err(RunError::Deadline(limit));
        }
        let outputs = outputs.map_err(failed)?;
        let (_, numbers) = outputs[0].try_extract_tensor::<f32>().map_err(failed)?;
        Ok(numbers.to_vec())
    }
}
