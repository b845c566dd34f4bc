//! Looks into an ONNX file before any backend does: which operators it uses, whether it points to other files, how it is
//! nested. Runs nothing and keeps no weights.

mod wire;

use std::collections::BTreeSet;

use wire::{Field, fields, text};

/// Sub-graphs within sub-graphs.
const DEEPEST: usize = 8;
/// The most operators of one file.
const MOST_NODES: usize = 100_000;
/// Versions of the format and of the standard operators that are taken.
const NEWEST_IR: u64 = 10;
const NEWEST_OPSET: u64 = 21;
/// Domains of operators that every runtime has.
const STANDARD: [&str; 3] = ["", "ai.onnx", "ai.onnx.ml"];

/// Why a file is not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum GraphError {
    /// It is no ONNX file, or cut off.
    #[error("the file is no whole ONNX graph: {0}")]
    Shape(&'static str),
    /// Sub-graphs are nested too deep.
    #[error("sub-graphs are nested deeper than 8")]
    Deep,
    /// Too many operators.
    #[error("the graph has more than 100000 operators")]
    Nodes,
    /// An operator that is no standard one.
    #[error("operator `{op}` of `{domain}` is no standard operator; export without custom operators")]
    Custom {
        /// Its name.
        op: String,
        /// Its domain.
        domain: String,
    },
    /// Weights in another file.
    #[error("a weight lies in another file; export with all weights inside")]
    External,
    /// A version that is too new.
    #[error("{what} {found} is newer than {limit}; export for an older one")]
    Version {
        /// Of what.
        what: &'static str,
        /// What was found.
        found: u64,
        /// The newest that is taken.
        limit: u64,
    },
}

/// What a graph is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// Names of its operators.
    pub(crate) operators: BTreeSet<String>,
    /// Operators, those of sub-graphs included.
    pub(crate) nodes: usize,
}

impl Survey {
    /// Looks into a file.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, GraphError> {
        let mut survey = Survey::default();
        let mut graphs = 0;
        for field in fields(bytes) {
            match field? {
                (1, Field::Number(ir)) => newest("IR version", ir, NEWEST_IR)?,
                (7, Field::Bytes(graph)) => {
                    graphs += 1;
                    survey.graph(graph, 0)?;
                }
                (8, Field::Bytes(opset)) => opset_import(opset)?,
                (25, Field::Bytes(function)) => survey.function(function)?,
                _ => {}
            }
        }
        if graphs != 1 || survey.nodes == 0 {
            return Err(GraphError::Shape("it holds no graph, or one without operators"));
        }
        Ok(survey)
    }

    /// Whether it can go on for ever.
    pub(crate) fn loops(&self) -> Option<&str> {
        ["Loop", "Scan"].into_iter().find(|op| self.operators.contains(*op))
    }

    fn graph(&mut self, bytes: &[u8], depth: usize) -> Result<(), GraphError> {
        if depth > DEEPEST {
            return Err(GraphError::Deep);
        }
        for field in fields(bytes) {
            match field? {
                (1, Field::Bytes(node)) => self.node(node, depth)?,
                (5, Field::Bytes(tensor)) => weights(tensor)?,
                (15, Field::Bytes(sparse)) => sparse_weights(sparse)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn function(&mut self, bytes: &[u8]) -> Result<(), GraphError> {
        for field in fields(bytes) {
            if let (7, Field::Bytes(node)) = field? {
                self.node(node, 0)?;
            }
        }
        Ok(())
    }

    fn node(&mut self, bytes: &[u8], depth: usize) -> Result<(), GraphError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(GraphError::Nodes);
        }
        let (mut op, mut domain) = ("", "");
        for field in fields(bytes) {
            match field? {
                (4, Field::Bytes(name)) => op = text(name)?,
                (7, Field::Bytes(name)) => domain = text(name)?,
                (5, Field::Bytes(attribute)) => self.attribute(attribute, depth)?,
                _ => {}
            }
        }
        if !STANDARD.contains(&domain) {
            let short = |text: &str| text.chars().take(80).collect();
            return Err(GraphError::Custom { op: short(op), domain: short(domain) });
        }
        self.operators.insert(op.to_owned());
        Ok(())
    }

    fn attribute(&mut self, bytes: &[u8], depth: usize) -> Result<(), GraphError> {
        for field in fields(bytes) {
            match field? {
                (5 | 10, Field::Bytes(tensor)) => weights(tensor)?,
                (6 | 11, Field::Bytes(graph)) => self.graph(graph, depth + 1)?,
                (22 | 23, Field::Bytes(sparse)) => sparse_weights(sparse)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn opset_import(bytes: &[u8]) -> Result<(), GraphError> {
    let (mut domain, mut version) = ("", 0);
    for field in fields(bytes) {
        match field? {
            (1, Field::Bytes(name)) => domain = text(name)?,
            (2, Field::Number(number)) => version = number,
            _ => {}
        }
    }
    if matches!(domain, "" | "ai.onnx") { newest("opset", version, NEWEST_OPSET) } else { Ok(()) }
}

fn newest(what: &'static str, found: u64, limit: u64) -> Result<(), GraphError> {
    if found > limit { Err(GraphError::Version { what, found, limit }) } else { Ok(()) }
}

/// `data_location` is 14, the place in another file 13.
fn weights(bytes: &[u8]) -> Result<(), GraphError> {
    for field in fields(bytes) {
        match field? {
            (14, Field::Number(location)) if location != 0 => return Err(GraphError::External),
            (13, _) => return Err(GraphError::External),
            _ => {}
        }
    }
    Ok(())
}

fn sparse_weights(bytes: &[u8]) -> Result<(), GraphError> {
    for field in fields(bytes) {
        if let (1 | 2, Field::Bytes(tensor)) = field? {
            weights(tensor)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
