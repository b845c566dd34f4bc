//! Records made ready on the thread that submits them: canonical body, the columns for finding it, and the proof that
//! it reads back equal. Whatever passes here can be committed and projected later without a question.

use sconce_domain::{Nanos, OutputId, Record};

use crate::db::read::record as read_back;
use crate::error::{LedgerError, Result};

/// A record with its body.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) record: Record,
    pub(crate) body: String,
    pub(crate) recorded_at: Nanos,
    /// Which worker said it; absent: it came through the API.
    pub(crate) worker: Option<u32>,
}

/// The columns of the table besides the body.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns<'a> {
    pub(crate) id: Option<OutputId>,
    pub(crate) deployment: Option<&'a str>,
    pub(crate) instrument: Option<&'a str>,
    pub(crate) as_of: Option<Nanos>,
}

impl Prepared {
    pub(crate) fn new(record: Record, recorded_at: Nanos, worker: Option<u32>) -> Result<Self> {
        let unrecordable = |what: String| LedgerError::Unrecordable { kind: record.kind(), what };
        let body = match &record {
            Record::Output(output) => {
                String::from_utf8(output.canonical()).map_err(|error| unrecordable(error.to_string()))?
            }
            other => serde_json::to_string(other).map_err(|error| unrecordable(error.to_string()))?,
        };
        match read_back(record.kind(), &body) {
            Ok(back) if back == record => Ok(Prepared { record, body, recorded_at, worker }),
            Ok(_) => Err(unrecordable("it reads back as something else".to_owned())),
            Err(error) => Err(unrecordable(error.to_string())),
        }
    }

    pub(crate) fn columns(&self) -> Columns<'_> {
        match &self.record {
            Record::Output(output) => Columns {
                id: Some(output.id),
                deployment: Some(output.deployment.as_str()),
                instrument: output.instrument.as_ref().map(|id| id.as_str()),
                as_of: Some(output.as_of),
            },
            Record::StrategyLog(line) => {
                Columns { deployment: Some(line.strategy.as_str()), as_of: Some(line.ts), ..Columns::default() }
            }
            Record::Observation(observation) => Columns { as_of: Some(observation.ts), ..Columns::default() },
            Record::Fault(fault) => Columns {
                deployment: Some(fault.deployment.as_str()),
                instrument: fault.instrument.as_ref().map(|id| id.as_str()),
                as_of: Some(fault.as_of),
                ..Columns::default()
            },
            Record::Generation(start) => Columns {
                deployment: Some(start.deployment.as_str()),
                instrument: start.instrument.as_ref().map(|id| id.as_str()),
                as_of: Some(start.at),
                ..Columns::default()
            },
            Record::Desired(change) => Columns { deployment: Some(deployment(change)), ..Columns::default() },
        }
    }
}

fn deployment(change: &sconce_domain::DesiredChange) -> &str {
    use sconce_domain::DesiredChange;
    match change {
        DesiredChange::Deploy(spec) => spec.id.as_str(),
        DesiredChange::Retire { deployment } => deployment.as_str(),
    }
}
