//! Hosted models: each type in batches of 1, 16 and 256 through our session, beside onnxruntime for Python on the same file, with
//! one thread each; and how far their numbers are apart.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use sconce_inference::backend::{Graph, InferenceBackend as _};
use sconce_inference::backend::{LibrarySearch, OnnxRuntime, Session};
use sconce_inference::manifest::{Entry, Input, Manifest};

use super::Setting;
use crate::peer::Peer;
use crate::report::{Figure, Gate, short, span};
use crate::sample::{often, turns};

const BATCHES: [usize; 3] = [1, 16, 256];
/// Far longer than any run.
const LIMIT: Duration = Duration::from_secs(60);
/// How far two runs of one library may be apart.
const APART: f32 = 1e-6;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let search = LibrarySearch { setting: setting.onnxruntime.clone(), system: true, ..LibrarySearch::default() };
    let (runtime, notes) = OnnxRuntime::find(&search);
    let runtime = runtime.with_context(|| notes.join("; "))?;
    let text = std::fs::read_to_string(setting.models.join("manifest.json"))?;
    // One of each type: the coins of a set share their graphs, or their size.
    let mut types: BTreeMap<String, Entry> = BTreeMap::new();
    for listed in Manifest::parse(&text)?.listed {
        types.entry(listed.entry.name.clone()).or_insert(listed.entry);
    }
    let python = setting.python.as_deref().context("the row needs Python")?;
    let mut peer = Peer::python(python, &setting.peers.join("onnx.py"))?;
    let folder = tempfile::tempdir()?;
    let mut figures = Vec::new();
    for (name, entry) in &types {
        let file = setting.models.join(&entry.file);
        let graph = runtime.open(&std::fs::read(&file)?, LIMIT).map_err(anyhow::Error::msg)?;
        for batch in BATCHES {
            let one = Run { name, file: &file, shape: shape(entry, batch) };
            figures.push(one.measure(setting, &*graph, &mut peer, folder.path())?);
        }
    }
    Ok(figures)
}

/// One graph in one batch.
struct Run<'a> {
    name: &'a str,
    file: &'a Path,
    shape: Vec<usize>,
}

impl Run<'_> {
    fn measure(&self, setting: &Setting, graph: &dyn Graph, peer: &mut Peer, folder: &Path) -> anyhow::Result<Figure> {
        let input = made(self.shape.iter().product());
        let mut session = graph.session().map_err(anyhow::Error::msg)?;
        let apart = self.apart(&mut *session, &input, peer, folder)?;
        let rounds = setting.pick(50, 300);
        let mut ours = || {
            often(rounds, || {
                std::hint::black_box(session.run(&input, &self.shape, LIMIT)?);
                Ok(())
            })
        };
        let question = self.question("run", &rounds.to_string());
        let mut theirs = || Ok(peer.ask(&question)? * 1e9);
        let [ours, theirs] = turns(setting.pick(5, 15), [&mut ours, &mut theirs])?;
        let what = format!("{} in a batch of {}", self.name, self.shape[0]);
        let figure = Figure::published(&what, span(ours));
        let figure = figure.beside("onnxruntime for Python", &span(theirs), ours / theirs, Gate::AtMost(1.1));
        Ok(figure.note(format!("outputs at most {} apart", short(f64::from(apart)))))
    }

    /// How far the numbers of both sides are apart; too far is a failure of the row.
    fn apart(&self, session: &mut dyn Session, input: &[f32], peer: &mut Peer, folder: &Path) -> anyhow::Result<f32> {
        let target = folder.join("answer");
        let count = peer.ask(&self.question("write", &target.to_string_lossy()))?;
        let ours = session.run(input, &self.shape, LIMIT)?;
        let bytes = std::fs::read(&target)?;
        let theirs = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        anyhow::ensure!(ours.len() == count as usize, "{}: {} numbers beside {count}", self.name, ours.len());
        let apart = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        anyhow::ensure!(apart <= APART, "{}: outputs are {apart} apart", self.name);
        Ok(apart)
    }

    fn question(&self, what: &str, more: &str) -> String {
        let shape = self.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("\t");
        format!("{what}\t{}\t{more}\t{shape}", self.file.display())
    }
}

fn shape(entry: &Entry, batch: usize) -> Vec<usize> {
    match entry.input {
        Input::Window => vec![batch, entry.window, entry.features.len()],
        Input::Summary => vec![batch, 5 * entry.features.len()],
    }
}

/// Numbers from −1 to 1, as the peer makes them.
fn made(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 37) % 101) as f32 / 50.0 - 1.0).collect()
}
